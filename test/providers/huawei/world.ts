import { fakeHuawei } from "../../../providers/huawei/fake/index.js";
import { type HuaweiOptions, huawei } from "../../../providers/huawei/index.js";
import type { FakeOptions } from "../../../src/testing/world.js";
import { type CloudWorld, openCloudWorld } from "../world.js";

/** The account, region and project of every world that does not ask for others. */
export const home = { accountId: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", region: "cn-north-4" } as const;
const sk = "kqXbw0Nqb1vEXAMPLEsecretkey0123456789abcd";
const securityToken = "hQpjbi1ub3J0aC00EXAMPLEtoken0123456789/+==";

/** A fake Huawei Cloud on loopback with the adapter in it, through the official SDK. */
export interface HuaweiWorld extends CloudWorld<HuaweiOptions> {
  /** Those the adapter has, for a client of one's own. */
  readonly credentials: { readonly ak: string; readonly sk: string; readonly securityToken: string };
}

/** Opens a world. Whoever opens it closes it. */
export async function openHuaweiWorld(options: FakeOptions = {}): Promise<HuaweiWorld> {
  const world = await openCloudWorld<HuaweiOptions>(
    {
      home,
      fake: fakeHuawei,
      keyOf,
      optionsAt: ({ accountId, region, project, endpoint, clock }) => ({
        region,
        endpoint,
        credentials: { ak: keyOf(accountId), sk, securityToken },
        ...(project === undefined ? {} : { projectId: project }),
        clock,
      }),
      adapter: huawei,
    },
    options,
  );
  const credentials = { ak: keyOf(world.accountId), sk, securityToken };
  return { ...world, credentials, secrets: Object.values(credentials) };
}

/** The access key of an account, in the form Huawei Cloud gives them. */
function keyOf(accountId: string): string {
  return `HPUA${accountId.slice(0, 16).toUpperCase()}`;
}
