import { mapConcurrent } from "../../../batch.js";
import { isoNow } from "../../../clock.js";
import type { Effect } from "../../../effects.js";
import type { Problem } from "../../../errors.js";
import { checkQuarantineOptions } from "../../../holding/hold-back.js";
import type { InstanceTarget } from "../../../instances.js";
import { blocked, refused, undetermined } from "../../../outcomes.js";
import { pollUntil } from "../../../poll.js";
import { clearedIds } from "../../../preconditions.js";
import type { MutationAnswer } from "../../../requests.js";
import type { QuarantineOptions, QuarantineOutcome } from "../../../reversal.js";
import { isBack } from "../../../revert.js";
import type { Artifact } from "../../../snapshots.js";
import { Wire } from "../../../wire.js";
import { type MemoryCall, type OpenMemoryCall, service } from "./call.js";
import { change, readProtection, setSwitch } from "./changes.js";
import { ownPrefix, runTag } from "./copies.js";
import { effectFor, guestFlag, protectionEffect } from "./effects.js";
import { cameBack, instanceIdForm, lookAt, targetsOf } from "./look.js";
import { readInstances, readStates, type Seen } from "./record.js";
import { revertIn } from "./revert.js";
import { problemFor } from "./wishes.js";

const pace = { firstDelayMs: 2_000, longestDelayMs: 10_000, giveUpAfterMs: 10 * 60_000 };
const isolationTag = `${ownPrefix}isolation`;

/** Stops or isolates instances. */
export async function quarantine(
  open: OpenMemoryCall,
  targets: readonly InstanceTarget[],
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  checkQuarantineOptions(options, instanceIdForm);
  const { ids, sightings } = targetsOf(targets);
  if (ids.length === 0) return [];
  const call = await open("all", options);
  const sights = await lookAt(call, ids, sightings);
  return await mapConcurrent(ids, 4, async (id): Promise<QuarantineOutcome> => {
    const sight = sights.get(id);
    if (sight?.kind === "elsewhere") return blocked(id, sight.problem);
    if (sight?.kind !== "seen") {
      return sight?.verdict.kind === "present"
        ? blocked(id, cameBack(id))
        : { status: "not-found", instanceId: id, effects: [] };
    }
    const stopProtection = (await readProtection(call, [id])).get(id)?.stop === true;
    const problem = blockerOf(call, sight.seen, options, stopProtection);
    if (problem) return blocked(id, problem);
    return options.mode === "stop"
      ? await stop(call, open, sight.seen, options, stopProtection)
      : await isolate(call, sight.seen, options);
  });
}

function blockerOf(
  call: MemoryCall,
  { record, facts }: Seen,
  options: QuarantineOptions,
  stopProtection: boolean,
): Problem | undefined {
  const { id, state, protection } = record;
  if (!call.features.capabilities.quarantine[options.mode].supported) {
    return problemFor(id, "unsupported", "cannot be held back this way here.", "Choose another `mode`.");
  }
  if (state.unified !== "running" && state.unified !== "stopped") {
    return problemFor(id, "wrong-state", `is ${state.unified}.`, "Wait until it runs or is stopped.");
  }
  if (protection.locks.length > 0) return problemFor(id, "locked", "is locked.", "Unlock it first.");
  if (facts.managedBy !== undefined) return problemFor(id, "owned", "is run by a service.", "Ask that service.");
  if (options.mode !== "stop") return undefined;
  if (stopProtection && !clearedIds(options).has(id)) {
    return problemFor(id, "protected", "has stop protection.", "Name it in `protection.clear`.");
  }
  const accepted = new Set((options.acceptDataLoss ?? []).map((one) => `${one.instanceId}/${one.diskId}`));
  const lost = record.disks.filter((disk) => disk.ephemeral && !accepted.has(`${id}/${disk.id}`));
  if (lost.length === 0 || state.unified === "stopped") return undefined;
  const names = lost.map((disk) => disk.id).join(", ");
  return problemFor(id, "data-loss", `has disks that a stop wipes: ${names}.`, "Name them in `acceptDataLoss`.");
}

async function stop(
  call: MemoryCall,
  open: OpenMemoryCall,
  { record }: Seen,
  options: QuarantineOptions,
  stopProtection: boolean,
): Promise<QuarantineOutcome> {
  const { id } = record;
  const held = { status: "quarantined", instanceId: id, mode: "stop", artifacts: [] } as const;
  if (record.state.unified === "stopped") return { ...held, already: true, effects: [] };
  const switched: Effect[] = [];
  if (stopProtection) {
    const cleared = await setSwitch(call, id, "stop", false);
    if (cleared.effect !== "not-applied") switched.push(protectionEffect(call, id, "stop", false));
    if (cleared.effect !== "applied") return trouble(id, cleared, switched);
  }
  const effect = effectFor(call, id, {
    kind: "power-changed",
    resource: { kind: "instance", id },
    undo: { action: "set-power", instanceId: id, power: "running" },
    left: "stopped",
  });
  const read = async () => (await readStates(call, [id])).get(id);
  const answer = await change(call, {
    action: "StopInstance",
    parameters: { id },
    instanceIds: [id],
    effects: [effect],
    isSo: async () => ["stopping", "stopped"].includes((await read()) ?? ""),
  });
  if (answer.effect === "applied") await pollUntil(call.requests, pace, read, (state) => state === "stopped");
  const standing = await giveBack(open, options, switched);
  if (answer.effect !== "applied")
    return trouble(id, answer, answer.effect === "unknown" ? [...standing, effect] : standing);
  return { ...held, already: false, effects: [...standing, effect] };
}

