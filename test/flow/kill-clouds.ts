import type { CloudAdapter } from "../../src/adapter.js";
import type { Clock } from "../../src/clock.js";
import type { FakeCloud } from "../../src/testing/world.js";

/** How to reach a fake that runs in another process. */
export interface Connection {
  readonly endpoint: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** A cloud whose runs are killed: its fake for the process that survives, its adapter for those that do not. */
export interface KillCloud {
  fake(): FakeCloud;
  adapter(connection: Connection): CloudAdapter;
}

/** The clouds by name. Each is loaded only where it is used: a killed process starts again and again. */
export const killClouds = {
  aws: async () => {
    const [{ aws }, { fakeAws }] = await Promise.all([
      import("../../providers/aws/index.js"),
      import("../../providers/aws/fake/index.js"),
    ]);
    const region = "eu-west-1";
    const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
    return { fake: () => fakeAws({ region }), adapter: (connection) => aws({ region, credentials, ...connection }) };
  },
  aliyun: async () => {
    const [{ aliyun }, { fakeAliyun }] = await Promise.all([
      import("../../providers/aliyun/index.js"),
      import("../../providers/aliyun/fake/index.js"),
    ]);
    const region = "cn-hangzhou";
    const credentials = { accessKeyId: "LTAIEXAMPLE", accessKeySecret: "example" };
    return {
      fake: () => fakeAliyun({ region }),
      adapter: (connection) => aliyun({ region, credentials, ...connection }),
    };
  },
  tencent: async () => {
    const [{ tencent }, { fakeTencent }] = await Promise.all([
      import("../../providers/tencent/index.js"),
      import("../../providers/tencent/fake/index.js"),
    ]);
    const region = "ap-guangzhou";
    const credentials = { secretId: "AKIDEXAMPLE", secretKey: "example" };
    return {
      fake: () => fakeTencent({ region }),
      adapter: (connection) => tencent({ region, credentials, ...connection }),
    };
  },
  huawei: async () => {
    const [{ huawei }, { fakeHuawei }] = await Promise.all([
      import("../../providers/huawei/index.js"),
      import("../../providers/huawei/fake/index.js"),
    ]);
    const region = "cn-north-4";
    const credentials = { ak: "AKEXAMPLE", sk: "example" };
    return {
      fake: () => fakeHuawei({ region }),
      adapter: (connection) => huawei({ region, credentials, ...connection }),
    };
  },
} satisfies Readonly<Record<string, () => Promise<KillCloud>>>;

/** A cloud's name. */
export type KillCloudName = keyof typeof killClouds;
