import { groupBy, mapConcurrent } from "../../../src/batch.js";
import type { JsonObject } from "../../../src/common.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { heirProblem, unknownAddresses } from "../../../src/release/heir.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { type Member, meaning, type Pool, readMembers, readPools } from "../dependencies/balancers.js";
import { readInstances } from "../instances.js";
import { readHolders } from "../rules/holders.js";

const concurrency = 4;

/** The registrations of everybody, and what is known of the backend groups. */
interface Balancing {
  readonly members: readonly Member[];
  readonly pools: ReadonlyMap<string, Pool>;
}

/**
 * Takes servers out of backend groups, each member by its id. ELB ends connections by itself and tells of no drain that
 * could be waited for.
 */
export async function releaseTargets(
  context: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const { call } = context;
  const ids = items.map(({ instanceId }) => instanceId);
  const [{ byId }, members, pools] = await Promise.all([readInstances(call, ids), readMembers(call), readPools(call)]);
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  // Members of one group go one after the other, which ELB wants of changes to one load balancer.
  await mapConcurrent([...groupBy(items, ({ id }) => id).values()], concurrency, async (group) => {
    for (const item of group) {
      const now = byId.get(item.instanceId)?.record;
      outcomes.set(item, await releaseFrom(context, { members, pools }, item, now));
    }
  });
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

async function releaseFrom(
  { call, options, sightings }: ReleaseContext<HuaweiCall>,
  { members, pools }: Balancing,
  item: DependencyRef,
  now: InstanceRecord | undefined,
): Promise<DependencyReleaseOutcome> {
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
  if (problem) return kept(item, problem);
  if (options.dryRun) return told(item, "would-release");
  const effects: Effect[] = [];
  for (const member of mine) {
    const effect = leaveEffect(call, item, member);
    const answer = await removeMember(call, item, member, effect);
    if (answer.effect !== "not-applied") effects.push(effect);
    if (answer.effect !== "applied") return { ...answered(item, answer, []), effects };
  }
  return told(item, "released", effects);
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

async function removeMember(call: HuaweiCall, item: DependencyRef, member: Member, effect: Effect) {
  return await call.requests.mutate({
    service: "elb",
    action: "DELETE /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}",
    parameters: { path: { pool_id: item.id, member_id: member.id } },
    instanceIds: [item.instanceId],
    effects: [effect],
    confirm: confirmByReading(call.requests, async () => !(await readMembers(call)).some(({ id }) => id === member.id)),
  });
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

/** Registers a server with a backend group again, with the address, port and weight it had. */
export async function addMember(
  call: HuaweiCall,
  poolId: string,
  instanceId: string,
  { address, port, weight, subnetId }: JsonObject,
  effects: readonly Effect[],
) {
  return await call.requests.mutate({
    service: "elb",
    action: "POST /v3/{project_id}/elb/pools/{pool_id}/members",
    parameters: {
      path: { pool_id: poolId },
      body: {
        member: {
          address,
          protocol_port: port,
          ...(weight === undefined ? {} : { weight }),
          ...(subnetId === undefined ? {} : { subnet_cidr_id: subnetId }),
        },
      },
    },
    instanceIds: [instanceId],
    effects,
    createdIds: (body) => [new Wire(body, "CreateMember").object("member")?.text("id") ?? []].flat(),
    confirm: confirmByReading(call.requests, async () => (await registered(call, poolId, address, port)) !== undefined),
  });
}

/** The member of a backend group with that address and port, where there is one. */
export async function registered(
  call: HuaweiCall,
  poolId: string,
  address: unknown,
  port: unknown,
): Promise<Member | undefined> {
  return (await readMembers(call)).find(
    (member) => member.poolId === poolId && member.address === address && member.port === port,
  );
}
