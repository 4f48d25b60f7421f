import type { Effect, UndoAction } from "../../../effects.js";
import type { CallOptions } from "../../../options.js";
import { pollUntil } from "../../../poll.js";
import type { RevertOutcome } from "../../../reversal.js";
import {
  changedSince,
  givingBack,
  type RevertHandlers,
  type RevertResult,
  resourceGone,
  resultOf,
  revertEffects,
  type Undoable,
} from "../../../revert.js";
import type { MemoryCall, OpenMemoryCall } from "./call.js";
import { change, readDiskFlag, readSwitch, readTags, setDiskFlag, setSwitch, tagsFit } from "./changes.js";
import { diskFlag, guestFlag } from "./effects.js";
import { readInstances, readStates } from "./record.js";
import { restoreRule } from "./restore-rule.js";
import { readSettled } from "./settled.js";

const powerPace = { firstDelayMs: 2_000, longestDelayMs: 10_000, giveUpAfterMs: 10 * 60_000 };

type Undo<Action extends UndoAction["action"]> = Undoable<Extract<UndoAction, { readonly action: Action }>>;

/** Takes effects back. */
export async function revert(
  open: OpenMemoryCall,
  effects: readonly Effect[],
  options?: CallOptions,
): Promise<readonly RevertOutcome[]> {
  if (effects.length === 0) return [];
  return await revertIn(await open("all", options), effects);
}

/** Takes effects back with the requests of a call that is open already. */
export async function revertIn(call: MemoryCall, effects: readonly Effect[]): Promise<readonly RevertOutcome[]> {
  const handlers: RevertHandlers = {
    "set-protection": (effect) => setProtectionBack(call, effect),
    "set-power": (effect) => setPowerBack(call, effect),
    "set-renewal": (effect) => setRenewalBack(call, effect),
    "set-flag": (effect) => setFlagBack(call, effect),
    "set-groups": (effect) => setGroupsBack(call, effect),
    "set-timer": (effect) => setTimerBack(call, effect),
    "set-tags": (effect) => setTagsBack(call, effect),
    rejoin: (effect) => rejoin(call, effect),
    "restore-rule": (effect) => restoreRule(call, effect, effects),
    "remove-artifact": (effect) => removeGroup(call, effect),
  };
  return await revertEffects(effects, { requests: call.requests, scope: call.scope, handlers });
}

const already: RevertResult = { status: "already-reverted" };
const gone = (id: string) => resourceGone(`${id} is not there any more.`);

async function setProtectionBack(call: MemoryCall, effect: Undo<"set-protection">): Promise<RevertResult> {
  const { instanceId, which, value } = effect.undo;
  const now = await readSettled(
    call,
    () => readSwitch(call, instanceId, which),
    (one) => one === !value,
  );
  if (now === undefined) return gone(instanceId);
  if (now === value) return already;
  return resultOf(await setSwitch(call, instanceId, which, value, [givingBack(effect)]));
}

async function setPowerBack(call: MemoryCall, effect: Undo<"set-power">): Promise<RevertResult> {
  const { instanceId, power } = effect.undo;
  const read = async () => (await readStates(call, [instanceId])).get(instanceId);
  // A stop that is still under way has to end before there is anything to start.
  await readSettled(call, read, (state) => state !== power);
  const { last: state } = await pollUntil(
    call.requests,
    powerPace,
    read,
    (one) => one !== "stopping" && one !== "pending",
  );
  if (state === undefined || state === "terminating" || state === "recycled") return gone(instanceId);
  if (state === power) return already;
  const answer = await change(call, {
    action: power === "running" ? "StartInstance" : "StopInstance",
    parameters: { id: instanceId },
    instanceIds: [instanceId],
    effects: [givingBack(effect)],
    isSo: async () => {
      const now = await read();
      return now === power || now === (power === "running" ? "pending" : "stopping");
    },
  });
  return resultOf(answer);
}

async function setRenewalBack(call: MemoryCall, effect: Undo<"set-renewal">): Promise<RevertResult> {
  const { instanceId, mode } = effect.undo;
  const value = mode === "auto";
  const read = async () => (await readInstances(call, [instanceId])).byId.get(instanceId)?.facts.autoRenew;
  const now = await readSettled(call, read, (one) => one === !value);
  if (now === undefined) return gone(instanceId);
  if (now === value) return already;
  const answer = await change(call, {
    action: "SetAutoRenew",
    parameters: { id: instanceId, value },
    instanceIds: [instanceId],
    effects: [givingBack(effect)],
    isSo: async () => (await read()) === value,
  });
  return resultOf(answer);
}

async function setFlagBack(call: MemoryCall, effect: Undo<"set-flag">): Promise<RevertResult> {
  const { resource, instanceId = "", flag, value } = effect.undo;
  if (flag === guestFlag) return await setGuestBack(call, effect, instanceId, String(value));
  if (flag !== diskFlag || typeof value !== "boolean") {
    return { status: "not-reverted", cause: "impossible", why: `Nobody knows the flag ${flag}.` };
  }
  const read = () => readDiskFlag(call, instanceId, resource.id);
  const now = await readSettled(call, read, (one) => one === !value);
  if (now === undefined) return gone(resource.id);
  if (now === value) return already;
  return resultOf(await setDiskFlag(call, instanceId, resource.id, value, [givingBack(effect)]));
}

async function setGuestBack(call: MemoryCall, effect: Effect, id: string, value: string): Promise<RevertResult> {
  const read = async () => (await readInstances(call, [id])).byId.get(id)?.facts.guestShutdown;
  const now = await readSettled(call, read, (one) => one !== undefined && one !== value);
  if (now === undefined) return gone(id);
  if (now === value) return already;
  const answer = await change(call, {
    action: "SetGuestShutdown",
    parameters: { id, value },
    instanceIds: [id],
    effects: [givingBack(effect)],
    isSo: async () => (await read()) === value,
  });
  return resultOf(answer);
}

