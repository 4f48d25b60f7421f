import type { Findings } from "./coverage.js";
import type { DependencyEdge } from "./dependencies.js";
import type { Finding } from "./findings.js";
import type { InstanceDisk, InstanceRecord } from "./instances.js";

/** What a cloud tells of a disk besides the record. */
export interface DiskTelling {
  /** What becomes of it with its instance. */
  readonly fate: DependencyEdge["atTermination"];
  readonly why: string;
  /** Empty counts as none. */
  readonly name?: string | undefined;
  readonly since?: string | undefined;
}

/** A disk that hangs on an instance. What goes with it stops costing; what nobody knows to go may cost on. */
export function diskFinding(
  instanceId: string,
  { id, sizeGiB }: InstanceDisk,
  { fate, why, name = "", since }: DiskTelling,
): Finding {
  return {
    instanceId,
    node: {
      kind: "disk",
      id,
      ...(name === "" ? {} : { name }),
      ...(sizeGiB === "unknown" ? {} : { sizeGiB }),
      ...(since === undefined ? {} : { since }),
      billing: fate === "deleted" ? "stops" : fate === "unknown" ? "unknown" : "continues",
    },
    edge: { relation: "attached", effect: "report", atTermination: fate, why },
  };
}

/** What is said of a disk that lives on the host. */
export const goesWithHost =
  "It is a disk of the host: its data goes with the instance, and no snapshot or backup can save it.";

/** Disks that live on the host of an instance. */
export function hostDiskFindings(
  { id, disks }: InstanceRecord,
  isOfHost = ({ ephemeral }: InstanceDisk) => ephemeral,
): readonly Finding[] {
  return disks.filter(isOfHost).map((disk) => diskFinding(id, disk, { fate: "deleted", why: goesWithHost }));
}

/** A key that disks of an instance are encrypted with. */
export function keyFinding(instanceId: string, keyId: string): Finding {
  return {
    instanceId,
    node: { kind: "encryption-key", id: keyId, billing: "continues" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "Its disks are encrypted with it, and so are their copies: they need the key for as long as they are kept.",
    },
  };
}

/** S02: instances whose disks are not all known. None of them: nothing is said. */
export function doubtfulDisks(
  reason: string,
  instances: readonly { readonly record: InstanceRecord }[],
): Pick<Findings, "partial"> {
  if (instances.length === 0) return {};
  return { partial: { reason, instanceIds: instances.map(({ record }) => record.id) } };
}
