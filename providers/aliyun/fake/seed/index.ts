import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { becomeStopped } from "../lifecycle.js";
import { vpcOf } from "../network.js";
import type { AliyunContext } from "../state.js";
import { change } from "../state.js";
import { giveSharedDisksHolders, seedFreeDisk } from "./disks.js";
import { seedGroup, seedRules } from "./groups.js";
import { seedElastic, seedInstance } from "./instances.js";
import { seedOwner } from "./owners.js";

/** Adds a seed to what is there. What Alibaba Cloud does not know is refused. */
export function seedWorld(context: AliyunContext, seed: WorldSeed): void {
  checkAccount(seed);
  seedAccount(context, seed);
  for (const group of seed.securityGroups ?? []) seedGroup(context, group);
  for (const instance of seed.instances ?? []) seedInstance(context, instance);
  for (const disk of seed.disks ?? []) seedFreeDisk(context, disk);
  for (const address of seed.addresses ?? []) seedElastic(context, address);
  for (const group of seed.securityGroups ?? []) seedRules(context, group);
  for (const owner of seed.owners ?? []) seedOwner(context, owner);
  giveSharedDisksHolders(context);
  if (seed.accountState === "overdue") lockUnpaid(context);
}

function checkAccount({ bins, backupVault }: WorldSeed): void {
  for (const [kind, bin] of Object.entries(bins ?? {}))
    if (bin?.enabled)
      throw unsupportedSeed("aliyun", `bins.${kind}`, "instances, disks, snapshots and images have no recycle bin.");
  if (backupVault) throw unsupportedSeed("aliyun", "backupVault", "vaults of Cloud Backup are not part of this fake.");
}

function seedAccount(context: AliyunContext, { accountState, quotas, peeredVpcs }: WorldSeed): void {
  const { state, ids } = context;
  change(state.account, "account", {
    ...(accountState ? { state: accountState } : {}),
    ...(quotas?.snapshots === undefined ? {} : { snapshotsPerDisk: quotas.snapshots }),
    ...(quotas?.refunds === undefined ? {} : { refundsLeft: quotas.refunds }),
    ...(quotas?.rulesPerGroup === undefined ? {} : { rulesPerGroup: quotas.rulesPerGroup }),
  });
  for (const pair of peeredVpcs ?? []) {
    const [one, other] = pair.map((name) => vpcOf(context, ids.assign("vpc", name)));
    if (!one || !other) continue;
    const peeringId = ids.assign("peering");
    change(state.vpcs, one.id, { peers: [...one.peers, { peeringId, vpcId: other.id }] });
    change(state.vpcs, other.id, { peers: [...other.peers, { peeringId, vpcId: one.id }] });
  }
}

/** "stopped", with the lock that says why, as soon as the account owes money. */
function lockUnpaid(context: AliyunContext): void {
  for (const { id, chargeType, locks } of [...context.state.instances.values()]) {
    if (chargeType !== "PostPaid" || locks.includes("financial")) continue;
    change(context.state.instances, id, { locks: [...locks, "financial"] });
    becomeStopped(context, id);
  }
}
