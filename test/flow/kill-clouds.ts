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
} satisfies Readonly<Record<string, () => Promise<KillCloud>>>;

/** A cloud's name. */
export type KillCloudName = keyof typeof killClouds;
