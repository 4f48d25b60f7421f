import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { addInstance } from "../launch.js";
import { peer } from "../network.js";
import type { TencentContext } from "../state.js";
import { giveTo } from "../storage.js";
import { seedDisk, seedElastic } from "./disks.js";
import { seedGroup } from "./groups.js";
import { seedInstance } from "./instances.js";
import { seedOwner } from "./owners.js";

/** The bins an account has whether it wants or not, in hours. */
const binHours = { instance: 168, disk: 168 } as const;

/** Puts a seed into the account. What Tencent Cloud does not know is refused, and nothing of the seed stays. */
export function seed(context: TencentContext, world: WorldSeed): void {
  const { ids } = context;
  checkWorld(world);
  for (const [index, group] of (world.securityGroups ?? []).entries())
    seedGroup(context, group, `securityGroups[${index}]`);
  for (const [index, instance] of (world.instances ?? []).entries())
    seedInstance(context, instance, `instances[${index}]`);
  for (const [index, disk] of (world.disks ?? []).entries())
    seedDisk(context, disk, `${context.scope.region}-1`, `disks[${index}]`);
  for (const [index, address] of (world.addresses ?? []).entries())
    seedElastic(context, address, `addresses[${index}]`);
  for (const [one, other] of world.peeredVpcs ?? []) peer(context, ids.assign("vpc", one), ids.assign("vpc", other));
  for (const [index, owner] of (world.owners ?? []).entries()) seedOwner(context, owner, `owners[${index}]`);
  shareDisks(context);
  seedAccount(context, world);
}

function checkWorld({ bins, backupVault, accountState }: WorldSeed): void {
  const refuse = (field: string, why: string) => unsupportedSeed("tencent", field, why);
  for (const kind of ["snapshot", "image"] as const)
    if (bins?.[kind]) throw refuse(`bins.${kind}`, "only instances and disks have a bin.");
  for (const kind of ["instance", "disk"] as const) {
    const bin = bins?.[kind];
    if (!bin) continue;
    if (!bin.enabled) throw refuse(`bins.${kind}.enabled`, "the bin of prepaid things cannot be switched off.");
    if (bin.hours !== undefined && bin.hours !== binHours[kind])
      throw refuse(`bins.${kind}.hours`, `the bin keeps things ${binHours[kind]} hours.`);
    if (bin.minimumAgeDays !== undefined) throw refuse(`bins.${kind}.minimumAgeDays`, "the bin asks for no age.");
  }
  if (backupVault) throw refuse("backupVault", "disks are saved by snapshots, not into a vault.");
  if (accountState === "restricted") throw refuse("accountState", "an account is normal or overdue.");
}

/** A disk that is shared is attached to somebody else too, even where the seed names one holder only. */
function shareDisks(context: TencentContext): void {
  const { state, ids } = context;
  for (const disk of state.disks.values()) {
    if (!disk.shareable || disk.holders.length !== 1) continue;
    const other = addInstance(context, { id: ids.assign("instance"), name: "somebody else's", zone: disk.zone });
    giveTo(context, disk, other);
  }
}

function seedAccount({ state }: TencentContext, { quotas, accountState }: WorldSeed): void {
  if (accountState !== undefined) state.account.set("overdue", accountState === "overdue");
  if (quotas?.snapshots !== undefined) state.quotas.set("snapshots", quotas.snapshots);
  if (quotas?.refunds !== undefined) state.quotas.set("refunds", quotas.refunds);
  if (quotas?.rulesPerGroup !== undefined) state.quotas.set("rules", quotas.rulesPerGroup);
}
