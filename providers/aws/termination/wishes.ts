import { invalidRequest } from "../../../src/errors.js";
import { clearedIds } from "../../../src/preconditions.js";
import type { TerminateOptions } from "../../../src/termination.js";
import { checkTerminateOptions } from "../../../src/termination-options.js";
import type { DiskFlag } from "../attributes.js";
import { instanceIdForm } from "../instances.js";
import type { SeenInstance } from "../record.js";

/** What the caller wants of a termination, checked. */
export interface Wishes {
  readonly options: TerminateOptions;
  /** Ids whose protection may be switched off. */
  readonly cleared: ReadonlySet<string>;
  /** Kinds of owners that the caller accepts to act behind, from `cloudOptions.acceptOwners`. */
  readonly acceptOwners: ReadonlySet<string>;
}

const volumeIdForm = /^vol-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
/** Owners behind whose back an instance can be ended: all but a service that operates it, where EC2 itself refuses. */
const acceptableOwners = ["auto-scaling-group", "cluster-node", "fleet", "managed-service", "spot-request", "stack"];

/** Checks the options of a termination. Throws `invalid-request` before anything is sent. */
export function wishesOf(options: TerminateOptions): Wishes {
  checkTerminateOptions(options, {
    instanceId: instanceIdForm,
    diskId: volumeIdForm,
    cloudOptions: ["acceptOwners"],
  });
  const owners = options.cloudOptions?.acceptOwners ?? [];
  const hint = `It is a list of ${acceptableOwners.join(", ")}.`;
  if (!Array.isArray(owners)) throw invalidRequest("`cloudOptions.acceptOwners` is no list.", hint);
  const kinds: readonly unknown[] = owners;
  const accepted = kinds.filter((kind) => typeof kind === "string" && acceptableOwners.includes(kind)).map(String);
  if (accepted.length < kinds.length) {
    throw invalidRequest(`\`cloudOptions.acceptOwners\` is ${JSON.stringify(owners)}.`, hint);
  }
  return { options, cleared: clearedIds(options), acceptOwners: new Set(accepted) };
}

/** The flags to change so that the disks of an instance end as wished. */
export function flagChanges({ record, facts }: SeenInstance, { options }: Wishes): readonly DiskFlag[] {
  const { dataDisks = "as-flagged" } = options;
  return record.disks.flatMap((disk): readonly DiskFlag[] => {
    const device = facts.devices.get(disk.id);
    if (disk.ephemeral || device === undefined) return [];
    if (typeof dataDisks === "object") {
      if (!dataDisks.delete.includes(disk.id) || disk.deletedWithInstance === true) return [];
      return [{ disk, device, deleteWithInstance: true }];
    }
    if (dataDisks === "as-flagged" || disk.role === "system" || disk.deletedWithInstance === false) return [];
    return [{ disk, device, deleteWithInstance: false }];
  });
}
