import { unsupportedSeed } from "../fake-refusal.js";
import type { SeedDisk, SeedInstance, SeedInterface, WorldSeed } from "../seed.js";
import { afterwards, become, release } from "./lifecycle.js";
import type { MemoryFeatures } from "./options.js";
import { defaultGroupId, defaultNetworkId, type Instance, type MemoryContext } from "./state.js";

/** Throws for what these features do not know. */
export function checkInstance(seed: SeedInstance, { capabilities }: MemoryFeatures): void {
  if (seed.stopProtection && !capabilities.stopProtection) {
    throw unsupportedSeed("memory", "instances.stopProtection", "these capabilities have no stop protection");
  }
  if (seed.billing === "prepaid" && capabilities.prepaidExits.length === 0) {
    throw unsupportedSeed("memory", "instances.billing", "these capabilities have nothing paid in advance");
  }
  if (seed.state === "recycled" && capabilities.retention[seed.billing ?? "on-demand"].bin === "none") {
    throw unsupportedSeed("memory", "instances.state", "these capabilities have no bin for it");
  }
  if (seed.scheduledReleaseAt !== undefined && capabilities.scheduledRelease === false) {
    throw unsupportedSeed(
      "memory",
      "instances.scheduledReleaseAt",
      "these capabilities have no release at a later time",
    );
  }
}

/** Puts an instance with all that hangs on it into an account. */
export function seedInstance(context: MemoryContext, seed: SeedInstance, features: MemoryFeatures): void {
  checkInstance(seed, features);
  const { state, ids, now } = context;
  const id = ids.assign("instance", seed.id);
  if (state.instances.has(id)) throw unsupportedSeed("memory", "instances", `"${seed.id}" is there already`);
  if (seed.state === "gone") return;
  const createdAt = seed.createdAt === undefined ? now - 30 * 24 * 3_600_000 : Date.parse(seed.createdAt);
  const networkId = networkOf(context, seed.vpc);
  const instance: Instance = {
    id,
    name: seed.name ?? seed.id,
    status: seed.state ?? "running",
    billing: seed.billing ?? "on-demand",
    ...(seed.expiresAt === undefined ? {} : { expiresAt: Date.parse(seed.expiresAt) }),
    autoRenew: seed.autoRenew ?? false,
    ...(seed.refund === undefined ? {} : { refund: seed.refund }),
    terminationProtection: seed.terminationProtection ?? false,
    stopProtection: seed.stopProtection ?? false,
    locks: [...(seed.locks ?? [])],
    ...(seed.busy === undefined ? {} : { busy: { operation: seed.busy.operation, until: now + seed.busy.forMs } }),
    guestShutdown: seed.guestShutdown ?? "stop",
    zone: seed.zone ?? "zone-a",
    networkId,
    tags: seed.tags ?? {},
    createdAt,
    startedAt: createdAt,
    ...(seed.managedBy === undefined ? {} : { managedBy: seed.managedBy }),
    diskIds: [],
    interfaceIds: [],
    turn: 0,
  };
  state.instances.set(id, instance);
  const disks: readonly SeedDisk[] = seed.disks ?? [{}];
  disks.forEach((disk, index) => {
    instance.diskIds.push(seedDisk(context, disk, { instance, role: disk.role ?? (index === 0 ? "system" : "data") }));
  });
  seedInterfaces(context, seed, instance);
  follow(context, seed, instance);
}

/** What has begun before the test goes on to its end. */
function follow(context: MemoryContext, seed: SeedInstance, instance: Instance): void {
  const { now, ids } = context;
  if (instance.status === "terminating") release(context, instance);
  if (instance.status === "stopping") afterwards(context, instance, 10_000, () => void become(instance, "stopped"));
  if (instance.status === "recycled") {
    const until = now + 168 * 3_600_000;
    instance.bin = { cause: seed.recycledBecause ?? "returned", until };
    afterwards(context, instance, until - now, () => release(context, instance));
  }
  if (seed.scheduledReleaseAt !== undefined) {
    instance.release = { at: Date.parse(seed.scheduledReleaseAt), timerId: ids.assign("timer") };
  }
}

