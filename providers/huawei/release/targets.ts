import { groupBy, mapConcurrent } from "../../../src/batch.js";
import type { JsonObject } from "../../../src/common.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { heirProblem, unknownAddresses } from "../../../src/release/heir.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import { type Member, meaning, type Pool, readMembers, readPools } from "../dependencies/balancers.js";
import { readInstances } from "../instances.js";
import { readHolders } from "../rules/holders.js";
import { removeMember, setWeight } from "./members.js";

const concurrency = 4;

/** The registrations of everybody, and what is known of the backend groups. */
interface Balancing {
  readonly members: readonly Member[];
  readonly pools: ReadonlyMap<string, Pool>;
}

/** A server whose members may leave a backend group. */
interface Leaving {
  readonly item: DependencyRef;
  readonly members: readonly Member[];
}

/**
 * Takes servers out of backend groups, each member by its id. ELB tells of no drain that could be waited for; where one is
 * asked for, the members get no new requests for that long before.
 */
export async function releaseTargets(
  context: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const { call, options } = context;
  const ids = items.map(({ instanceId }) => instanceId);
  const [{ byId }, members, pools] = await Promise.all([readInstances(call, ids), readMembers(call), readPools(call)]);
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  const leaving: Leaving[] = [];
  for (const item of items) {
    const judged = await judge(context, { members, pools }, item, byId.get(item.instanceId)?.record);
    if ("status" in judged) outcomes.set(item, judged);
    else if (options.dryRun) outcomes.set(item, told(item, "would-release"));
    else leaving.push(judged);
  }
  const drained = await drain(call, leaving, options.drainTimeoutMs ?? 0);
  // Members of one group go one after the other, which ELB wants of changes to one load balancer.
  await mapConcurrent([...groupBy(leaving, ({ item }) => item.id).values()], concurrency, async (group) => {
    for (const one of group) outcomes.set(one.item, await remove(call, one, drained));
  });
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

async function judge(
  { call, sightings }: ReleaseContext<HuaweiCall>,
  { members, pools }: Balancing,
  item: DependencyRef,
  now: InstanceRecord | undefined,
): Promise<DependencyReleaseOutcome | Leaving> {
  const pool = pools.get(item.id);
  if (!pool) return { item, status: "not-found", instanceId: item.instanceId, effects: [] };
  const record = now ?? sightings.get(item.instanceId);
  const all = members.filter(({ poolId }) => poolId === item.id);
  const mine = all.filter((member) =>
    record ? meaning(member, pool, record) === "yes" : member.serverId === item.instanceId,
  );
  if (!record && all.some(({ serverId }) => serverId === undefined)) return kept(item, unknownAddresses(item));
  if (mine.length === 0) return told(item, "already-released");
  const problem = protectedProblem(item, pool) ?? (now || !record ? undefined : await heirOf(call, item, mine, record));
  return problem ? kept(item, problem) : { item, members: mine };
}

/**
 * Gives members no new requests for as long as was asked. A failure is no reason to stay. Answers those that have no weight
 * any more, or may have none.
 */
async function drain(call: HuaweiCall, leaving: readonly Leaving[], forMs: number): Promise<ReadonlySet<Member>> {
  const silent = new Set<Member>();
  if (forMs === 0 || leaving.length === 0) return silent;
  for (const { item, members } of leaving) {
    for (const member of members) {
      const answer = await setWeight(call, member, item.instanceId, 0, leaveEffect(call, item, member));
      if (answer.effect !== "not-applied") silent.add(member);
    }
  }
  try {
    await call.requests.wait(forMs);
  } catch {
    // Whatever ends the wait keeps the next request back, too.
  }
  return silent;
}

async function remove(
  call: HuaweiCall,
  { item, members }: Leaving,
  drained: ReadonlySet<Member>,
): Promise<DependencyReleaseOutcome> {
  // What was drained and could not be taken out afterwards still has no weight.
  const effects = new Map(members.filter((one) => drained.has(one)).map((one) => [one, leaveEffect(call, item, one)]));
  for (const member of members) {
    const effect = leaveEffect(call, item, member);
    const answer = await removeMember(call, member, item.instanceId, effect);
    if (answer.effect !== "not-applied") effects.set(member, effect);
    if (answer.effect !== "applied") return { ...answered(item, answer, []), effects: [...effects.values()] };
  }
  return told(item, "released", [...effects.values()]);
}

function protectedProblem(item: DependencyRef, pool: Pool): Problem | undefined {
  if (!pool.keepsMembers) return undefined;
  const message = `The backend group ${item.id} is protected from removals.`;
  return itemProblem(item, "protected", message, "Switch its removal protection off first, if it is yours to decide.");
}

/** Whoever has the addresses of a server that is gone. */
async function heirOf(
  call: HuaweiCall,
  item: DependencyRef,
  mine: readonly Member[],
  record: InstanceRecord,
): Promise<Problem | undefined> {
  const holders = await readHolders(
    call,
    mine.map(({ address }) => address),
  );
  return heirProblem(item, holders, record);
}

function leaveEffect(call: HuaweiCall, item: DependencyRef, member: Member): Effect {
  const node = { kind: item.kind, id: item.id };
  const detail: JsonObject = {
    address: member.address,
    byServer: member.serverId !== undefined,
    ...(member.port === undefined ? {} : { port: member.port }),
    ...(member.weight === undefined ? {} : { weight: member.weight }),
    ...(member.subnetId === undefined ? {} : { subnetId: member.subnetId }),
  };
  return {
    ...call.scope,
    kind: "registration-removed",
    resource: node,
    instanceIds: [item.instanceId],
    undo: { action: "rejoin", node, instanceId: item.instanceId, detail },
  };
}
