import { invalidRequest } from "../../../src/errors.js";
import { clearedIds } from "../../../src/preconditions.js";
import type { TerminateOptions } from "../../../src/termination.js";
import { checkTerminateOptions } from "../../../src/termination-options.js";
import { type DiskFacts, isLocalDisk } from "../disk-facts.js";
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

/** Form of a disk's id; disks of the host are named after their instance where the cloud lists none. */
export const diskIdForm = /^(d-[0-9a-z]+|i-[0-9a-z]+\/local\d+)$/;
/** Owners behind whose back an instance can be ended. */
const acceptableOwners = ["auto-scaling-group", "cluster-node", "managed-service", "stack"];

/** Checks the options of a termination. Throws `invalid-request` before anything is sent. */
export function wishesOf(options: TerminateOptions): Wishes {
  checkTerminateOptions(options, { instanceId: instanceIdForm, diskId: diskIdForm, cloudOptions: ["acceptOwners"] });
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

/** The disks whose flag has to change so that they end as wished, with the value it is to have. */
export function flagChanges({ record, facts }: SeenInstance, { options }: Wishes): ReadonlyMap<string, boolean> {
  const { dataDisks = "as-flagged" } = options;
  const changes = new Map<string, boolean>();
  if (dataDisks === "as-flagged") return changes;
  for (const { id, role, deletedWithInstance } of record.disks) {
    const disk = facts.disks.find((one) => one.id === id);
    const value = typeof dataDisks === "object" && dataDisks.delete.includes(id);
    if (typeof dataDisks === "object" ? !value : role === "system") continue;
    if (disk && canFlag(disk) && deletedWithInstance !== value) changes.set(id, value);
  }
  return changes;
}

/** Which disks cannot end as wished, in words; `undefined` when all can. */
export function unkeptWish({ record, facts }: SeenInstance, { options }: Wishes): string | undefined {
  const { dataDisks = "as-flagged" } = options;
  if (dataDisks === "as-flagged") return undefined;
  const accepted = new Set((options.acceptDataLoss ?? []).map(({ instanceId, diskId }) => `${instanceId}/${diskId}`));
  const stuck = record.disks.filter(({ id, role, deletedWithInstance }) => {
    const disk = facts.disks.find((one) => one.id === id);
    if (accepted.has(`${record.id}/${id}`) || (disk && canFlag(disk))) return false;
    if (typeof dataDisks === "object") return dataDisks.delete.includes(id) && deletedWithInstance !== true;
    return role === "data" && deletedWithInstance !== false;
  });
  return stuck.length === 0 ? undefined : stuck.map(({ id }) => id).join(", ");
}

/**
 * Whether the flag of a disk decides about it: not of one on the host, of one that is not portable, nor of one that
 * several instances share (ModifyDiskAttributeRequest, DeleteWithInstance).
 */
function canFlag(disk: DiskFacts): boolean {
  return !isLocalDisk(disk) && disk.portable === true && !disk.multiAttach;
}
