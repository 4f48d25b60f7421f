import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { type AliyunOptions, aliyun } from "../../../providers/aliyun/index.js";
import type { FakeOptions } from "../../../src/testing/world.js";
import { type CloudWorld, openCloudWorld } from "../world.js";

const home = { accountId: "1234567890123456", region: "cn-hangzhou" };
const accessKeySecret = "vnhDyb7qPwRk3sX9mEXAMPLESECRET";
const securityToken = "CAISrgJ1q6Ft5B2yfSjIr5fXEXAMPLETOKEN";

/** A fake Alibaba Cloud on loopback with the adapter in it, through the official SDK. */
export interface AliyunWorld extends CloudWorld<AliyunOptions> {
  /** The key the adapter has, for a client of one's own. */
  readonly accessKeyId: string;
}

/** Opens a world. Whoever opens it closes it. */
export async function openAliyunWorld(options: FakeOptions = {}): Promise<AliyunWorld> {
  const world = await openCloudWorld<AliyunOptions>(
    {
      home,
      fake: fakeAliyun,
      keyOf,
      optionsAt: ({ accountId, region, endpoint, clock }) => ({
        region,
        endpoint,
        credentials: { accessKeyId: keyOf(accountId), accessKeySecret, securityToken },
        clock,
      }),
      adapter: aliyun,
    },
    options,
  );
  const accessKeyId = keyOf(world.accountId);
  return { ...world, accessKeyId, secrets: [accessKeyId, accessKeySecret, securityToken] };
}

/** The access key of an account, in the form Alibaba Cloud gives them. */
function keyOf(accountId: string): string {
  return `LTAI5t${accountId}Ex`;
}
