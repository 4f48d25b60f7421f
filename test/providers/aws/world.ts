import { fakeAws } from "../../../providers/aws/fake/index.js";
import { type AwsOptions, aws } from "../../../providers/aws/index.js";
import type { FakeOptions } from "../../../src/testing/world.js";
import { type CloudWorld, openCloudWorld } from "../world.js";

const home = { accountId: "123456789012", region: "eu-west-1" };
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const sessionToken = "IQoJb3JpZ2luX2VjEXAMPLETOKEN//////////wEaCXVzLWVhc3QtMSJHMEUCIQ";

/** A fake AWS on loopback with the adapter in it, through the official SDK. */
export interface AwsWorld extends CloudWorld<AwsOptions> {
  /** Those the adapter has, for a client of one's own. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Opens a world. Whoever opens it closes it. */
export async function openAwsWorld(options: FakeOptions = {}): Promise<AwsWorld> {
  const world = await openCloudWorld<AwsOptions>(
    {
      home,
      fake: fakeAws,
      keyOf,
      optionsAt: ({ accountId, region, endpoint, clock }) => ({
        region,
        endpoint,
        credentials: { accessKeyId: keyOf(accountId), secretAccessKey, sessionToken },
        clock,
      }),
      adapter: aws,
    },
    options,
  );
  const accessKeyId = keyOf(world.accountId);
  return {
    ...world,
    credentials: { accessKeyId, secretAccessKey },
    secrets: [accessKeyId, secretAccessKey, sessionToken],
  };
}

/** The access key of an account, in the form AWS gives them. */
function keyOf(accountId: string): string {
  return `AKIA${accountId}EXAM`;
}
