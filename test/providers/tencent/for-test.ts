import { CommonClient } from "tencentcloud-sdk-nodejs/tencentcloud/common/index.js";
import { expect, onTestFinished } from "vitest";
import { services } from "../../../providers/tencent/fake/envelopes.js";
import { findInstances } from "../../../providers/tencent/find-instances.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { FakeOptions, LoggedRequest } from "../../../src/testing/world.js";
import { openTencentWorld, type TencentWorld } from "./world.js";

/** A world that is closed with the test. */
export async function tencentWorld(options?: FakeOptions): Promise<TencentWorld> {
  const world = await openTencentWorld(options);
  onTestFinished(() => world.close());
  return world;
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

/** What is seen of a seeded instance now. */
export async function sighting(world: TencentWorld, name: string): Promise<InstanceRecord> {
  for await (const record of findInstances(world.open, { ids: [world.id(name)] })) return record;
  throw new Error(`${name} is not there.`);
}

/** All of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The requests of one API since a moment. */
export function sent(world: TencentWorld, api: string, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter((request) => request.api === api);
}

/** How often each API was asked since a moment. */
export function counts(world: TencentWorld, from = 0): Readonly<Record<string, number>> {
  const byApi: Record<string, number> = {};
  for (const { api } of world.requests.slice(from)) byApi[api] = (byApi[api] ?? 0) + 1;
  return byApi;
}

/** Mutations since a moment. */
export function mutations(world: TencentWorld, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter(({ mutating }) => mutating);
}

/** Lets stops, drains, detachments and terminations come to their end. */
export async function settle(world: TencentWorld): Promise<void> {
  await world.clock.advance(20 * 60_000);
}

/** Fails unless the outcome is `blocked` with that code. */
export function expectBlocked(outcome: object | undefined, code: string): void {
  expect(outcome).toMatchObject({ status: "blocked", problem: { code } });
}

export const discard = { data: { discard: "a test" } } as const;
