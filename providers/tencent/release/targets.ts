import { groupBy } from "../../../src/batch.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { heirProblem, unknownAddresses } from "../../../src/release/heir.js";
import { answered, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { TencentCall } from "../call.js";
import { readInstances } from "../instances.js";
import { readHolders } from "../rules/holders.js";
import { changeRegistrations } from "./balancer-requests.js";
import { detailOf, type Pool, type Registration, readPool, readRegistrations } from "./registrations.js";

type Context = ReleaseContext<TencentCall>;

/**
 * Takes instances out of load balancers and target groups. A balancer cuts connections at once, and says nowhere how
 * many there are: where a drain is asked for, its targets get no new ones for that long before (weight 0).
 */
export async function releaseTargets(
  context: Context,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const { byId } = await readInstances(
    context.call,
    items.map(({ instanceId }) => instanceId),
  );
  const now = new Map([...byId].map(([id, { record }]) => [id, record]));
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  // One balancer at a time: it takes no second request while the first is a task under way.
  for (const members of groupBy(items, ({ id }) => id.split("/")[0]).values()) {
    for (const outcome of await releaseFrom(context, members, now)) outcomes.set(outcome.item, outcome);
  }
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

/** An item with its registrations in the pool. */
interface Registered {
  readonly item: DependencyRef;
  readonly registrations: readonly Registration[];
}

async function releaseFrom(
  context: Context,
  items: readonly DependencyRef[],
  now: ReadonlyMap<string, InstanceRecord>,
): Promise<readonly DependencyReleaseOutcome[]> {
  const { call, options } = context;
  const pool = await readPool(call, items[0]?.id ?? "");
  if (!pool) return items.map((item) => ({ item, status: "not-found", instanceId: item.instanceId, effects: [] }));
  const listed = await readRegistrations(call, pool);
  const outcomes: DependencyReleaseOutcome[] = [];
  const leaving: Registered[] = [];
  for (const item of items) {
    const registrations = await registrationsOf(context, pool, listed, item, now);
    if ("code" in registrations) outcomes.push(kept(item, registrations));
    else if (registrations.length === 0) outcomes.push(told(item, "already-released"));
    else if (options.dryRun) outcomes.push(told(item, "would-release"));
    else leaving.push({ item, registrations });
  }
  return leaving.length === 0 ? outcomes : [...outcomes, ...(await deregister(context, pool, leaving))];
}

/** The registrations of an item's instance; a problem where its address may be somebody else's by now (S25). */
async function registrationsOf(
  { call, sightings }: Context,
  pool: Pool,
  listed: readonly Registration[],
  item: DependencyRef,
  now: ReadonlyMap<string, InstanceRecord>,
): Promise<readonly Registration[] | Problem> {
  const present = now.get(item.instanceId);
  const record = present ?? sightings.get(item.instanceId);
  const named = listed.filter((one) => isNamed(item, one));
  const byId = named.filter(({ instanceId }) => instanceId === item.instanceId);
  const addressed = named.filter(({ instanceId }) => instanceId === undefined);
  if (addressed.length === 0) return byId;
  if (!record) return unknownAddresses(item);
  const mine = addressed.filter(({ ip }) => pool.vpcId === record.vpcId && record.privateIps.includes(ip));
  if (present || mine.length === 0) return [...byId, ...mine];
  const holders = await readHolders(
    call,
    mine.map(({ ip }) => ip),
  );
  return heirProblem(item, holders, record) ?? [...byId, ...mine];
}

/** Whether a registration is one that the item's id speaks of: a whole balancer, or a listener or rule of it. */
function isNamed({ id }: DependencyRef, { listenerId, locationId }: Registration): boolean {
  const [, listener, location] = id.split("/");
  return (listener === undefined || listener === listenerId) && (location === undefined || location === locationId);
}

async function deregister(
  { call, options }: Context,
  pool: Pool,
  leaving: readonly Registered[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const ownerOf = new Map(leaving.flatMap(({ item, registrations }) => registrations.map((one) => [one, item])));
  const effectOf = (one: Registration) => leaveEffect(call, pool, ownerOf.get(one), one);
  const about = {
    instanceIdsOf: (one: Registration) => [ownerOf.get(one)?.instanceId ?? ""],
    effectsOf: (one: Registration) => [effectOf(one)],
  };
  const all = [...ownerOf.keys()];
  const drained = await drain({ call, options }, pool, all, about);
  const answers = new Map(
    (await changeRegistrations(call, pool, "deregister", all, about)).map((one) => [one.registration, one.answer]),
  );
  return leaving.map(({ item, registrations }) => {
    const told = registrations.flatMap((one) => {
      const answer = answers.get(one);
      return answer ? [{ answer, effect: effectOf(one), isDrained: drained.has(one) }] : [];
    });
    const standing = told
      .filter(({ answer, isDrained }) => isDrained || answer.effect !== "not-applied")
      .map(({ effect }) => effect);
    const worst = told.map(({ answer }) => answer).toSorted((one, other) => weight(other) - weight(one))[0];
    const outcome = answered(item, worst ?? { effect: "applied" }, standing);
    return standing.length > 0 && outcome.status !== "released" ? { ...outcome, effects: standing } : outcome;
  });
}

/** Of several answers for one item the least certain is its own. */
function weight({ effect }: MutationAnswer): number {
  return { applied: 0, "not-applied": 1, unknown: 2 }[effect];
}

/**
 * Gives targets no new connections for as long as was asked. A classic balancer or a failure is no reason to stay.
 * Answers those that have no weight any more, or may have none.
 */
async function drain(
  { call, options }: Pick<Context, "call" | "options">,
  pool: Pool,
  registrations: readonly Registration[],
  about: Parameters<typeof changeRegistrations>[4],
): Promise<ReadonlySet<Registration>> {
  const { drainTimeoutMs = 0 } = options;
  if (drainTimeoutMs === 0 || pool.kind === "classic") return new Set();
  const silent = new Map(registrations.map((one) => [{ ...one, weight: 0 }, one]));
  const original = (one: Registration) => silent.get(one) ?? one;
  const answers = await changeRegistrations(call, pool, "weigh", [...silent.keys()], {
    instanceIdsOf: (one) => about.instanceIdsOf(original(one)),
    effectsOf: (one) => about.effectsOf(original(one)),
  });
  try {
    await call.requests.wait(drainTimeoutMs);
  } catch {
    // Whatever ends the wait keeps the next request back, too.
  }
  const changed = answers.filter(({ answer }) => answer.effect !== "not-applied");
  return new Set(changed.map(({ registration }) => original(registration)));
}

function leaveEffect(
  call: TencentCall,
  pool: Pool,
  item: DependencyRef | undefined,
  registration: Registration,
): Effect {
  const node = { kind: "load-balancer-target", id: pool.id } as const;
  const instanceId = item?.instanceId ?? "";
  return {
    ...call.scope,
    kind: "registration-removed",
    resource: node,
    instanceIds: [instanceId],
    undo: { action: "rejoin", node, instanceId, detail: detailOf(pool, registration) },
  };
}
