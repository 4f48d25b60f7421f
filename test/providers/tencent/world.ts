import { type OpenTencentCall, tencentCalls } from "../../../providers/tencent/call.js";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import { type TencentCredentials, type TencentOptions, tencent } from "../../../providers/tencent/index.js";
import type { FakeOptions } from "../../../src/testing/world.js";
import { type CloudWorld, openCloudWorld } from "../world.js";

const home = { accountId: "100000000001", region: "ap-guangzhou" };
const secretKey = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const token = "Y7OJk3sT0kEnEXAMPLEIQoJb3JpZ2luX2VjEXAMPLE";

/** A fake Tencent Cloud on loopback with the adapter in it, through the official SDK. */
export interface TencentWorld extends CloudWorld<TencentOptions> {
  /** Those the calls are made with, for a client of one's own. */
  readonly credentials: TencentCredentials;
  /** Calls such as the adapter's own, for testing a piece of it. */
  readonly open: OpenTencentCall;
}

/** Opens a world. Whoever opens it closes it. */
export async function openTencentWorld(options: FakeOptions = {}): Promise<TencentWorld> {
  const world = await openCloudWorld<TencentOptions>(
    {
      home,
      fake: fakeTencent,
      keyOf,
      optionsAt: ({ accountId, region, endpoint, clock }) => ({
        region,
        endpoint,
        credentials: credentialsOf(accountId),
        clock,
      }),
      adapter: tencent,
    },
    options,
  );
  const credentials = credentialsOf(world.accountId);
  return {
    ...world,
    credentials,
    open: tencentCalls(world.optionsWith({})),
    secrets: Object.values(credentials),
  };
}

function credentialsOf(accountId: string): Required<TencentCredentials> {
  return { secretId: keyOf(accountId), secretKey, token };
}

/** The secret id of an account, in the form Tencent Cloud gives them. */
function keyOf(accountId: string): string {
  return `AKID${accountId}Example`;
}
