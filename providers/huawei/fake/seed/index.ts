import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { addServer } from "../launch.js";
import { peer } from "../network.js";
import { accountOf, binsOf, type HuaweiContext } from "../state.js";
import { attach } from "../storage.js";
import { seedAddress, seedDisk } from "./disks.js";
import { seedGroup } from "./groups.js";
import { seedInstance } from "./instances.js";
import { seedOwner } from "./owners.js";
import { seedVault } from "./vault.js";

/** Puts a seed into the project. What Huawei Cloud does not know is refused, and nothing of the seed stays. */
export function seed(context: HuaweiContext, world: WorldSeed): void {
  const { ids, scope } = context;
  seedBins(context, world);
  seedAccount(context, world);
  for (const [index, group] of (world.securityGroups ?? []).entries())
    seedGroup(context, group, `securityGroups[${index}]`);
  for (const [index, instance] of (world.instances ?? []).entries())
    seedInstance(context, instance, `instances[${index}]`);
  for (const [index, disk] of (world.disks ?? []).entries())
    seedDisk(context, disk, `${scope.region}a`, `disks[${index}]`);
  for (const [index, address] of (world.addresses ?? []).entries())
    seedAddress(context, address, `addresses[${index}]`);
  for (const [one, other] of world.peeredVpcs ?? []) peer(context, ids.assign("vpc", one), ids.assign("vpc", other));
  if (world.backupVault) seedVault(context, world.backupVault);
  for (const [index, owner] of (world.owners ?? []).entries()) seedOwner(context, owner, `owners[${index}]`);
  shareDisks(context);
}

/** The bin of servers needs that of disks ("Enabling the Recycle Bin"). */
function seedBins({ state }: HuaweiContext, { bins = {} }: WorldSeed): void {
  const refuse = (field: string, why: string) => unsupportedSeed("huawei", `bins.${field}`, why);
  for (const kind of ["snapshot", "image"] as const)
    if (bins[kind]) throw refuse(kind, "only instances and disks have a bin.");
  const { instance, disk } = bins;
  const present = binsOf(state);
  const days = (disk?.hours ?? present.evs.days * 24) / 24;
  if (!Number.isInteger(days)) throw refuse("disk.hours", "the bin of disks keeps them whole days.");
  if (instance?.enabled && disk?.enabled === false)
    throw refuse("disk.enabled", "the bin of instances needs that of disks.");
  state.bins.set("bins", {
    ecs: {
      isOn: instance?.enabled ?? present.ecs.isOn,
      hours: instance?.hours ?? present.ecs.hours,
      thresholdDays: instance?.minimumAgeDays ?? present.ecs.thresholdDays,
    },
    evs: {
      isOn: disk?.enabled ?? (instance?.enabled || present.evs.isOn),
      days,
      thresholdDays: disk?.minimumAgeDays ?? present.evs.thresholdDays,
    },
  });
}

function seedAccount({ state }: HuaweiContext, { quotas, accountState }: WorldSeed): void {
  state.account.set("account", {
    ...accountOf(state),
    ...(accountState === undefined ? {} : { condition: accountState }),
    ...(quotas?.snapshots === undefined ? {} : { snapshotsLeft: quotas.snapshots }),
    ...(quotas?.refunds === undefined ? {} : { refundsLeft: quotas.refunds }),
    ...(quotas?.rulesPerGroup === undefined ? {} : { rulesPerGroup: quotas.rulesPerGroup }),
  });
}

/** A disk that is shared is attached to somebody else too, even where the seed names one holder only. */
function shareDisks(context: HuaweiContext): void {
  const { state, ids } = context;
  for (const disk of state.disks.values()) {
    if (!disk.shareable || disk.holders.length !== 1) continue;
    const other = addServer(context, { id: ids.assign("instance"), name: "somebody else's", zone: disk.zone });
    attach(context, disk.id, other.id, { deleteOnTermination: false, isBoot: false });
  }
}
