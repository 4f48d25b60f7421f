import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { type AliyunOptions, aliyun } from "../../../providers/aliyun/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { FakeCloud, FakeOptions, World } from "../../../src/testing/world.js";

const home = "1234567890123456";
const homeRegion = "cn-hangzhou";
const accessKeySecret = "vnhDyb7qPwRk3sX9mEXAMPLESECRET";
const securityToken = "CAISrgJ1q6Ft5B2yfSjIr5fXEXAMPLETOKEN";

/** A fake Alibaba Cloud on loopback with the adapter in it, through the official SDK. */
export interface AliyunWorld extends World {
  readonly fake: FakeCloud;
  /** Where the fake listens, and the key the adapter has there: for a client of one's own. */
  readonly url: string;
  readonly accessKeyId: string;
  /** An adapter with options of its own. */
  adapterWith(options: Partial<AliyunOptions>): CloudAdapter;
}

/** Opens a world. Whoever opens it closes it. */
export async function openAliyunWorld(options: FakeOptions = {}): Promise<AliyunWorld> {
  // The fake looks accounts up by key with each request, so strangers can be added while it runs.
  const accounts: Record<string, string> = { [keyOf(home)]: home };
  const fake = fakeAliyun({ accounts, ...options });
  const server = await fake.listen();
  const adapterWith = (over: Partial<AliyunOptions>): CloudAdapter =>
    aliyun({
      region: options.region ?? homeRegion,
      endpoint: server.endpoint,
      credentials: { accessKeyId: keyOf(home), accessKeySecret, securityToken },
      clock: fake.clock,
      ...over,
    });
  return {
    ...fake,
    requests: fake.requests,
    fake,
    url: server.url,
    accessKeyId: keyOf(home),
    adapter: adapterWith({}),
    adapterWith,
    secrets: [keyOf(home), accessKeySecret, securityToken],
    another: ({ accountId = home, region = homeRegion, totalMs }) => {
      accounts[keyOf(accountId)] = accountId;
      return adapterWith({
        region,
        credentials: { accessKeyId: keyOf(accountId), accessKeySecret, securityToken },
        ...(totalMs === undefined ? {} : { timeouts: { totalMs } }),
      });
    },
    close: () => server.close(),
  };
}

/** The access key of an account, in the form Alibaba Cloud gives them. */
function keyOf(accountId: string): string {
  return `LTAI5t${accountId}Ex`;
}