/** Puts a disk into an account, attached or free. */
export function seedDisk(
  context: MemoryContext,
  seed: SeedDisk,
  holder: { readonly instance: Instance; readonly role: "system" | "data" } | undefined,
): string {
  const { state, ids } = context;
  const id = ids.assign("disk", seed.id);
  const attachments = holder
    ? [{ instanceId: holder.instance.id, deleteWithInstance: seed.deletedWithInstance ?? holder.role === "system" }]
    : [];
  const known = state.disks.get(id);
  if (known) {
    if (known.medium !== "shared") throw unsupportedSeed("memory", "disks", `"${seed.id}" is attached elsewhere`);
    known.attachments.push(...attachments);
    return id;
  }
  state.disks.set(id, {
    id,
    role: holder?.role ?? seed.role ?? "data",
    sizeGiB: seed.sizeGiB ?? 40,
    encrypted: seed.encrypted ?? false,
    keyState: seed.keyState ?? "usable",
    medium: seed.medium ?? "cloud",
    tied: seed.tied ?? false,
    snapshots: seed.snapshots ?? "complete",
    attachments,
  });
  return id;
}

function seedInterfaces(context: MemoryContext, seed: SeedInstance, instance: Instance): void {
  const primary: SeedInterface = {
    ...(seed.securityGroups === undefined ? {} : { securityGroups: seed.securityGroups }),
    ...(seed.addresses === undefined ? {} : { addresses: seed.addresses }),
    deletedWithInstance: true,
  };
  [primary, ...(seed.extraInterfaces ?? [])].forEach((one, index) => {
    const { state, ids } = context;
    const id = ids.assign("interface", one.id);
    const privateIps = index === 0 && seed.privateIps ? seed.privateIps : [nextIp(context)];
    const taken = [...state.interfaces.values()].some(
      (other) => other.networkId === instance.networkId && other.privateIps.some((ip) => privateIps.includes(ip)),
    );
    if (taken) throw unsupportedSeed("memory", "instances.privateIps", "somebody in that network has it");
    state.interfaces.set(id, {
      id,
      networkId: instance.networkId,
      instanceId: instance.id,
      primary: index === 0,
      deleteWithInstance: one.deletedWithInstance ?? true,
      privateIps,
      groupIds: groupsOf(context, one.securityGroups, instance),
    });
    instance.interfaceIds.push(id);
    for (const address of one.addresses ?? []) seedAddress(context, address, id);
  });
}

/** By default a group of its own, so that tests that are not about groups have none in common. */
function groupsOf(context: MemoryContext, names: readonly string[] | undefined, instance: Instance): readonly string[] {
  const { state, ids } = context;
  if (names) return names.map((name) => (name === "default" ? defaultGroupId : ids.find(name)));
  const id = ids.assign("group");
  const rest = { isDefault: false, managed: false, foreignUsers: [], tags: {}, rules: [], version: 1 };
  state.groups.set(id, { id, name: `${instance.name}-own`, networkId: instance.networkId, ...rest });
  return [id];
}

/** Puts a public address into an account, in use or not. */
export function seedAddress(
  { state, ids }: MemoryContext,
  seed: NonNullable<WorldSeed["addresses"]>[number],
  interfaceId: string | undefined,
): void {
  const id = ids.assign("address", seed.id);
  const { kind } = seed;
  const ip = seed.ip ?? `198.51.${100 + (state.addresses.size >> 8)}.${(state.addresses.size & 255) + 1}`;
  const releasedWithInstance = kind === "ephemeral" || (seed.releasedWithInstance ?? false);
  state.addresses.set(id, {
    id,
    ip,
    kind,
    releasedWithInstance,
    ...(interfaceId === undefined ? {} : { interfaceId }),
  });
}

/** The id of a network by its seed name; without one the default network's. */
export function networkOf({ ids }: MemoryContext, name: string | undefined): string {
  return name === undefined ? defaultNetworkId : ids.assign("network", name);
}

/** A private address nobody has. */
export function nextIp({ state }: MemoryContext): string {
  state.addressesGiven += 1;
  return `10.${state.addressesGiven >> 16}.${(state.addressesGiven >> 8) & 255}.${state.addressesGiven & 255}`;
}
