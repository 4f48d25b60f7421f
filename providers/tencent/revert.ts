import type { Effect } from "../../src/effects.js";
import type { RevertOutcome } from "../../src/reversal.js";
import {
  changedSince,
  givingBack,
  type RevertHandlers,
  type RevertResult,
  resourceGone,
  resultOf,
  revertEffects,
  type Undoable,
} from "../../src/revert.js";
import { diskFlag, setDiskFlag, setProtection, setRenewal } from "./attributes.js";
import type { TencentCall } from "./call.js";
import { readStates, readTimers } from "./instances.js";
import { type DiskFacts, diskFacts, type SeenInstance } from "./record.js";

/** Puts effects of a termination back, the last first, each after a re-read. */
export async function revertWith(call: TencentCall, effects: readonly Effect[]): Promise<readonly RevertOutcome[]> {
  const { requests, scope } = call;
  const handlers: RevertHandlers = {
    "set-protection": (effect) => revertProtection(call, effect),
    "set-flag": (effect) => revertFlag(call, effect),
    "set-renewal": (effect) => revertRenewal(call, effect),
    "set-timer": (effect) => revertTimer(call, effect),
  };
  return await revertEffects(effects, { requests, scope, handlers });
}

async function standing(call: TencentCall, id: string): Promise<SeenInstance | undefined> {
  const seen = (await readStates(call, [id])).byId.get(id);
  return seen && seen.record.state.unified !== "recycled" && seen.record.state.unified !== "terminating"
    ? seen
    : undefined;
}

async function revertProtection(call: TencentCall, effect: Undoable<Undo<"set-protection">>): Promise<RevertResult> {
  const { instanceId, which, value } = effect.undo;
  if (which !== "termination") {
    return { status: "not-reverted", cause: "impossible", why: "CVM knows termination protection alone." };
  }
  const seen = await standing(call, instanceId);
  if (!seen) return resourceGone(`${instanceId} is not in service any more.`);
  const now = seen.record.protection.termination;
  if (now === value) return { status: "already-reverted" };
  if (now !== effect.left) return changedSince(`The protection of ${instanceId} could not be read.`);
  return resultOf(await setProtection(call, instanceId, value, [givingBack(effect)]));
}

async function revertFlag(call: TencentCall, effect: Undoable<Undo<"set-flag">>): Promise<RevertResult> {
  const { resource, instanceId, flag, value } = effect.undo;
  if (flag !== diskFlag || typeof value !== "boolean" || instanceId === undefined) {
    return { status: "not-reverted", cause: "impossible", why: `CVM has no flag ${flag} to set back.` };
  }
  const disk = await readDisk(call, resource.id);
  if (!disk) return resourceGone(`${resource.id} is not there any more.`);
  if (disk.deleteWithInstance === value) return { status: "already-reverted" };
  if (disk.deleteWithInstance !== effect.left) return changedSince(`${flag} of ${resource.id} could not be read.`);
  return resultOf(await setDiskFlag(call, instanceId, [resource.id], value, [givingBack(effect)]));
}

async function readDisk(call: TencentCall, id: string): Promise<DiskFacts | undefined> {
  const [disk] = await call.pages("cbs", "DescribeDisks", { DiskIds: [id] }, { field: "DiskSet", id: "DiskId" });
  return disk && diskFacts(disk);
}

async function revertRenewal(call: TencentCall, effect: Undoable<Undo<"set-renewal">>): Promise<RevertResult> {
  const { instanceId, mode } = effect.undo;
  const seen = await standing(call, instanceId);
  if (!seen) return resourceGone(`${instanceId} is not in service any more.`);
  if (seen.facts.renewFlag === mode) return { status: "already-reverted" };
  if (seen.facts.renewFlag !== effect.left)
    return changedSince(`${instanceId} is renewed by ${seen.facts.renewFlag ?? "nothing"} now.`);
  return resultOf(await setRenewal(call, instanceId, mode, [givingBack(effect)]));
}

/** Takes our release timer off. Which one is ours is told by its moment: somebody else's stays. */
async function revertTimer(call: TencentCall, effect: Undoable<Undo<"set-timer">>): Promise<RevertResult> {
  const { instanceId } = effect.undo;
  const timer = (await readTimers(call, [instanceId])).get(instanceId);
  if (!timer)
    return (await standing(call, instanceId))
      ? { status: "already-reverted" }
      : resourceGone(`${instanceId} is not in service any more.`);
  if (timer.at !== effect.left) return changedSince(`${instanceId} is due to be released at ${timer.at} now.`);
  return resultOf(
    await call.requests.mutate({
      service: "cvm",
      action: "DeleteInstancesActionTimer",
      parameters: { ActionTimerIds: [timer.id] },
      instanceIds: [instanceId],
      effects: [givingBack(effect)],
      confirm: async () => ({ effect: (await readTimers(call, [instanceId])).has(instanceId) ? "unknown" : "applied" }),
    }),
  );
}

type Undo<Action extends string> = Extract<
  Extract<Effect["undo"], { readonly action: string }>,
  { readonly action: Action }
>;
