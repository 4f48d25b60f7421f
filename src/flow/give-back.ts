import { claimTag } from "../claim.js";
import { canUndo, type Effect, type UndoAction } from "../effects.js";
import { problemOf } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { RevertOutcome } from "../reversal.js";
import type { RemovedSecurityRule } from "../security-rules.js";
import { digestOf } from "./digest.js";
import { addressesOf } from "./dry-runs.js";
import { recordOf } from "./ledger.js";
import { stepOf } from "./plan.js";
import type { Wave } from "./wave.js";

/**
 * Puts effects back and answers for each. Rules come after all else, since what else comes back can bring their
 * address with it, and the claim comes off last: until then nobody else may touch the instance.
 */
export async function putBack(wave: Wave, effects: readonly Effect[]): Promise<readonly RevertOutcome[]> {
  const strange = effects.filter((effect) => !isPlanned(wave, effect));
  const known = effects.filter((effect) => !strange.includes(effect));
  const rules = known.filter((effect) => removedBy(effect) !== undefined);
  const claims = known.filter(({ kind }) => kind === "tags-changed");
  const others = known.filter((effect) => !rules.includes(effect) && !claims.includes(effect));
  return [
    ...strange.map((effect) => notInPlan(effect)),
    ...(await revertAll(wave, others)),
    ...(await restoreRules(wave, rules)),
    ...(await revertAll(wave, claims)),
  ];
}

async function revertAll(wave: Wave, effects: readonly Effect[]): Promise<readonly RevertOutcome[]> {
  if (effects.length === 0) return [];
  try {
    return await wave.adapter.revert(effects, wave.session.givingBackCall(wave.scope, wave.deadlineMs("revert")));
  } catch (error) {
    const problem = problemOf(error);
    return effects.map((effect) => ({ effect, status: "failed", problem }));
  }
}

/** A rule returns only while its address is seen with that same server: by now it may be a stranger's. */
async function restoreRules(wave: Wave, effects: readonly Effect[]): Promise<readonly RevertOutcome[]> {
  const removed = effects.flatMap((effect) => removedBy(effect) ?? []);
  if (removed.length === 0) return [];
  const holders = new Set(removed.flatMap(({ because }) => because.instanceIds.slice(0, 1)));
  let seen: ReadonlyMap<string, InstanceRecord>;
  try {
    seen = await readAgain(wave, [...holders]);
  } catch (error) {
    const problem = problemOf(error);
    return effects.map((effect) => ({ effect, status: "failed", problem }));
  }
  const held = effects.filter((effect) => isHeld(removedBy(effect), seen));
  const lost = effects.filter((effect) => !held.includes(effect));
  return [...lost.map((effect) => addressReleased(effect)), ...(await revertAll(wave, held))];
}

async function readAgain(wave: Wave, ids: readonly string[]): Promise<ReadonlyMap<string, InstanceRecord>> {
  const seen = new Map<string, InstanceRecord>();
  const { deadlineMs, onEvent } = wave.session.givingBackCall(wave.scope, wave.deadlineMs("revert"));
  for await (const record of wave.adapter.findInstances({ ids }, { deadlineMs, onEvent })) seen.set(record.id, record);
  return seen;
}

const inService: ReadonlySet<string> = new Set(["pending", "running", "stopping", "stopped"]);

function isHeld(removed: RemovedSecurityRule | undefined, seen: ReadonlyMap<string, InstanceRecord>): boolean {
  // A group's own rules name no address; the adapter looks at who uses the group.
  if (removed?.because.scope !== "own-address") return true;
  const holder = seen.get(removed.because.instanceIds[0] ?? "");
  return (
    holder !== undefined && inService.has(holder.state.unified) && addressesOf(holder).has(removed.because.address)
  );
}

function removedBy({ undo }: Effect): RemovedSecurityRule | undefined {
  return "action" in undo && undo.action === "restore-rule" ? undo.removed : undefined;
}

/** Whether the plan names what an effect would be put back to, as far as the plan recorded the former state. */
function isPlanned(wave: Wave, effect: Effect): boolean {
  if (!canUndo(effect)) return true;
  const members = effect.instanceIds.map((id) => wave.session.ledger.instance(wave.scope, id));
  if (members.length === 0 || members.some((member) => member === undefined)) return false;
  if (wave.session.plan.kind === "undo") {
    const key = digestOf(effect);
    return members.some(
      (member) => member && stepOf(member.planned, "revert")?.effects.some((planned) => digestOf(planned) === key),
    );
  }
  const records = members.flatMap((member) => (member ? (recordOf(member) ?? []) : []));
  return records.length === 0 || records.some((record) => agrees(effect.undo, record));
}

function agrees(undo: UndoAction, record: InstanceRecord): boolean {
  switch (undo.action) {
    case "set-protection":
      return undo.instanceId === record.id && formerProtection(undo.which, record) !== !undo.value;
    case "set-power":
      return undo.instanceId === record.id && (undo.power === "running") === (record.state.unified === "running");
    case "set-groups":
      return record.networkInterfaces.some(
        ({ id, securityGroupIds }) =>
          id === undo.networkInterfaceId &&
          digestOf([...securityGroupIds].sort()) === digestOf([...undo.securityGroupIds].sort()),
      );
    case "set-timer":
      return undo.instanceId === record.id && (undo.releaseAt ?? undefined) === record.scheduledReleaseAt;
    case "set-tags":
      return (
        undo.instanceId === record.id && [...Object.keys(undo.set), ...undo.remove].every((key) => key === claimTag)
      );
    case "attach-disk":
      return undo.instanceId === record.id && record.disks.some(({ id }) => id === undo.diskId);
    case "restore-rule":
    case "set-renewal":
    case "set-flag":
    case "rejoin":
    case "associate-address":
    case "recover":
    case "remove-artifact":
      return true;
  }
}

function formerProtection(which: "termination" | "stop" | "lock", record: InstanceRecord): boolean | "unknown" {
  if (which === "lock") return record.protection.locks.some(({ unified }) => unified === "user");
  return (which === "stop" ? record.protection.stop : record.protection.termination) ?? "unknown";
}

function notInPlan(effect: Effect): RevertOutcome {
  const why = "The plan does not record this as the former state of anything it names.";
  return { effect, status: "not-reverted", cause: "not-in-plan", why };
}

function addressReleased(effect: Effect): RevertOutcome {
  const why = "A fresh read does not show the address with that server; it may be a stranger's by now.";
  return { effect, status: "not-restored", cause: "address-released", why };
}
