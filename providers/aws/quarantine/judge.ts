import type { Problem } from "../../../src/errors.js";
import { incomplete } from "../../../src/preconditions.js";
import type { QuarantineOptions } from "../../../src/reversal.js";
import type { OwnerReading } from "../dependencies/owners.js";
import type { SeenInstance } from "../record.js";

/** What keeps an instance from being held back at all; `undefined` when nothing does. */
export function commonRefusal({ record, facts }: SeenInstance, owners: OwnerReading): Problem | undefined {
  const { unified, raw } = record.state;
  if (unified === "gone" || unified === "terminating" || unified === "pending" || unified === "unknown") {
    return refusal(record.id, "wrong-state", `is ${raw}.`, "Only what runs or is stopped can be held back.");
  }
  if (facts.managedBy !== undefined) {
    const hint = "Hold it back through the service that operates it.";
    return refusal(record.id, "owned", `is operated by ${facts.managedBy}.`, hint);
  }
  const member = owners.edges.find(
    ({ instanceId, node, effect }) =>
      instanceId === record.id && node.kind === "auto-scaling-group" && effect !== "report",
  );
  if (!member) return undefined;
  // A group takes a member that does not answer for unhealthy, ends it and launches another.
  const hint = "Detach it first, with `releaseDependencies`.";
  return refusal(record.id, "owned", `is in the scaling group ${member.node.id}, which would replace it.`, hint);
}

/** What keeps an instance from being stopped: a stop takes what termination takes from the host's disks (S16). */
export function stopRefusal(
  { record, facts }: SeenInstance,
  { acceptDataLoss = [] }: QuarantineOptions,
): Problem | undefined {
  const { id } = record;
  if (facts.rootDevice === "instance-store") {
    return refusal(id, "unsupported", "has its root on the host and cannot be stopped.", "Isolate it instead.");
  }
  if (record.billing.unified === "spot") {
    return refusal(id, "unsupported", "is a Spot instance, which EC2 stops by itself alone.", "Isolate it instead.");
  }
  if (incomplete(record)) {
    return refusal(
      id,
      "data-loss",
      "shows no system disk, so its disks are not known.",
      "Grant the reading of volumes.",
    );
  }
  if (!facts.instanceStoresKnown) {
    return refusal(id, "data-loss", "may have disks that live on its host.", "Grant ec2:DescribeInstanceTypes.");
  }
  const accepted = new Set(acceptDataLoss.map(({ instanceId, diskId }) => `${instanceId}/${diskId}`));
  const lost = record.disks.filter((disk) => disk.ephemeral && !accepted.has(`${id}/${disk.id}`));
  if (lost.length === 0) return undefined;
  const names = lost.map((disk) => disk.id).join(", ");
  return refusal(
    id,
    "data-loss",
    `would lose ${names}: a stop wipes the host's disks.`,
    "Name them in `acceptDataLoss`.",
  );
}

/** A problem of one instance. */
export function refusal(id: string, code: Problem["code"], message: string, hint: string): Problem {
  return { code, message: `${id} ${message}`, hint, cloud: "aws", instanceIds: [id] };
}
