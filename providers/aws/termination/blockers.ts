import type { DataGate } from "../../../src/data-gate.js";
import type { Problem } from "../../../src/errors.js";
import { commonBlocker, instanceProblem, ownerBlocker } from "../../../src/preconditions.js";
import type { OwnerReading } from "../dependencies/owners.js";
import { type ProtectionReading, withProtection } from "../protection.js";
import type { SeenInstance } from "../record.js";
import type { Wishes } from "./wishes.js";

/** What was read to judge instances. */
export interface Judgement {
  readonly wishes: Wishes;
  readonly protection: ProtectionReading;
  readonly owners: OwnerReading;
  readonly gate: DataGate;
}

/** What the cloud cannot do at all, whatever the instance; `undefined` when it can do as told. */
export function impossibleWish({ options }: Wishes): Problem | undefined {
  if (options.releaseAt !== undefined) {
    return {
      code: "unsupported",
      message: "EC2 cannot release an instance at a later time.",
      hint: "Leave `releaseAt` out and run the termination when it is due.",
      cloud: "aws",
    };
  }
  if (options.recycleBin === "require") {
    return {
      code: "recycle-bin-unavailable",
      message: "EC2 has no recycle bin for instances: a terminated one cannot come back.",
      hint: "Save the disks with `snapshot` and leave `recycleBin` out.",
      cloud: "aws",
    };
  }
  return undefined;
}

/** Why this instance must stay; `undefined` when it may go. */
export function blockerOf(seen: SeenInstance, judgement: Judgement): Problem | undefined {
  const { wishes, protection, owners, gate } = judgement;
  const record = withProtection(seen.record, protection);
  return (
    operatorBlocker(seen) ??
    commonBlocker(record, wishes.options) ??
    unreadProtection(seen, judgement) ??
    disputedDisks(seen) ??
    unknownHostDisks(seen, wishes) ??
    unkeepableDisks(seen, wishes) ??
    ownerBlocker(seen.record, owners.edges, wishes.acceptOwners) ??
    gate.judge(record)
  );
}

function operatorBlocker({ record, facts }: SeenInstance): Problem | undefined {
  if (facts.managedBy === undefined) return undefined;
  return instanceProblem(
    record,
    "owned",
    `is operated by ${facts.managedBy}, and EC2 lets nobody else end it.`,
    "Delete it through the service that operates it.",
  );
}

/** What is not known cannot be recorded, so it could not be put back: then it is not switched off either. */
function unreadProtection({ record }: SeenInstance, { wishes, protection }: Judgement): Problem | undefined {
  return wishes.cleared.has(record.id) ? protection.unread.get(record.id) : undefined;
}

function disputedDisks({ record, facts }: SeenInstance): Problem | undefined {
  if (facts.disputedVolumeIds.length === 0) return undefined;
  return instanceProblem(
    record,
    "data-loss",
    `and its volumes disagree about what is attached: ${facts.disputedVolumeIds.join(", ")}.`,
    "Wait until attaching or detaching has ended, then try again.",
  );
}

/** EC2 lists no disks of the host: without the instance type nobody knows whether there are any. */
function unknownHostDisks({ record, facts }: SeenInstance, { options }: Wishes): Problem | undefined {
  if (facts.instanceStoresKnown || "discard" in options.data) return undefined;
  return instanceProblem(
    record,
    "data-loss",
    "may have disks that live on its host: its instance type could not be read.",
    "Grant ec2:DescribeInstanceTypes, or give all disks up with `data: { discard: reason }`.",
  );
}

function unkeepableDisks({ record }: SeenInstance, { options }: Wishes): Problem | undefined {
  if (options.dataDisks !== "keep") return undefined;
  const accepted = new Set((options.acceptDataLoss ?? []).map(({ instanceId, diskId }) => `${instanceId}/${diskId}`));
  const lost = record.disks.filter(
    (disk) => disk.ephemeral && disk.role === "data" && !accepted.has(`${record.id}/${disk.id}`),
  );
  if (lost.length === 0) return undefined;
  return instanceProblem(
    record,
    "unsupported",
    `has disks that live on its host and cannot be kept: ${lost.map(({ id }) => id).join(", ")}.`,
    "Name them in `acceptDataLoss`, or leave `dataDisks` out.",
  );
}
