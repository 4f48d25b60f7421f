import { expect, onTestFinished } from "vitest";
import type { InstanceRecord } from "../../../src/instances.js";
import type { FakeOptions, LoggedRequest } from "../../../src/testing/world.js";
import { type AliyunWorld, openAliyunWorld } from "./world.js";

/** A world that is closed with the test. */
export async function aliyunWorld(options?: FakeOptions): Promise<AliyunWorld> {
  const world = await openAliyunWorld(options);
  onTestFinished(() => world.close());
  return world;
}

/** What the adapter sees of a seeded instance now. */
export async function sighting(world: AliyunWorld, name: string): Promise<InstanceRecord> {
  for await (const record of world.adapter.findInstances({ ids: [world.id(name)] })) return record;
  throw new Error(`${name} is not there.`);
}

/** The requests of one API since a moment, dry runs left out. */
export function sent(world: AliyunWorld, api: string, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter((request) => request.api === api && !request.dryRun);
}

/** Real mutations since a moment. */
export function mutations(world: AliyunWorld, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter(({ mutating, dryRun }) => mutating && !dryRun);
}

/** Lets stops, drains, orders and detachments come to their end. */
export async function settle(world: AliyunWorld): Promise<void> {
  await world.clock.advance(20 * 60_000);
}

/** Fails unless the outcome is `blocked` with that code. */
export function expectBlocked(outcome: object | undefined, code: string): void {
  expect(outcome).toMatchObject({ status: "blocked", problem: { code } });
}

export const discard = { data: { discard: "a test" } } as const;
