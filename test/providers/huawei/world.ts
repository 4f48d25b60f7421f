import { fakeHuawei } from "../../../providers/huawei/fake/index.js";
import { type HuaweiOptions, huawei } from "../../../providers/huawei/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { FakeCloud, FakeOptions, World } from "../../../src/testing/world.js";

/** The account, region and project of every world that does not ask for others. */
export const home = { accountId: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", region: "cn-north-4" } as const;
const sk = "kqXbw0Nqb1vEXAMPLEsecretkey0123456789abcd";
const securityToken = "hQpjbi1ub3J0aC00EXAMPLEtoken0123456789/+==";

/** A fake Huawei Cloud on loopback with the adapter in it, through the official SDK. */
export interface HuaweiWorld extends World {
  readonly fake: FakeCloud;
  /** Service to URL, for a client of one's own. */
  readonly endpoint: Readonly<Record<string, string>>;
  /** Those the adapter has, for a client of one's own. */
  readonly credentials: { readonly ak: string; readonly sk: string; readonly securityToken: string };
  /** An adapter with options of its own. */
  adapterWith(options: Partial<HuaweiOptions>): CloudAdapter;
  /** Those options. */
  optionsWith(options: Partial<HuaweiOptions>): HuaweiOptions;
}

/** Opens a world. Whoever opens it closes it. */
export async function openHuaweiWorld(options: FakeOptions = {}): Promise<HuaweiWorld> {
  const accountId = options.accountId ?? home.accountId;
  // The fake looks accounts up by key with each request, so strangers can be added while it runs.
  const accounts: Record<string, string> = { [keyOf(accountId)]: accountId };
  const fake = fakeHuawei({ accounts, ...options });
  const server = await fake.listen();
  const credentials = { ak: keyOf(accountId), sk, securityToken };
  const optionsWith = (over: Partial<HuaweiOptions>): HuaweiOptions => ({
    region: options.region ?? home.region,
    endpoint: server.endpoint,
    credentials,
    clock: fake.clock,
    ...over,
  });
  const adapterWith = (over: Partial<HuaweiOptions>) => huawei(optionsWith(over));
  return {
    ...fake,
    requests: fake.requests,
    fake,
    endpoint: server.endpoint,
    credentials,
    adapter: adapterWith({}),
    adapterWith,
    optionsWith,
    secrets: [credentials.ak, sk, securityToken],
    another: (over) => {
      const other = over.accountId ?? accountId;
      accounts[keyOf(other)] = other;
      return adapterWith({
        credentials: { ...credentials, ak: keyOf(other) },
        ...(over.region === undefined ? {} : { region: over.region }),
        ...(over.project === undefined ? {} : { projectId: over.project }),
        ...(over.totalMs === undefined ? {} : { timeouts: { totalMs: over.totalMs } }),
      });
    },
    close: () => server.close(),
  };
}

/** The access key of an account, in the form Huawei Cloud gives them. */
function keyOf(accountId: string): string {
  return `HPUA${accountId.slice(0, 16).toUpperCase()}`;
}