async function setGroupsBack(call: MemoryCall, effect: Undo<"set-groups">): Promise<RevertResult> {
  const { networkInterfaceId, securityGroupIds } = effect.undo;
  const read = async () => (await call.pages("ListInterfaces", { ids: [networkInterfaceId] }))[0]?.texts("groupIds");
  const now = await readSettled(call, read, (one) => one !== undefined && sameSet(one, listOf(effect.left)));
  if (now === undefined) return gone(networkInterfaceId);
  if (sameSet(now, securityGroupIds)) return already;
  if (!sameSet(now, listOf(effect.left))) return changedSince(`Its groups are ${now.join(", ")} by now.`);
  const answer = await change(call, {
    action: "SetInterfaceGroups",
    parameters: { id: networkInterfaceId, groupIds: securityGroupIds },
    instanceIds: effect.instanceIds,
    effects: [givingBack(effect)],
    isSo: async () => sameSet((await read()) ?? [], securityGroupIds),
  });
  return resultOf(answer);
}

async function setTimerBack(call: MemoryCall, effect: Undo<"set-timer">): Promise<RevertResult> {
  const { instanceId, releaseAt } = effect.undo;
  const read = async () => (await readInstances(call, [instanceId])).byId.get(instanceId)?.record;
  const left = typeof effect.left === "string" ? effect.left : null;
  const record = await readSettled(
    call,
    read,
    (one) => one !== undefined && sameTime(one.scheduledReleaseAt ?? null, left),
  );
  if (!record) return gone(instanceId);
  const now = record.scheduledReleaseAt ?? null;
  if (sameTime(now, releaseAt)) return already;
  if (!sameTime(now, left)) return changedSince(`It is set to ${now} by now.`);
  const answer = await change(call, {
    action: "ScheduleRelease",
    parameters: { id: instanceId, ...(releaseAt === null ? {} : { at: releaseAt }) },
    instanceIds: [instanceId],
    effects: [givingBack(effect)],
    isSo: async () => sameTime((await read())?.scheduledReleaseAt ?? null, releaseAt),
  });
  return resultOf(answer);
}

async function setTagsBack(call: MemoryCall, effect: Undo<"set-tags">): Promise<RevertResult> {
  const { instanceId, set, remove } = effect.undo;
  const left = leftTags(effect);
  const isAsLeft = (tags: Readonly<Record<string, string>> | undefined) =>
    tags !== undefined && tagsFit(tags, left.set, left.remove);
  const now = await readSettled(call, () => readTags(call, instanceId), isAsLeft);
  if (!now) return gone(instanceId);
  if (tagsFit(now, set, remove)) return already;
  if (!isAsLeft(now)) return changedSince("Somebody has changed these tags.");
  const answer = await change(call, {
    action: "SetTags",
    parameters: { ids: [instanceId], set, ...(remove.length === 0 ? {} : { remove }) },
    instanceIds: [instanceId],
    effects: [givingBack(effect)],
    isSo: async () => {
      const tags = await readTags(call, instanceId);
      return tags !== undefined && tagsFit(tags, set, remove);
    },
  });
  return resultOf(answer);
}

/** The values we left: a text where we set one, `null` where we took one away. */
function leftTags({ left }: Effect): { readonly set: Record<string, string>; readonly remove: readonly string[] } {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  if (typeof left !== "object" || left === null || Array.isArray(left)) return { set, remove };
  for (const [key, value] of Object.entries(left)) {
    if (value === null) remove.push(key);
    else set[key] = String(value);
  }
  return { set, remove };
}

async function rejoin(call: MemoryCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId } = effect.undo;
  const balancer = node.kind === "load-balancer-target";
  const read = async () => {
    if (!balancer) {
      const groups = await call.pages("ListScalingGroups");
      return groups
        .find((row) => row.text("id") === node.id)
        ?.texts("members")
        .includes(instanceId);
    }
    const rows = await call.pages("ListTargets");
    const [ownerId] = node.id.split("/");
    return rows.some((row) => row.text("ownerId") === ownerId && row.text("instanceId") === instanceId);
  };
  const joined = await readSettled(call, read, (one) => one === false);
  if (joined === undefined) return gone(node.id);
  if (joined) return already;
  const state = (await readStates(call, [instanceId])).get(instanceId);
  if (state === undefined || state === "terminating" || state === "recycled") return gone(instanceId);
  const answer = await change(call, {
    action: balancer ? "RegisterTarget" : "AttachInstance",
    parameters: { ownerId: node.id.split("/")[0], instanceId },
    instanceIds: [instanceId],
    effects: [givingBack(effect)],
    isSo: async () => (await read()) === true,
  });
  return resultOf(answer);
}

async function removeGroup(call: MemoryCall, effect: Undo<"remove-artifact">): Promise<RevertResult> {
  const { artifact } = effect.undo;
  const there = async () => (await call.pages("ListGroups")).some((row) => row.text("id") === artifact.id);
  if (!(await readSettled(call, there, (one) => one))) return already;
  const answer = await change(call, {
    action: "DeleteGroup",
    parameters: { id: artifact.id },
    instanceIds: effect.instanceIds,
    effects: [givingBack(effect)],
    isSo: async () => !(await there()),
  });
  return resultOf(answer);
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item) => other.includes(item));
}

function sameTime(one: string | null, other: string | null): boolean {
  return one === null || other === null ? one === other : Date.parse(one) === Date.parse(other);
}

function listOf(value: Effect["left"]): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
