import { expect, onTestFinished } from "vitest";
import type { Effect, UndoAction } from "../../src/effects.js";
import type { InstanceRecord } from "../../src/instances.js";
import type { LoggedRequest, World } from "../../src/testing/world.js";

/** What a test looks for requests in: a world, or a fake alone. */
export type Logged = Pick<World, "requests">;

/** Waits for a world, and has it closed with the test. */
export async function closedWithTest<Opened extends Pick<World, "close">>(opening: Promise<Opened>): Promise<Opened> {
  const world = await opening;
  onTestFinished(() => world.close());
  return world;
}

/** What the adapter sees of a seeded instance now. */
export async function sighting(world: Pick<World, "adapter" | "id">, name: string): Promise<InstanceRecord> {
  for await (const record of world.adapter.findInstances({ ids: [world.id(name)] })) return record;
  throw new Error(`${name} is not there.`);
}

/** All of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The requests of one API since a moment, dry runs left out. */
export function sent(world: Logged, api: string, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter((request) => request.api === api && !request.dryRun);
}

/** Real mutations since a moment. */
export function mutations(world: Logged, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter(({ mutating, dryRun }) => mutating && !dryRun);
}

/** How often each API was asked since a moment. */
export function counts(world: Logged, from = 0): Readonly<Record<string, number>> {
  const byApi: Record<string, number> = {};
  for (const { api } of world.requests.slice(from)) byApi[api] = (byApi[api] ?? 0) + 1;
  return byApi;
}

/** An effect on "web" as another run's journal would hold it. */
export async function effect(
  { adapter, id }: Pick<World, "adapter" | "id">,
  undo: UndoAction,
  over: Partial<Effect> = {},
): Promise<Effect> {
  const { accountId } = await adapter.whoAmI();
  return {
    cloud: adapter.cloud,
    accountId,
    region: adapter.region,
    kind: "flag-changed",
    resource: { kind: "instance", id: id("web") },
    instanceIds: [id("web")],
    undo,
    ...over,
  };
}

/** Lets stops, drains, jobs, orders, detachments, terminations and lagging reads come to their end. */
export async function settle(world: Pick<World, "clock">): Promise<void> {
  await world.clock.advance(20 * 60_000);
}

/** Fails unless the outcome is `blocked` with that code. */
export function expectBlocked(outcome: object | undefined, code: string): void {
  expect(outcome).toMatchObject({ status: "blocked", problem: { code } });
}

export const discard = { data: { discard: "a test" } } as const;
