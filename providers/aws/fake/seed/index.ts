import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { vpcOf, zoneOf } from "../network.js";
import { type AwsContext, addResource } from "../state.js";
import { seedAddress, seedVolume } from "./disks.js";
import { seedGroups, seedRules } from "./groups.js";
import { seedInstance } from "./instances.js";
import { seedOwner } from "./owners.js";

/** Adds a neutral world to the account. What AWS does not know is refused, with the field's name. */
export function seed(context: AwsContext, world: WorldSeed): void {
  refuseForeign(world);
  for (const [one, other] of world.peeredVpcs ?? []) seedPeering(context, one, other);
  seedGroups(context, world);
  for (const instance of world.instances ?? []) seedInstance(context, instance);
  for (const disk of world.disks ?? []) seedVolume(context, zoneOf(context), disk);
  for (const address of world.addresses ?? []) seedAddress(context, address);
  for (const owner of world.owners ?? []) seedOwner(context, owner);
  seedRules(context, world);
  seedBins(context, world.bins ?? {});
  if (world.quotas?.snapshots !== undefined) context.state.quotas.set("snapshots", world.quotas.snapshots);
  if (world.quotas?.rulesPerGroup !== undefined) context.state.quotas.set("rules", world.quotas.rulesPerGroup);
}

function refuseForeign(world: WorldSeed): void {
  if (world.accountState !== undefined && world.accountState !== "normal")
    throw unsupportedSeed("AWS", "accountState", "EC2 answers alike in every account that may call it at all.");
  if (world.quotas?.refunds !== undefined)
    throw unsupportedSeed("AWS", "quotas.refunds", "instances are not refunded.");
  if (world.backupVault)
    throw unsupportedSeed("AWS", "backupVault", "a snapshot needs no vault; seed an owner of kind `backup` instead.");
}

function seedPeering(context: AwsContext, one: string, other: string): void {
  const { state, ids } = context;
  const info = (name: string) => {
    const vpcId = vpcOf(context, name);
    const cidrBlock = String(state.resources.get(`vpc/${vpcId}`)?.wire.cidrBlock ?? "");
    return { vpcId, cidrBlock, ownerId: state.accountId, region: state.region };
  };
  const id = ids.assign("peering");
  addResource(state, "peering", id, {
    vpcPeeringConnectionId: id,
    requesterVpcInfo: info(one),
    accepterVpcInfo: info(other),
    status: { code: "active", message: "Active" },
    tagSet: [],
  });
}

/** What the Recycle Bin can keep: its name in a seed, and the days it keeps that unless told otherwise. */
const bins = [
  { name: "disk", kind: "volume", days: 7 },
  { name: "snapshot", kind: "snapshot", days: 30 },
  { name: "image", kind: "image", days: 30 },
] as const;

/** Recycle Bin rules count in whole days ("RetentionPeriod" in the Recycle Bin API reference). */
function seedBins({ state }: AwsContext, wanted: NonNullable<WorldSeed["bins"]>): void {
  if (wanted.instance?.enabled) throw unsupportedSeed("AWS", "bins.instance", "no instance is kept after termination.");
  for (const { name, kind, days } of bins) {
    const bin = wanted[name];
    if (bin?.minimumAgeDays !== undefined)
      throw unsupportedSeed("AWS", `bins.${name}.minimumAgeDays`, "the Recycle Bin asks for no age.");
    if (bin?.hours !== undefined && bin.hours % 24 !== 0)
      throw unsupportedSeed("AWS", `bins.${name}.hours`, "retention rules count in whole days.");
    if (bin?.enabled) state.binDays.set(kind, bin.hours === undefined ? days : bin.hours / 24);
    else if (bin) state.binDays.delete(kind);
  }
}
