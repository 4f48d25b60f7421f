import { aliyunCalls, type OpenAliyunCall } from "../../../providers/aliyun/call.js";
import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { findInstances } from "../../../providers/aliyun/find-instances.js";
import type { AliyunOptions } from "../../../providers/aliyun/options.js";
import type { FakeOptions } from "../../../src/testing/world.js";
import { openReadingWorld, type ReadingWorld as World } from "../reading-world.js";

export { collect } from "../for-test.js";

export type ReadingWorld = World<OpenAliyunCall>;

/** Opens a world. It is closed after the test. */
export async function readingWorld(
  options: FakeOptions & { readonly adapter?: Partial<AliyunOptions> } = {},
): Promise<ReadingWorld> {
  const { adapter, ...fakeOptions } = options;
  const fake = fakeAliyun(fakeOptions);
  const calls = (endpoint: string) =>
    aliyunCalls({
      region: fakeOptions.region ?? "cn-hangzhou",
      endpoint,
      credentials: { accessKeyId: "LTAI-reader", accessKeySecret: "not-a-secret" },
      clock: fake.clock,
      ...adapter,
    });
  return await openReadingWorld({ fake, calls, findInstances });
}
