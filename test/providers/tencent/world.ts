import { type OpenTencentCall, tencentCalls } from "../../../providers/tencent/call.js";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import { type TencentCredentials, type TencentOptions, tencent } from "../../../providers/tencent/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { FakeCloud, FakeOptions, World } from "../../../src/testing/world.js";

const home = "100000000001";
const homeRegion = "ap-guangzhou";
const secretKey = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const token = "Y7OJk3sT0kEnEXAMPLEIQoJb3JpZ2luX2VjEXAMPLE";

/** A fake Tencent Cloud on loopback with the adapter in it, through the official SDK. */
export interface TencentWorld extends World {
  readonly fake: FakeCloud;
  /** Those the calls are made with, for a client of one's own. */
  readonly credentials: TencentCredentials;
  /** Where the fake listens, by service. */
  readonly endpoint: Readonly<Record<string, string>>;
  /** Calls such as the adapter's own, for testing a piece of it. */
  readonly open: OpenTencentCall;
  /** An adapter with options of its own. */
  adapterWith(options: Partial<TencentOptions>): CloudAdapter;
}

/** Opens a world. Whoever opens it closes it. */
export async function openTencentWorld(options: FakeOptions = {}): Promise<TencentWorld> {
  // The fake looks accounts up by key with each request, so strangers can be added while it runs.
  const accounts: Record<string, string> = { [keyOf(home)]: home };
  const fake = fakeTencent({ accounts, ...options });
  const server = await fake.listen();
  const credentials = credentialsOf(home);
  const optionsWith = (over: Partial<TencentOptions>): TencentOptions => ({
    region: options.region ?? homeRegion,
    endpoint: server.endpoint,
    credentials,
    clock: fake.clock,
    ...over,
  });
  const adapterWith = (over: Partial<TencentOptions>): CloudAdapter => tencent(optionsWith(over));
  return {
    ...fake,
    requests: fake.requests,
    fake,
    credentials,
    endpoint: server.endpoint,
    open: tencentCalls(optionsWith({})),
    adapter: adapterWith({}),
    adapterWith,
    secrets: Object.values(credentials),
    another: ({ accountId = home, region = homeRegion, totalMs }) => {
      accounts[keyOf(accountId)] = accountId;
      return adapterWith({
        region,
        credentials: credentialsOf(accountId),
        ...(totalMs === undefined ? {} : { timeouts: { totalMs } }),
      });
    },
    close: () => server.close(),
  };
}

function credentialsOf(accountId: string): Required<TencentCredentials> {
  return { secretId: keyOf(accountId), secretKey, token };
}

/** The secret id of an account, in the form Tencent Cloud gives them. */
function keyOf(accountId: string): string {
  return `AKID${accountId}Example`;
}
