import { fakeAws } from "../../../providers/aws/fake/index.js";
import { type AwsOptions, aws } from "../../../providers/aws/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { FakeCloud, FakeOptions, World } from "../../../src/testing/world.js";

const home = "123456789012";
const homeRegion = "eu-west-1";
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const sessionToken = "IQoJb3JpZ2luX2VjEXAMPLETOKEN//////////wEaCXVzLWVhc3QtMSJHMEUCIQ";

/** A fake AWS on loopback with the adapter in it, through the official SDK. */
export interface AwsWorld extends World {
  readonly fake: FakeCloud;
  /** Those the adapter has, for a client of one's own. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** An adapter with options of its own. */
  adapterWith(options: Partial<AwsOptions>): CloudAdapter;
}

/** Opens a world. Whoever opens it closes it. */
export async function openAwsWorld(options: FakeOptions = {}): Promise<AwsWorld> {
  // The fake looks accounts up by key with each request, so strangers can be added while it runs.
  const accounts: Record<string, string> = { [keyOf(home)]: home };
  const fake = fakeAws({ accounts, ...options });
  const server = await fake.listen();
  const adapterWith = (over: Partial<AwsOptions>): CloudAdapter =>
    aws({
      region: options.region ?? homeRegion,
      endpoint: server.endpoint,
      credentials: { accessKeyId: keyOf(home), secretAccessKey, sessionToken },
      clock: fake.clock,
      ...over,
    });
  return {
    ...fake,
    requests: fake.requests,
    fake,
    credentials: { accessKeyId: keyOf(home), secretAccessKey },
    adapter: adapterWith({}),
    adapterWith,
    secrets: [keyOf(home), secretAccessKey, sessionToken],
    another: ({ accountId = home, region = homeRegion, totalMs }) => {
      accounts[keyOf(accountId)] = accountId;
      return adapterWith({
        region,
        credentials: { accessKeyId: keyOf(accountId), secretAccessKey, sessionToken },
        ...(totalMs === undefined ? {} : { timeouts: { totalMs } }),
      });
    },
    close: () => server.close(),
  };
}

/** The access key of an account, in the form AWS gives them. */
function keyOf(accountId: string): string {
  return `AKIA${accountId}EXAM`;
}
