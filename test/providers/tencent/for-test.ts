import { CommonClient } from "tencentcloud-sdk-nodejs/tencentcloud/common/index.js";
import { services } from "../../../providers/tencent/fake/envelopes.js";
import { findInstances } from "../../../providers/tencent/find-instances.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { FakeOptions } from "../../../src/testing/world.js";
import { closedWithTest } from "../for-test.js";
import { openTencentWorld, type TencentWorld } from "./world.js";

export { collect, counts, discard, expectBlocked, mutations, sent, settle } from "../for-test.js";

/** A world that is closed with the test. */
export async function tencentWorld(options?: FakeOptions): Promise<TencentWorld> {
  return await closedWithTest(openTencentWorld(options));
}

/** Sends a request of the test's own, for what others do in the same account. `api` is a name of the log, `cvm:StopInstances`. */
export async function byAnotherTool(world: TencentWorld, api: string, parameters: object): Promise<object> {
  const [service = "", action = ""] = api.split(":");
  const { host, pathname } = new URL(world.endpoint[service] ?? world.endpoint.cvm ?? "");
  const client = new CommonClient(`${host}${pathname}`, services[service]?.version ?? "", {
    credential: world.credentials,
    region: "ap-guangzhou",
    profile: { language: "en-US", httpProfile: { protocol: "http://" } },
  });
  return await client.request(action, parameters);
}

/** What is seen of a seeded instance now, by calls of its own: the adapter remembers nothing of them. */
export async function sighting(world: TencentWorld, name: string): Promise<InstanceRecord> {
  for await (const record of findInstances(world.open, { ids: [world.id(name)] })) return record;
  throw new Error(`${name} is not there.`);
}
