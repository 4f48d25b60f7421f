import { awsCalls, type OpenAwsCall } from "../../../providers/aws/call.js";
import { fakeAws } from "../../../providers/aws/fake/index.js";
import { findInstances } from "../../../providers/aws/find-instances.js";
import type { AwsOptions } from "../../../providers/aws/options.js";
import type { FakeOptions } from "../../../src/testing/world.js";
import { openReadingWorld, type ReadingWorld as World } from "../reading-world.js";

export { collect } from "../for-test.js";

export type ReadingWorld = World<OpenAwsCall>;

/** Opens a world. It is closed after the test. */
export async function readingWorld(
  options: FakeOptions & { readonly adapter?: Partial<AwsOptions> } = {},
): Promise<ReadingWorld> {
  const { adapter, ...fakeOptions } = options;
  const fake = fakeAws(fakeOptions);
  const calls = (endpoint: string) =>
    awsCalls({
      region: fakeOptions.region ?? "eu-west-1",
      endpoint,
      credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "not-a-secret" },
      clock: fake.clock,
      ...adapter,
    });
  return await openReadingWorld({ fake, calls, findInstances });
}
