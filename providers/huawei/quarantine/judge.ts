import type { Problem } from "../../../src/errors.js";
import { incomplete } from "../../../src/preconditions.js";
import type { QuarantineOptions } from "../../../src/reversal.js";
import type { OwnerReading } from "../owners.js";
import type { SeenInstance } from "../record.js";

/** What keeps a server from being held back at all; `undefined` when nothing does. */
export function commonRefusal({ record, facts }: SeenInstance, owners: OwnerReading): Problem | undefined {
  const { id, state, protection } = record;
  if (!["running", "stopped", "stopping"].includes(state.unified)) {
    return refusal(id, "wrong-state", `is ${state.raw}.`, "Only what runs or is stopped can be held back.");
  }
  if (facts.busy !== undefined && state.unified !== "stopping") {
    return refusal(id, "wrong-state", `has an operation under way (${facts.busy}).`, "Wait until it has ended.");
  }
  const [lock] = protection.locks;
  if (lock || protection.termination !== false) {
    // A lock blocks power and interfaces alike (Ecs.0605), and holding back is no reason to take one off.
    const as = lock?.raw ?? (protection.termination === true ? "by a user" : "or not: that is not told");
    return refusal(id, "locked", `is locked (${as}).`, "Unlock it first, where the lock is yours to take off.");
  }
  const member = owners.edges.find(
    ({ instanceId, node, effect }) => instanceId === id && node.kind === "auto-scaling-group" && effect !== "report",
  );
  const gap = owners.unread.find(({ kind }) => kind === "auto-scaling-group");
  if (!member) return gap && { ...gap.problem, instanceIds: [id] };
  // A group takes a member that does not answer for unhealthy, deletes it and makes another.
  const hint = "Remove it first, with `releaseDependencies`.";
  return refusal(id, "owned", `is in the scaling group ${member.node.id}, which would replace it.`, hint);
}

/** What keeps a server from being stopped: a stop takes what termination takes from the host's disks (S16). */
export function stopRefusal(
  { record, facts }: SeenInstance,
  { acceptDataLoss = [] }: QuarantineOptions,
): Problem | undefined {
  const { id } = record;
  if (record.billing.unified === "spot") {
    return refusal(id, "unsupported", "is a spot server, whose price runs on.", "Isolate it instead.");
  }
  if (incomplete(record)) {
    return refusal(id, "data-loss", "shows no system disk, so its disks are not known.", "Grant evs:volumes:list.");
  }
  if (!facts.localDisksKnown) {
    return refusal(id, "data-loss", "may have disks of its host.", "Grant ecs:cloudServerFlavors:get.");
  }
  const accepted = new Set(acceptDataLoss.map(({ instanceId, diskId }) => `${instanceId}/${diskId}`));
  const lost = record.disks.filter((disk) => disk.ephemeral && !accepted.has(`${id}/${disk.id}`));
  if (lost.length === 0) return undefined;
  const names = lost.map((disk) => disk.id).join(", ");
  const message = `can lose ${names}: the host's disks need not survive a stop.`;
  return refusal(id, "data-loss", message, "Name them in `acceptDataLoss`.");
}

/** A problem of one server. */
export function refusal(id: string, code: Problem["code"], message: string, hint: string): Problem {
  return { code, message: `${id} ${message}`, hint, cloud: "huawei", instanceIds: [id] };
}
