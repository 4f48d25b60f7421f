import { invalidRequest } from "../../../src/errors.js";
import { clearedIds } from "../../../src/preconditions.js";
import type { TerminateOptions } from "../../../src/termination.js";
import { checkTerminateOptions } from "../../../src/termination-options.js";
import { instanceIdForm } from "../instances.js";
import type { DiskFacts, SeenInstance } from "../record.js";

/** What the caller wants of a termination, checked. */
export interface Wishes {
  readonly options: TerminateOptions;
  /** Ids whose protection may be switched off. */
  readonly cleared: ReadonlySet<string>;
  /** Kinds of owners that the caller accepts to act behind, from `cloudOptions.acceptOwners`. */
  readonly acceptOwners: ReadonlySet<string>;
}

/** Form of a disk's id; local disks have another prefix. */
export const diskIdForm = /^l?disk-[0-9a-z]{8,}$/;
const acceptableOwners = ["auto-scaling-group", "cluster-node", "managed-service"];

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

/** A disk whose flag has to change so that it ends as wished. */
export interface FlagChange {
  readonly diskId: string;
  readonly value: boolean;
}

/** The flags to change so that the disks of an instance end as wished. */
export function flagChanges({ record, facts }: SeenInstance, { options }: Wishes): readonly FlagChange[] {
  const { dataDisks = "as-flagged" } = options;
  if (dataDisks === "as-flagged") return [];
  return record.disks.flatMap(({ id, role, deletedWithInstance }): readonly FlagChange[] => {
    const disk = facts.disks.get(id);
    if (role !== "data" || !disk || !canFlag(disk)) return [];
    const value = typeof dataDisks === "object" ? dataDisks.delete.includes(id) : false;
    if (typeof dataDisks === "object" && !value) return [];
    return deletedWithInstance === value ? [] : [{ diskId: id, value }];
  });
}

/** Why the disks of an instance cannot end as wished; `undefined` when they can. */
export function unkeptWish({ record, facts }: SeenInstance, { options }: Wishes): string | undefined {
  const { dataDisks = "as-flagged" } = options;
  if (dataDisks === "as-flagged") return undefined;
  const accepted = new Set((options.acceptDataLoss ?? []).map(({ instanceId, diskId }) => `${instanceId}/${diskId}`));
  const stuck = record.disks.filter(({ id, role, deletedWithInstance }) => {
    const disk = facts.disks.get(id);
    if (role !== "data" || accepted.has(`${record.id}/${id}`) || (disk && canFlag(disk))) return false;
    return typeof dataDisks === "object"
      ? dataDisks.delete.includes(id) && deletedWithInstance !== true
      : deletedWithInstance !== false;
  });
  return stuck.length === 0 ? undefined : stuck.map(({ id }) => id).join(", ");
}

/** Only a postpaid disk that can be detached has a choice: others share the instance's fate or never do. */
function canFlag({ portable, chargeType }: DiskFacts): boolean {
  return portable && chargeType !== "PREPAID";
}
