import { expect, onTestFinished } from "vitest";
import { huaweiCalls, type OpenHuaweiCall } from "../../../providers/huawei/call.js";
import { huawei } from "../../../providers/huawei/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { FakeOptions, LoggedRequest } from "../../../src/testing/world.js";
import { inProcessClients } from "./in-process.js";
import { type HuaweiWorld, openHuaweiWorld } from "./world.js";

/** A world that is closed with the test. */
export async function huaweiWorld(options?: FakeOptions): Promise<HuaweiWorld> {
  const world = await openHuaweiWorld(options);
  onTestFinished(() => world.close());
  return world;
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

/** What the adapter sees of a seeded server now. */
export async function sighting(world: HuaweiWorld, name: string): Promise<InstanceRecord> {
  for await (const record of world.adapter.findInstances({ ids: [world.id(name)] })) return record;
  throw new Error(`${name} is not there.`);
}

/** The requests of one API since a moment. */
export function sent(world: HuaweiWorld, api: string, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter((request) => request.api === api);
}

/** Mutations since a moment. */
export function mutations(world: HuaweiWorld, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter(({ mutating }) => mutating);
}

/** Lets jobs, drains, detachments and lagging reads come to their end. */
export async function settle(world: HuaweiWorld): Promise<void> {
  await world.clock.advance(20 * 60_000);
}

/** Fails unless the outcome is `blocked` with that code. */
export function expectBlocked(outcome: object | undefined, code: string): void {
  expect(outcome).toMatchObject({ status: "blocked", problem: { code } });
}

export const discard = { data: { discard: "a test" } } as const;
