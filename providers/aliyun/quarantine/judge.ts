import type { Problem } from "../../../src/errors.js";
import { incomplete } from "../../../src/preconditions.js";
import type { QuarantineOptions } from "../../../src/reversal.js";
import type { OwnerReading } from "../dependencies/owners.js";
import type { SeenInstance } from "../record.js";

/** What keeps an instance from being held back at all; `undefined` when nothing does. */
export function commonRefusal({ record, facts }: SeenInstance, owners: OwnerReading): Problem | undefined {
  const { id, state, protection } = record;
  if (state.unified === "pending" || state.unified === "unknown") {
    return refusal(id, "wrong-state", `is ${state.raw}.`, "Only what runs or is stopped can be held back.");
  }
  const [lock] = protection.locks;
  if (lock) {
    const hint = "The cloud changes nothing on a locked or unpaid instance: settle that first.";
    return refusal(id, "locked", `is locked (${lock.unified}: ${lock.raw}).`, hint);
  }
  if (facts.interfaces.some(({ serviceManaged }) => serviceManaged === true)) {
    const hint = "Hold it back through the service that operates it.";
    return refusal(id, "owned", "is operated by a service of the cloud.", hint);
  }
  const member = owners.edges.find(
    ({ instanceId, node, effect }) => instanceId === id && node.kind === "auto-scaling-group" && effect !== "report",
  );
  if (!member) return undefined;
  // A group takes a member that does not answer for unhealthy, removes it and launches another.
  const hint = "Detach it first, with `releaseDependencies`.";
  return refusal(id, "owned", `is in the scaling group ${member.node.id}, which would replace it.`, hint);
}

/** What keeps an instance from being stopped: a stop can take what lives on the host (S16). */
export function stopRefusal({ record }: SeenInstance, { acceptDataLoss = [] }: QuarantineOptions): Problem | undefined {
  const { id } = record;
  if (record.billing.unified === "spot") {
    const hint = "Isolate it instead.";
    return refusal(id, "unsupported", "is a spot instance, which may not start again for lack of stock.", hint);
  }
  if (incomplete(record)) {
    const message = "shows no system disk, so its disks are not known.";
    return refusal(id, "data-loss", message, "Grant the reading of disks.");
  }
  const accepted = new Set(acceptDataLoss.map(({ instanceId, diskId }) => `${instanceId}/${diskId}`));
  const lost = record.disks.filter((disk) => disk.ephemeral && !accepted.has(`${id}/${disk.id}`));
  if (lost.length === 0) return undefined;
  const names = lost.map((disk) => disk.id).join(", ");
  return refusal(
    id,
    "data-loss",
    `could lose ${names}: disks of the host are not promised to survive a stop.`,
    "Name them in `acceptDataLoss`.",
  );
}

/** A problem of one instance. */
export function refusal(id: string, code: Problem["code"], message: string, hint: string): Problem {
  return { code, message: `${id} ${message}`, hint, cloud: "aliyun", instanceIds: [id] };
}
