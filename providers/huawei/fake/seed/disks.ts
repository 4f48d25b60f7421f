import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedAddress, SeedDisk } from "../../../../src/testing/seed.js";
import { newPublicIp } from "../network.js";
import type { Disk, PublicIp, Server } from "../records.js";
import { addResource, type HuaweiContext } from "../state.js";
import { addDisk } from "../storage.js";
import { monthsLater } from "../times.js";

/** KMS's numbers: 2 enabled, 3 disabled, 4 pending deletion. */
const keyStates = { usable: "2", disabled: "3", deleting: "4" } as const;

/** An EVS disk of the seed, not attached yet. A shared one may be named by several instances. */
export function seedDisk(context: HuaweiContext, seed: SeedDisk, zone: string, path: string, holder?: Server): Disk {
  const { state, ids, now } = context;
  const id = ids.assign("disk", seed.id);
  const known = state.disks.get(id);
  if (known) return known;
  checkDisk(seed, path, holder);
  const isSystem = seed.role === "system";
  const isBoughtWith = holder?.chargingMode === "1" && (isSystem || seed.tied === true);
  const keyId = seed.encrypted ? keyOf(context, seed.keyState ?? "usable") : undefined;
  const createdAt = holder?.createdAt ?? now;
  return addDisk(context, {
    id,
    zone,
    name: seed.id ?? "volume",
    sizeGiB: seed.sizeGiB ?? 40,
    bootable: isSystem,
    shareable: seed.medium === "shared",
    keyId,
    createdAt,
    updatedAt: createdAt,
    snapshots: seed.snapshots ?? "complete",
    ...(isBoughtWith ? { boughtWith: holder.id, orderId: holder.orderId, expiresAt: holder.expiresAt } : {}),
    ...(!isBoughtWith && seed.billing === "prepaid"
      ? { orderId: ids.assign("order"), expiresAt: monthsLater(now, 1) }
      : {}),
  });
}

function checkDisk(seed: SeedDisk, path: string, holder: Server | undefined): void {
  const refuse = (field: string, why: string) => unsupportedSeed("huawei", `${path}.${field}`, why);
  if (seed.medium === "local")
    throw refuse("medium", "a disk of the host is part of its instance, and no system disk.");
  if (seed.medium === "basic") throw refuse("medium", "every EVS disk can join a snapshot group.");
  if (seed.keyState !== undefined && !seed.encrypted) throw refuse("keyState", "a disk without encryption has no key.");
  if (seed.autoSnapshotsDeletedWithDisk === false)
    throw refuse("autoSnapshotsDeletedWithDisk", "legacy snapshots always die with their disk.");
  if (seed.role === "system" && seed.deletedWithInstance === false)
    throw refuse("deletedWithInstance", "a system disk shares the fate of its instance.");
  if (seed.medium === "shared" && seed.deletedWithInstance)
    throw refuse("deletedWithInstance", "a shared disk is only detached.");
  if (seed.tied && holder?.chargingMode !== "1")
    throw refuse("tied", "only a disk bought with a yearly/monthly instance is tied to it.");
  if (seed.billing === "prepaid" && seed.deletedWithInstance && !seed.tied && seed.role !== "system")
    throw refuse("deletedWithInstance", "the attribute cannot be set on a yearly/monthly disk.");
}

/** A KMS key of the account. */
export function keyOf({ state, ids, now }: HuaweiContext, keyState: keyof typeof keyStates, name?: string): string {
  const id = ids.assign("key", name);
  addResource(state, "key", id, {
    key_id: id,
    domain_id: state.accountId,
    key_alias: `key-${id.slice(0, 4)}`,
    key_state: keyStates[keyState],
    key_type: "1",
    default_key_flag: "0",
    creation_date: String(now),
    scheduled_deletion_date: keyState === "deleting" ? String(now + 7 * 86_400_000) : "",
  });
  return id;
}

/** An elastic address of the seed, not bound yet. */
export function seedAddress(context: HuaweiContext, seed: SeedAddress, path: string): PublicIp {
  const { state, ids, now } = context;
  const refuse = (field: string, why: string) => unsupportedSeed("huawei", `${path}.${field}`, why);
  if (seed.kind === "ephemeral") throw refuse("kind", "every public address is an EIP of its own.");
  if (seed.releasedWithInstance)
    throw refuse("releasedWithInstance", "an address goes only with a deletion that says so (delete_publicip).");
  const id = ids.assign("address", seed.id);
  const known = state.publicIps.get(id);
  if (known) return known;
  const address: PublicIp = {
    id,
    ip: seed.ip ?? newPublicIp(context),
    bandwidthId: ids.assign("bandwidth"),
    bandwidthName: `bandwidth-${id.slice(0, 4)}`,
    isShared: false,
    // The worse of what it can be: a deletion that forgets to speak of addresses takes this one along.
    deleteOnTermination: seed.releasedWithInstance ?? true,
    ...(seed.billing === "prepaid" ? { orderId: ids.assign("order") } : {}),
    createdAt: now,
    tags: {},
  };
  state.publicIps.set(id, address);
  return address;
}
