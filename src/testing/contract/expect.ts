import assert from "node:assert/strict";
import type { ProblemCode } from "../../errors.js";
import { DecommissionError } from "../../errors.js";
import type { SecurityRule } from "../../security-rules.js";
import type { SnapshotProof } from "../../snapshots.js";
import type { SeedName } from "../seed.js";
import type { LoggedRequest, World, WorldView } from "../world.js";
import { mutations } from "./recording.js";
import type { Scene } from "./scene.js";

/** Data given up in words, for tests that are not about data. */
export const discard = { data: { discard: "contract suite: nothing of value" } } as const;

/** Long enough for any wait of a healthy cloud, on the world's clock. */
export const patience = { deadlineMs: 60 * 60_000 } as const;

/** Fails unless there is an outcome with one of these statuses, and narrows it. */
export function assertStatus<Outcome extends { readonly status: string }, Status extends Outcome["status"]>(
  outcome: Outcome | undefined,
  ...statuses: readonly Status[]
): asserts outcome is Outcome & { readonly status: Status } {
  const wanted: readonly string[] = statuses;
  assert.ok(
    outcome !== undefined && wanted.includes(outcome.status),
    `expected ${statuses.join(" or ")}, got ${JSON.stringify(outcome)}`,
  );
}

/** Fails unless the outcome is one of these statuses and its problem has one of these codes and a way out. */
export function assertProblem(
  outcome: { readonly status: string } | undefined,
  statuses: readonly string[],
  ...codes: readonly ProblemCode[]
): void {
  const shown = JSON.stringify(outcome);
  assert.ok(
    outcome !== undefined && statuses.includes(outcome.status),
    `expected ${statuses.join(" or ")}, got ${shown}`,
  );
  assert.ok("problem" in outcome, `no problem in ${shown}`);
  const { problem } = outcome;
  assert.ok(typeof problem === "object" && problem !== null && "code" in problem && "hint" in problem, shown);
  const wanted: readonly unknown[] = codes;
  if (codes.length > 0) assert.ok(wanted.includes(problem.code), `expected ${codes.join(" or ")}, got ${shown}`);
  assert.ok(typeof problem.hint === "string" && problem.hint.trim() !== "", `no hint in ${shown}`);
}

/** As {@link assertProblem} for `blocked`: nothing was changed. */
export function assertBlocked(
  outcome: { readonly status: string } | undefined,
  ...codes: readonly ProblemCode[]
): void {
  assertProblem(outcome, ["blocked"], ...codes);
}

/** Fails unless the call throws a `DecommissionError` with one of these codes. Answers it. */
export async function assertThrows(call: () => Promise<unknown>, ...codes: readonly ProblemCode[]) {
  let answer: unknown;
  try {
    answer = await call();
  } catch (error) {
    if (!DecommissionError.isInstance(error)) throw error;
    if (codes.length > 0) assert.ok(codes.includes(error.code), `expected ${codes.join(" or ")}, got ${error.code}`);
    return error;
  }
  return assert.fail(`expected ${codes.join(" or ") || "an error"}, got ${JSON.stringify(answer)}`);
}

/** The answer of a call, or the `DecommissionError` it threw: for trouble that may be told either way. */
export async function attempt<T>(
  call: () => Promise<T>,
): Promise<{ readonly answer: T } | { readonly error: DecommissionError }> {
  try {
    return { answer: await call() };
  } catch (error) {
    if (!DecommissionError.isInstance(error)) throw error;
    return { error };
  }
}

/** All items of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Fails unless the word about an instance's end agrees with the world, once all has settled. */
export async function assertTruthful(
  scene: Scene,
  name: SeedName,
  outcome: { readonly status: string } | undefined,
): Promise<void> {
  await scene.settle();
  const state = scene.state(name);
  const shown = `${JSON.stringify(outcome)}, but the world says ${state}`;
  switch (outcome?.status) {
    case "accepted":
    case "already-gone":
      assert.ok(!scene.world.holds(name), shown);
      assert.notEqual(state, "recycled", shown);
      return;
    case "recycled":
      return assert.equal(state, "recycled", shown);
    case "unknown":
      return;
    default:
      assert.ok(scene.world.holds(name), shown);
  }
}

/** Fails when the world got a mutating request. */
export function assertNothingSent(world: World, from = 0): void {
  assert.deepEqual(
    mutations(world.requests.slice(from)).map((request) => request.api),
    [],
    "a mutation was sent",
  );
}

/** The last mutation that took effect while a plain instance was terminated: the act itself. Asked in a world of its own. */
export async function terminationApi(scene: Scene): Promise<string> {
  const probe = await scene.fresh();
  probe.seed([{ id: "probe" }]);
  const [outcome] = await probe.adapter.terminate([probe.id("probe")], discard);
  assertStatus(outcome, "accepted", "recycled");
  const request = mutations(probe.world.requests).findLast((one) => one.tookEffect);
  assert.ok(request, "no request that took effect is in the log");
  return request.api;
}

/** How often mutations of that API took effect on a thing. Without an API: any. */
export function effectCount(world: World, id: string, api?: string): number {
  return world
    .view()
    .effects.filter((effect) => effect.id === id && (api === undefined || effect.api === api))
    .reduce((sum, effect) => sum + effect.count, 0);
}

/** Saves an instance's disks and answers the proofs. */
export async function saved(scene: Scene, ...names: readonly SeedName[]): Promise<readonly SnapshotProof[]> {
  const outcomes = await scene.adapter.snapshot(scene.ids(...names), { runId: "contract", ...patience });
  return outcomes.flatMap((outcome) => {
    assertStatus(outcome, "completed");
    return outcome.proofs;
  });
}

/** The rule of a group in the world that carries this description. */
export function ruleNamed(world: World, description: string): WorldView["rules"][number] | undefined {
  return world.view().rules.find((rule) => rule.description === description);
}

/** The world but for what restoring it may change: ids and versions of rules, logs of effects, saved copies. */
export function essence(view: WorldView): unknown {
  const sorted = <T>(items: readonly T[]) =>
    items.map((item) => JSON.stringify(item, sortKeys)).sort((one, other) => (one < other ? -1 : 1));
  return {
    instances: sorted(view.instances.map((one) => ({ ...one, securityGroupIds: [...one.securityGroupIds].sort() }))),
    disks: sorted(view.disks),
    addresses: sorted(view.addresses),
    rules: sorted(view.rules.map(ruleEssence)),
    memberships: sorted(view.memberships),
    orders: sorted(view.orders),
  };
}

/** What a rule means and where it stands, without what the cloud gives it anew, and defaults left unsaid. */
export function ruleEssence(rule: Omit<SecurityRule, "native">): unknown {
  const { id: _id, position, tags, enabled, protocol, ...rest } = rule;
  return {
    ...rest,
    protocol: protocol.unified,
    enabled: enabled ?? true,
    tags: tags ?? {},
    ...(position === undefined ? {} : { index: position.index }),
  };
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The APIs among some requests, each once. */
export function apisOf(requests: readonly LoggedRequest[]): readonly string[] {
  return [...new Set(requests.map((request) => request.api))];
}
