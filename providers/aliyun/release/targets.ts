import { chunk, groupBy } from "../../../src/batch.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { pollUntil, settleByReading } from "../../../src/poll.js";
import { heirProblem, unknownAddresses } from "../../../src/release/heir.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AliyunCall } from "../call.js";
import { type TargetPlace, targetId } from "../dependencies/target-id.js";
import { readInstances } from "../instances.js";
import { readHolders } from "../rules/holders.js";
import { type Backend, type BackendPlace, changeBackends, readPlace, sameBackend } from "./backends.js";

/** Servers of one request: "up to 20" (RemoveBackendServers); the groups of ALB and NLB take more. */
const batchSize = 20;
/** Reported a little after the connections have ended. */
const drainSlackMs = 60_000;
const drainPace = { firstDelayMs: 5_000, longestDelayMs: 15_000 };
/** While one change of a balancer is carried out, it takes no other ("OperationBusy" and the like, SLB error codes). */
const busy: ReadonlySet<string | undefined> = new Set([
  "BackendServer.configuring",
  "OperationBusy",
  "ServiceIsConfiguring",
  "ServiceIsStopping",
  "IncorrectStatus.ServerGroup",
  "IncorrectStatus",
]);
const busyMs = 10_000;
const tries = 6;

/** Takes instances out of load balancers, each registration by server and port. Waits until connections have ended. */
export async function releaseTargets(
  context: ReleaseContext<AliyunCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const { byId } = await readInstances(
    context.call,
    items.map(({ instanceId }) => instanceId),
  );
  const now = new Map([...byId].map(([id, { record }]) => [id, record]));
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  for (const [id, members] of groupBy(items, (item) => item.id)) {
    for (const outcome of await releaseFrom(context, id, members, now)) outcomes.set(outcome.item, outcome);
  }
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

/** An item with its registrations. */
interface Registered {
  readonly item: DependencyRef;
  readonly backends: readonly Backend[];
}

async function releaseFrom(
  context: ReleaseContext<AliyunCall>,
  nodeId: string,
  items: readonly DependencyRef[],
  now: ReadonlyMap<string, InstanceRecord>,
): Promise<readonly DependencyReleaseOutcome[]> {
  const { call, options } = context;
  const place = await readPlace(call, nodeId);
  if (!place) return items.map((item) => ({ item, status: "not-found", instanceId: item.instanceId, effects: [] }));
  const outcomes: DependencyReleaseOutcome[] = [];
  const leaving: Registered[] = [];
  // Somebody else's removal, or one of ours before this process was started anew: no less to be waited for.
  const draining: Backend[] = [];
  for (const item of items) {
    const backends = await backendsOf(context, place, item, now.get(item.instanceId));
    if ("code" in backends) outcomes.push(kept(item, backends));
    else if (backends.every((backend) => backend.leaving)) {
      outcomes.push(told(item, "already-released"));
      draining.push(...backends);
    } else if (place.kind === "clb-pair") outcomes.push(kept(item, ofPair(item)));
    else if (options.dryRun) outcomes.push(told(item, "would-release"));
    else leaving.push({ item, backends: backends.filter((backend) => !backend.leaving) });
  }
  for (const batch of chunk(leaving, batchSize)) outcomes.push(...(await deregister(context, place, batch)));
  if (draining.length > 0 && !options.dryRun) await waitForDrain(call, place, draining, options.drainTimeoutMs);
  return outcomes;
}

/** The registrations of an item's instance; a problem where its address may be somebody else's by now (S25). */
async function backendsOf(
  { call, sightings }: ReleaseContext<AliyunCall>,
  { backends, vpcId }: BackendPlace,
  item: DependencyRef,
  present: InstanceRecord | undefined,
): Promise<readonly Backend[] | Problem> {
  const record = present ?? sightings.get(item.instanceId);
  const cards = new Set(record?.networkInterfaces.map(({ id }) => id) ?? []);
  const named = backends.filter(({ serverId }) => serverId === item.instanceId || cards.has(serverId));
  const byAddress = backends.filter(({ type }) => type.toLowerCase() === "ip");
  if (byAddress.length === 0) return named;
  if (!record) return unknownAddresses(item);
  const mine = byAddress.filter(({ serverId }) => record.privateIps.includes(serverId) && vpcId === record.vpcId);
  if (present || mine.length === 0) return [...named, ...mine];
  const holders = await readHolders(
    call,
    mine.map(({ serverId }) => serverId),
  );
  return heirProblem(item, holders, record) ?? [...named, ...mine];
}

function ofPair(item: DependencyRef): Problem {
  const message = `${item.id} is a pair of a primary and a secondary server, whose servers cannot be taken out.`;
  return itemProblem(item, "unsupported", message, "Delete the pair, or let its listener use another group.");
}

async function deregister(
  { call, options }: ReleaseContext<AliyunCall>,
  place: BackendPlace,
  leaving: readonly Registered[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const { kind } = place;
  if (kind === "clb-pair") return leaving.map(({ item }) => kept(item, ofPair(item)));
  const backends = leaving.flatMap((one) => one.backends);
  const isOut = async () => {
    const listed = (await readPlace(call, targetId(place.kind, place.id)))?.backends ?? [];
    return backends.every((one) => !listed.some((other) => sameBackend(one, other) && !other.leaving));
  };
  const send = () =>
    changeBackends(call, "remove", { kind, id: place.id }, backends, {
      instanceIds: leaving.map(({ item }) => item.instanceId),
      effects: leaving.flatMap((one) => effectsOf(call, place, one)),
      confirm: async ({ notBefore }) => ({ effect: await settleByReading(call.requests, notBefore, isOut) }),
    });
  const answer = await whileBusy(call, send);
  if (answer.effect === "applied") await waitForDrain(call, place, backends, options.drainTimeoutMs);
  return leaving.map((one) => answered(one.item, answer, effectsOf(call, place, one)));
}

/** Sends again while the balancer is busy with another change. */
export async function whileBusy(call: AliyunCall, send: () => Promise<MutationAnswer>): Promise<MutationAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send();
    const mayPass = answer.effect === "not-applied" && answer.sent && busy.has(answer.problem.cloudCode);
    if (!mayPass || attempt === tries) return answer;
    try {
      await call.requests.wait(busyMs);
    } catch {
      return answer;
    }
  }
}

