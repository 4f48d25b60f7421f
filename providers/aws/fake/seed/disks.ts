import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedAddress, SeedDisk } from "../../../../src/testing/seed.js";
import { addVolume } from "../build.js";
import { freePublicIp } from "../network.js";
import type { AwsContext, ElasticAddress, Volume } from "../state.js";

/** A volume in that zone, not attached. */
export function seedVolume(context: AwsContext, zone: string, disk: SeedDisk, operator?: string): Volume {
  refuseDisk(disk);
  const id = context.ids.assign("volume", disk.id);
  const known = context.state.volumes.get(id);
  if (known) return known;
  const keyArn = disk.encrypted || disk.keyState ? keyOf(context, disk.keyState ?? "usable") : undefined;
  return addVolume(context, zone, {
    id,
    sizeGiB: disk.sizeGiB ?? 40,
    multiAttach: disk.medium === "shared",
    snapshots: disk.snapshots ?? "complete",
    ...(keyArn === undefined ? {} : { keyArn }),
    ...(operator === undefined ? {} : { operator }),
  });
}

function refuseDisk(disk: SeedDisk): void {
  if (disk.billing === "prepaid") throw unsupportedSeed("AWS", "disks.billing", "volumes are billed by the second.");
  if (disk.tied) throw unsupportedSeed("AWS", "disks.tied", "any volume can be kept or deleted alone.");
  if (disk.autoSnapshotsDeletedWithDisk)
    throw unsupportedSeed("AWS", "disks.autoSnapshotsDeletedWithDisk", "snapshots outlive their volume.");
  if (disk.medium === "basic")
    throw unsupportedSeed("AWS", "disks.medium", "every volume can be part of a multi-volume snapshot.");
}

const keyStates = { usable: "Enabled", disabled: "Disabled", deleting: "PendingDeletion" } as const;

/** One key for each state, customer managed. */
function keyOf({ state, ids }: AwsContext, wanted: keyof typeof keyStates): string {
  const status = keyStates[wanted];
  const known = [...state.keys].find(([, other]) => other === status)?.[0];
  if (known !== undefined) return known;
  const arn = ids.assign(
    "key",
    undefined,
    ({ hex }) =>
      `arn:aws:kms:${state.region}:${state.accountId}:key/${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
  );
  state.keys.set(arn, status);
  return arn;
}

/** An Elastic IP in the account, on nothing. */
export function seedAddress(context: AwsContext, address: SeedAddress): ElasticAddress {
  if (address.billing === "prepaid")
    throw unsupportedSeed("AWS", "addresses.billing", "addresses are billed by the hour.");
  if (address.kind === "ephemeral")
    throw unsupportedSeed("AWS", "addresses.kind", "an ephemeral address exists on an instance only.");
  if (address.releasedWithInstance)
    throw unsupportedSeed("AWS", "addresses.releasedWithInstance", "an Elastic IP stays in the account.");
  const id = context.ids.assign("address", address.id);
  const made = { id, ip: address.ip ?? freePublicIp(context.state), tags: {} };
  context.state.addresses.set(id, made);
  return made;
}
