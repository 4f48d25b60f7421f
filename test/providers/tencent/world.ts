import { type OpenTencentCall, tencentCalls } from "../../../providers/tencent/call.js";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import type { TencentCredentials, TencentOptions } from "../../../providers/tencent/options.js";
import type { FakeCloud, FakeOptions, FakeWorld } from "../../../src/testing/world.js";

const home = "100000000001";
const homeRegion = "ap-guangzhou";
const secretKey = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const token = "Y7OJk3sT0kEnEXAMPLEIQoJb3JpZ2luX2VjEXAMPLE";

/** A fake Tencent Cloud on loopback, and calls into it through the official SDK. */
export interface TencentWorld extends FakeWorld {
  readonly fake: FakeCloud;
  /** Those the calls are made with, for a client of one's own. */
  readonly credentials: TencentCredentials;
  /** Where the fake listens, by service. */
  readonly endpoint: Readonly<Record<string, string>>;
  readonly open: OpenTencentCall;
  /** Calls with options of their own. */
  openWith(options: Partial<TencentOptions>): OpenTencentCall;
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** Opens a world. Whoever opens it closes it. */
export async function openTencentWorld(options: FakeOptions = {}): Promise<TencentWorld> {
  // The fake looks accounts up by key with each request, so strangers can be added while it runs.
  const accounts: Record<string, string> = { [keyOf(home)]: home };
  const fake = fakeTencent({ accounts, ...options });
  const server = await fake.listen();
  const credentials = credentialsOf(home);
  const openWith = (over: Partial<TencentOptions>): OpenTencentCall =>
    tencentCalls({
      region: options.region ?? homeRegion,
      endpoint: server.endpoint,
      credentials,
      clock: fake.clock,
      ...over,
    });
  return {
    ...fake,
    requests: fake.requests,
    fake,
    credentials,
    endpoint: server.endpoint,
    open: openWith({}),
    openWith,
    secrets: Object.values(credentials),
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
