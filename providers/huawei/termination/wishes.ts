import { invalidRequest } from "../../../src/errors.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { clearedIds } from "../../../src/preconditions.js";
import type { TerminateOptions } from "../../../src/termination.js";
import { checkTerminateOptions } from "../../../src/termination-options.js";
import { isAttached } from "../disk-records.js";
import { instanceIdForm } from "../instances.js";
import type { SeenInstance } from "../record.js";

/** What the caller wants of a termination, checked. */
export interface Wishes {
  readonly options: TerminateOptions;
  /** Ids whose user lock may be taken off. */
  readonly cleared: ReadonlySet<string>;
  /** Kinds of owners that the caller accepts to act behind, from `cloudOptions.acceptOwners`. */
  readonly acceptOwners: ReadonlySet<string>;
}

/** Form of a disk's id: a UUID, as of nearly everything here. */
export const diskIdForm = instanceIdForm;
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

/** What has to happen to an attached data disk before its server goes, so that it ends as wished. */
export interface DiskChange {
  readonly disk: InstanceDisk;
  /** `unflag`: its own flag is set to stay. `detach`: it has no flag that could be set, so it leaves first. */
  readonly how: "unflag" | "detach";
}

/**
 * The changes by which disks that are to stay survive. The flag for the whole batch is always sent as "keep", so the two
 * never contradict each other: how they combine is documented nowhere.
 */
export function diskChanges(seen: SeenInstance, { options }: Wishes): readonly DiskChange[] {
  if (options.dataDisks !== "keep") return [];
  return seen.record.disks
    .filter((disk) => disk.role === "data" && !disk.ephemeral && disk.deletedWithInstance !== false)
    .filter((disk) => !isTied(seen, disk))
    .map((disk) => ({ disk, how: hasFlag(seen, disk) ? "unflag" : "detach" }));
}

/** Only pay-per-use disks on pay-per-use servers have a flag that can be set, shared ones never ("UpdateServerBlockDevice"). */
function hasFlag({ record, facts }: SeenInstance, { id }: InstanceDisk): boolean {
  const volume = facts.volumes.get(id);
  return (
    record.billing.unified !== "prepaid" &&
    volume !== undefined &&
    volume.orderId === undefined &&
    volume.shareable !== true
  );
}

/** Whether a disk goes with its server's subscription, whatever is wished: bought by the same order, or billing says so. */
function isTied({ record, facts }: SeenInstance, { id }: InstanceDisk): boolean {
  const volume = facts.volumes.get(id);
  if (record.billing.unified !== "prepaid") return false;
  if (isAttached(id, facts)) return true;
  return volume === undefined || (volume.orderId !== undefined && (facts.orderId ?? volume.orderId) === volume.orderId);
}

/** Data disks that are deleted by their ids once their server is gone: those flagged to go with it, or named. */
export function disksToDelete({ record, facts }: SeenInstance, { options }: Wishes): readonly InstanceDisk[] {
  const { dataDisks = "as-flagged" } = options;
  if (dataDisks === "keep") return [];
  return record.disks.filter((disk) => {
    const volume = facts.volumes.get(disk.id);
    // A subscription takes its own disks along; a prepaid disk is unsubscribed, never deleted.
    if (disk.role !== "data" || disk.ephemeral || !volume || volume.orderId !== undefined) return false;
    if (isAttached(disk.id, facts)) return false;
    if (typeof dataDisks === "object" && dataDisks.delete.includes(disk.id)) return true;
    return disk.deletedWithInstance === true;
  });
}

/** The disks of a server that cannot end as wished, in words; `undefined` when all can. */
export function unkeptWish(seen: SeenInstance, { options }: Wishes): string | undefined {
  const { record, facts } = seen;
  const { dataDisks = "as-flagged", acceptDataLoss = [] } = options;
  if (dataDisks === "as-flagged") return undefined;
  const accepted = new Set(acceptDataLoss.map(({ instanceId, diskId }) => `${instanceId}/${diskId}`));
  const stuck = record.disks.filter((disk) => {
    if (disk.role !== "data" || accepted.has(`${record.id}/${disk.id}`)) return false;
    if (dataDisks === "keep") return disk.ephemeral || (disk.deletedWithInstance !== false && isTied(seen, disk));
    const named = dataDisks.delete.includes(disk.id) && disk.deletedWithInstance !== true;
    return named && (facts.volumes.get(disk.id)?.orderId !== undefined || !facts.volumes.has(disk.id));
  });
  return stuck.length === 0 ? undefined : stuck.map(({ id }) => id).join(", ");
}
