import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedAddress, SeedDisk } from "../../../../src/testing/seed.js";
import { addDisk } from "../launch.js";
import { newPublicIp } from "../network.js";
import type { Disk, ElasticAddress } from "../records.js";
import { addResource, change, type TencentContext } from "../state.js";
import { monthsLater } from "../times.js";
import { isVersion6 } from "../vpc/version6.js";

const keyStates = { usable: "Enabled", disabled: "Disabled", deleting: "PendingDelete" } as const;

/** A CBS disk of the seed, not attached yet. A shared one may be named by several instances. */
export function seedDisk(context: TencentContext, seed: SeedDisk, zone: string, path: string): Disk {
  const { state, ids, now } = context;
  const id = ids.assign("disk", seed.id);
  const known = state.disks.get(id);
  if (known) return known;
  checkDisk(seed, path);
  const isSystem = seed.role === "system";
  const isPrepaid = seed.billing === "prepaid";
  const keyId = seed.encrypted ? keyOf(context, seed.keyState ?? "usable") : undefined;
  return addDisk(context, {
    id,
    zone,
    name: seed.id ?? "Unnamed",
    usage: isSystem ? "SYSTEM_DISK" : "DATA_DISK",
    type: seed.medium === "basic" ? "CLOUD_BASIC" : "CLOUD_BSSD",
    sizeGiB: seed.sizeGiB ?? 40,
    portable: !isSystem && seed.tied !== true,
    shareable: seed.medium === "shared",
    deleteWithInstance: seed.deletedWithInstance ?? isSystem,
    deleteSnapshot: seed.autoSnapshotsDeletedWithDisk ?? false,
    keyId,
    snapshots: seed.snapshots ?? "complete",
    ...(isPrepaid
      ? { chargeType: "PREPAID", renewFlag: "NOTIFY_AND_MANUAL_RENEW", expiresAt: monthsLater(now, 1) }
      : {}),
  });
}

function checkDisk(seed: SeedDisk, path: string): void {
  const refuse = (field: string, why: string) => unsupportedSeed("tencent", `${path}.${field}`, why);
  if (seed.medium === "local") throw refuse("medium", "a disk of the host is part of its instance.");
  if (seed.keyState !== undefined && !seed.encrypted) throw refuse("keyState", "a disk without encryption has no key.");
  if (seed.billing === "prepaid" && seed.deletedWithInstance && !seed.tied && seed.role !== "system")
    throw refuse("deletedWithInstance", "a prepaid data disk follows ReleasePrepaidDataDisks of each call.");
  if (seed.role === "system" && seed.deletedWithInstance === false)
    throw refuse("deletedWithInstance", "a system disk shares the fate of its instance.");
  if (seed.tied && seed.deletedWithInstance === false)
    throw refuse("deletedWithInstance", "a disk that is not elastic shares the fate of its instance.");
}

/** A KMS key of the account. */
export function keyOf({ state, ids }: TencentContext, keyState: keyof typeof keyStates, name?: string): string {
  const id = ids.assign("key", name);
  addResource(state, "key", id, {
    KeyId: id,
    Alias: id,
    KeyState: keyStates[keyState],
    KeyUsage: "ENCRYPT_DECRYPT",
    Type: 2,
    Owner: "user",
  });
  return id;
}

/** An elastic address of the seed, not bound yet. */
export function seedElastic(context: TencentContext, seed: SeedAddress, path: string): ElasticAddress {
  const { state, ids, now } = context;
  if (seed.kind === "ephemeral")
    throw unsupportedSeed("tencent", `${path}.kind`, "an ordinary address is part of its instance.");
  // "EIPv6 ids have the form eipv6-11112222" (DescribeIPv6Addresses, vpc 2017-03-12).
  const id = ids.assign(seed.ip?.includes(":") ? "version6-address" : "address", seed.id);
  const known = state.addresses.get(id);
  if (known) return known;
  const address: ElasticAddress = {
    id,
    name: seed.id ?? "Unnamed",
    ip: seed.ip ?? newPublicIp(context),
    status: "UNBIND",
    chargeType: seed.billing === "prepaid" ? "BANDWIDTH_PREPAID_BY_MONTH" : "TRAFFIC_POSTPAID_BY_HOUR",
    cascadeRelease: seed.releasedWithInstance ?? false,
    inArrears: false,
    createdAt: now,
    tags: {},
  };
  state.addresses.set(id, address);
  return address;
}

/** Binds an address to a private address of an interface that has none bound yet. */
export function bind(context: TencentContext, address: ElasticAddress, interfaceId: string): void {
  const { state } = context;
  const one = state.interfaces.get(interfaceId);
  if (!one) throw new Error(`There is no interface ${interfaceId}.`);
  const taken = [...state.addresses.values()].flatMap((other) =>
    other.interfaceId === interfaceId ? [other.privateIp] : [],
  );
  const privateIp = one.privateIps.find((ip) => !taken.includes(ip)) ?? one.privateIps[0];
  change(state.addresses, address.id, {
    status: one.primary ? "BIND" : "BIND_ENI",
    instanceId: one.instanceId,
    interfaceId,
    ...(isVersion6(address) ? {} : { privateIp }),
  });
}
