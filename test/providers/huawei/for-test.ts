import { huaweiCalls, type OpenHuaweiCall } from "../../../providers/huawei/call.js";
import { huawei } from "../../../providers/huawei/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { FakeOptions } from "../../../src/testing/world.js";
import { closedWithTest } from "../for-test.js";
import { inProcessClients } from "./in-process.js";
import { type HuaweiWorld, openHuaweiWorld } from "./world.js";

export { collect, discard, expectBlocked, mutations, sent, settle, sighting } from "../for-test.js";

/** A world that is closed with the test. */
export async function huaweiWorld(options?: FakeOptions): Promise<HuaweiWorld> {
  return await closedWithTest(openHuaweiWorld(options));
}

/** Opens calls of single operations, as the adapter of this world does. */
export function callsOf(world: HuaweiWorld): OpenHuaweiCall {
  return huaweiCalls(world.optionsWith({}));
}

/** An adapter whose answers read otherwise than the fake gives them, as a cloud may that documents neither. */
export async function adapterReading(
  world: HuaweiWorld,
  change: (path: string, text: string, answer: { status: number }) => string,
): Promise<CloudAdapter> {
  const { project = "" } = await world.adapter.whoAmI();
  const fetch = async (request: Request) => {
    const response = await world.fake.fetch(request);
    if (response.body === null) return response;
    const answer = { status: response.status };
    const text = change(new URL(request.url).pathname, await response.text(), answer);
    return new Response(text, { status: answer.status, headers: response.headers });
  };
  const clients = inProcessClients({ fetch }, { ak: world.credentials.ak, projectId: project });
  return huawei({ ...world.optionsWith({}), clients });
}
