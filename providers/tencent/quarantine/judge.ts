import type { DependencyEdge } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { incomplete } from "../../../src/preconditions.js";
import type { QuarantineOptions } from "../../../src/reversal.js";
import type { SeenInstance } from "../record.js";

/** What keeps an instance from being held back at all; `undefined` when nothing does. */
export function commonRefusal({ record, facts }: SeenInstance, edges: readonly DependencyEdge[]): Problem | undefined {
  const { id, protection } = record;
  const { unified, raw } = record.state;
  if (unified !== "running" && unified !== "stopped" && unified !== "stopping") {
    return refusal(id, "wrong-state", `is ${raw}.`, "Only what runs or is stopped can be held back.");
  }
  if (/RESCUE|MIGRATE/.test(raw)) return refusal(id, "wrong-state", `is in ${raw}.`, "End that mode first.");
  if (facts.operationState === "OPERATING" && unified !== "stopping") {
    const what = facts.operation ?? "an operation";
    return refusal(id, "wrong-state", `has ${what} under way.`, "Wait until it has ended, then try again.");
  }
  const [lock] = protection.locks;
  if (lock) return refusal(id, "locked", `is locked (${lock.unified}: ${lock.raw}).`, "Settle its cause first.");
  const member = edges.find(
    ({ instanceId, node, effect }) => instanceId === id && node.kind === "auto-scaling-group" && effect !== "report",
  );
  if (!member) return undefined;
  // A group takes a member that does not answer for unhealthy, ends it and launches another.
  const hint = "Detach it first, with `releaseDependencies`.";
  return refusal(id, "owned", `is in the scaling group ${member.node.id}, which would replace it.`, hint);
}

/** What keeps an instance from being stopped: what a stop may take from the host's disks is judged like their end (S16). */
export function stopRefusal({ record }: SeenInstance, { acceptDataLoss = [] }: QuarantineOptions): Problem | undefined {
  const { id } = record;
  if (record.billing.unified === "spot") {
    return refusal(id, "unsupported", "is a spot instance, which cannot be stopped.", "Isolate it instead.");
  }
  if (incomplete(record)) {
    const message = "shows no system disk, so its disks are not known.";
    return refusal(id, "data-loss", message, "Grant the permission to list disks.");
  }
  const accepted = new Set(acceptDataLoss.map(({ instanceId, diskId }) => `${instanceId}/${diskId}`));
  const lost = record.disks.filter((disk) => disk.ephemeral && !accepted.has(`${id}/${disk.id}`));
  if (lost.length === 0) return undefined;
  const names = lost.map((disk) => disk.id).join(", ");
  const message = `could lose ${names}: they live on its host, which a stopped server may leave.`;
  return refusal(id, "data-loss", message, "Name them in `acceptDataLoss`.");
}

/** A problem of one instance. */
export function refusal(id: string, code: Problem["code"], message: string, hint: string): Problem {
  return { code, message: `${id} ${message}`, hint, cloud: "tencent", instanceIds: [id] };
}