async function waitForDrain(
  call: AliyunCall,
  place: BackendPlace,
  backends: readonly Backend[],
  drainTimeoutMs: number | undefined,
): Promise<void> {
  const giveUpAfterMs = drainTimeoutMs ?? place.drainMs + drainSlackMs;
  const left = async () => {
    const listed = (await readPlace(call, targetId(place.kind, place.id)))?.backends ?? [];
    return listed.filter((other) => backends.some((one) => sameBackend(one, other)));
  };
  try {
    await pollUntil(call.requests, { ...drainPace, giveUpAfterMs }, left, (draining) => {
      const done = backends.length - draining.length;
      const progress = { operation: "releaseDependencies", done, total: backends.length } as const;
      call.requests.emit({ type: "progress", ...progress, waitingFor: "connections to drain" });
      return draining.length === 0;
    });
  } catch {
    // They are taken out: new connections go elsewhere. That the rest of the wait failed takes nothing from that.
  }
}

function effectsOf(call: AliyunCall, place: BackendPlace, { item, backends }: Registered): readonly Effect[] {
  const node = { kind: item.kind, id: item.id };
  return backends.map((backend) => ({
    ...call.scope,
    kind: "registration-removed",
    resource: node,
    instanceIds: [item.instanceId],
    undo: { action: "rejoin", node, instanceId: item.instanceId, detail: detailOf(place.kind, backend) },
  }));
}

function detailOf(place: TargetPlace, { serverId, type, ip, port, weight }: Backend) {
  return {
    place,
    serverId,
    type,
    ...(ip === undefined ? {} : { ip }),
    ...(port === undefined ? {} : { port }),
    ...(weight === undefined ? {} : { weight }),
  };
}