/** Right after the stop, whatever became of it: the protection was only in the way. */
async function giveBack(open: OpenMemoryCall, { recorder, onEvent }: QuarantineOptions, effects: readonly Effect[]) {
  if (effects.length === 0) return [];
  const call = await open("all", { recorder, onEvent });
  return (await revertIn(call, effects)).filter((outcome) => !isBack(outcome)).map(({ effect }) => effect);
}

async function isolate(
  call: MemoryCall,
  { record, facts }: Seen,
  options: QuarantineOptions,
): Promise<QuarantineOutcome> {
  const { id } = record;
  const groups = await call.pages("ListGroups");
  const empty = groups.find((row) => {
    return row.object("tags")?.text(isolationTag) === "yes" && row.text("networkId") === record.vpcId;
  });
  const held = { status: "quarantined", instanceId: id, mode: "isolate" } as const;
  const emptyId = empty?.text("id");
  const inside = emptyId !== undefined && record.securityGroupIds.every((groupId) => groupId === emptyId);
  if (inside) return { ...held, already: true, artifacts: [], effects: [] };
  const effects: Effect[] = [];
  if (facts.guestShutdown === "terminate") {
    const [answer, effect] = await setGuestToStop(call, id);
    if (answer.effect !== "not-applied") effects.push(effect);
    if (answer.effect !== "applied") return trouble(id, answer, effects);
  }
  const made = emptyId === undefined ? await createGroup(call, record, options) : undefined;
  if (made && made.answer.effect !== "applied") return trouble(id, made.answer, effects);
  const groupId = emptyId ?? made?.artifact?.id ?? "";
  if (made?.effect) effects.push(made.effect);
  for (const one of record.networkInterfaces) {
    const effect = effectFor(call, id, {
      kind: "groups-changed",
      resource: { kind: "network-interface", id: one.id },
      undo: { action: "set-groups", networkInterfaceId: one.id, securityGroupIds: one.securityGroupIds },
      left: [groupId],
    });
    const answer = await change(call, {
      action: "SetInterfaceGroups",
      parameters: { id: one.id, groupIds: [groupId] },
      instanceIds: [id],
      effects: [effect],
      isSo: async () => {
        const [row] = await call.pages("ListInterfaces", { ids: [one.id] });
        return row?.texts("groupIds").join() === groupId;
      },
    });
    if (answer.effect !== "not-applied") effects.push(effect);
    if (answer.effect !== "applied") return trouble(id, answer, effects);
  }
  return { ...held, already: false, artifacts: made?.artifact ? [made.artifact] : [], effects };
}

async function setGuestToStop(call: MemoryCall, id: string): Promise<readonly [MutationAnswer, Effect]> {
  const resource = { kind: "instance", id } as const;
  const effect = effectFor(call, id, {
    kind: "flag-changed",
    resource,
    undo: { action: "set-flag", resource, instanceId: id, flag: guestFlag, value: "terminate" },
    left: "stop",
  });
  const answer = await change(call, {
    action: "SetGuestShutdown",
    parameters: { id, value: "stop" },
    instanceIds: [id],
    effects: [effect],
    isSo: async () => (await readInstances(call, [id])).byId.get(id)?.facts.guestShutdown === "stop",
  });
  return [answer, effect];
}

/** A group without rules: nothing gets in or out. It goes with the run, by reverting. */
async function createGroup(call: MemoryCall, record: Seen["record"], { runId = "" }: QuarantineOptions) {
  const tags = { [isolationTag]: "yes", [runTag]: runId };
  const artifactOf = (id: string): Artifact => ({
    ...call.scope,
    kind: "security-group",
    id,
    runId,
    attempt: 1,
    instanceIds: [record.id],
    diskIds: [],
    createdAt: isoNow(call.requests.clock),
    tags,
  });
  const effectOf = (id: string): Effect =>
    effectFor(call, record.id, {
      kind: "artifact-created",
      resource: { kind: "security-group", id },
      undo: { action: "remove-artifact", artifact: artifactOf(id) },
    });
  const find = async () => {
    const rows = await call.pages("ListGroups");
    return rows.find(
      (row) => row.object("tags")?.text(isolationTag) === "yes" && row.text("networkId") === record.vpcId,
    );
  };
  const answer = await call.requests.mutate({
    service,
    action: "CreateGroup",
    parameters: { name: "cloud-decom-isolation", networkId: record.vpcId, tags },
    instanceIds: [record.id],
    effects: [effectOf("cloud-decom-isolation")],
    createdIds: (body) => [new Wire(body, "CreateGroup").need("id")],
    confirm: async () => {
      const row = await find();
      return row ? { effect: "applied", ids: [row.need("id")] } : { effect: "unknown" };
    },
  });
  const id = answer.ids?.[0];
  return { answer, ...(id === undefined ? {} : { artifact: artifactOf(id), effect: effectOf(id) }) };
}

function trouble(id: string, answer: MutationAnswer, effects: readonly Effect[]): QuarantineOutcome {
  const problem = answer.problem ?? problemFor(id, "unexpected", "got no answer.", "Report this.");
  if (answer.effect === "unknown") return undetermined(id, problem, effects);
  if (answer.effect === "not-applied" && !answer.sent) return { ...blocked(id, problem), effects };
  return refused(id, problem, effects);
}
