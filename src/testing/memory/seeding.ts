import { unsupportedSeed } from "../fake-refusal.js";
import type {
  SeedDisk,
  SeedInstance,
  SeedInterface,
  SeedOwner,
  SeedRule,
  SeedSecurityGroup,
  WorldSeed,
} from "../seed.js";
import { afterwards, become, release } from "./lifecycle.js";
import type { MemoryFeatures } from "./options.js";
import { defaultGroupId, defaultNetworkId, type Instance, type MemoryContext, type StoredRule } from "./state.js";

/** Puts a seed into an account. Throws for what this cloud does not know, as its features have it. */
export function seedInto(context: MemoryContext, seed: WorldSeed, features: MemoryFeatures): void {
  checkBins(seed.bins, features);
  const { state, ids } = context;
  if (seed.bins?.instance) {
    const { enabled, hours = 168, minimumAgeDays = 0 } = seed.bins.instance;
    state.bin = { enabled, hours, minimumAgeDays };
  }
  for (const [one, other] of seed.peeredVpcs ?? []) {
    state.peered = [...state.peered, [networkOf(context, one), networkOf(context, other)]];
  }
  for (const group of seed.securityGroups ?? []) ids.assign("group", group.id);
  for (const group of seed.securityGroups ?? []) seedGroup(context, group, features);
  for (const instance of seed.instances ?? []) seedInstance(context, instance, features);
  for (const disk of seed.disks ?? []) seedDisk(context, disk, undefined);
  for (const address of seed.addresses ?? []) {
    if (address.kind === "ephemeral")
      throw unsupportedSeed("memory", "addresses", "an ephemeral one hangs on an instance");
    seedAddress(context, address, undefined);
  }
  for (const owner of seed.owners ?? []) seedOwner(context, owner);
}

function checkBins(bins: WorldSeed["bins"], { capabilities }: MemoryFeatures): void {
  for (const kind of ["disk", "snapshot", "image"] as const) {
    if (bins?.[kind]) throw unsupportedSeed("memory", `bins.${kind}`, "only instances have a bin");
  }
  if (!bins?.instance) return;
  if (Object.values(capabilities.retention).some((fact) => fact.bin === "opt-in")) return;
  throw unsupportedSeed("memory", "bins.instance", "these capabilities have no bin to switch on");
}

function networkOf({ ids }: MemoryContext, name: string | undefined): string {
  return name === undefined ? defaultNetworkId : ids.assign("network", name);
}

function seedGroup(context: MemoryContext, seed: SeedSecurityGroup, features: MemoryFeatures): void {
  const { state, ids } = context;
  const id = ids.assign("group", seed.id);
  if (state.groups.has(id)) throw unsupportedSeed("memory", "securityGroups", `"${seed.id}" is there already`);
  const networkId = networkOf(context, seed.vpc);
  const { foreignUsers = [] } = seed;
  state.groups.set(id, {
    id,
    name: seed.id,
    networkId,
    isDefault: seed.isDefault ?? false,
    managed: seed.managed ?? false,
    foreignUsers: foreignUsers.filter((user) => user !== "interface"),
    tags: {},
    rules: (seed.rules ?? []).map((rule) => seedRule(context, rule, features)),
    version: 1,
  });
  if (!foreignUsers.includes("interface")) return;
  const interfaceId = ids.assign("interface");
  const rest = { primary: true, deleteWithInstance: false, groupIds: [id], owner: "another-service" } as const;
  state.interfaces.set(interfaceId, { id: interfaceId, networkId, privateIps: [nextIp(context)], ...rest });
}

function seedRule({ ids }: MemoryContext, seed: SeedRule, { rules }: MemoryFeatures): StoredRule {
  const { peer, ...rest } = seed;
  return {
    ...(rules === "by-id" ? { id: ids.assign("rule") } : {}),
    action: "allow",
    family: "ipv4",
    protocol: { unified: "any", raw: "any" },
    ports: { kind: "all" },
    ...rest,
    peer: peer.kind === "security-group" ? { ...peer, groupId: ids.assign("group", peer.groupId) } : peer,
  };
}

function nextIp({ state }: MemoryContext): string {
  state.addressesGiven += 1;
  return `10.${state.addressesGiven >> 16}.${(state.addressesGiven >> 8) & 255}.${state.addressesGiven & 255}`;
}

function checkInstance(seed: SeedInstance, { capabilities }: MemoryFeatures): void {
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

function seedInstance(context: MemoryContext, seed: SeedInstance, features: MemoryFeatures): void {
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

function seedDisk(
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

function seedAddress(
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

function seedOwner(context: MemoryContext, seed: SeedOwner): void {
  const { state, ids, now } = context;
  const members = seed.members.map((name) => ids.find(name));
  if (seed.kind === "snapshot") {
    const id = ids.assign("snapshot", seed.id);
    const disk = state.disks.get(members[0] ?? "");
    if (!disk) throw unsupportedSeed("memory", "owners.members", "a snapshot is of a disk");
    const { encrypted, keyState, sizeGiB } = disk;
    const rest = { startedAt: now, completedAt: now, description: "made by hand", tags: {} };
    state.snapshots.set(id, { id, diskId: disk.id, sizeGiB, encrypted, keyState, status: "completed", ...rest });
    return;
  }
  const id = ids.assign("owner", seed.id);
  state.owners.set(id, {
    kind: seed.kind,
    id,
    members: seed.by === "address" ? members.flatMap((member) => addressesOf(context, member)) : members,
    by: seed.by ?? "instance",
    ports: seed.ports ?? [],
    replaces: seed.replaces ?? false,
    inUse: seed.inUse ?? false,
    detail: seed.detail ?? {},
  });
}

/** What goes by address goes on when the instance is gone: of an instance its first private and all its public ones. */
function addressesOf({ state }: MemoryContext, member: string): readonly string[] {
  const own = [...state.interfaces.values()].filter((one) => one.instanceId === member);
  const ids = new Set(own.map((one) => one.id));
  const found = [...state.addresses.values()].filter((one) => one.id === member || ids.has(one.interfaceId ?? ""));
  return [...own.flatMap((one) => one.privateIps.slice(0, 1)), ...found.map((one) => one.ip)];
}

/** Sets the named fields of an instance that exists. Throws for fields that nobody can change behind our back. */
export function changeInstance(context: MemoryContext, seed: SeedInstance, features: MemoryFeatures): void {
  checkInstance(seed, features);
  const { state, ids } = context;
  const instance = state.instances.get(ids.find(seed.id));
  if (!instance) throw new Error(`No instance "${seed.id}" stands.`);
  const {
    id: _id,
    tags,
    state: status,
    securityGroups,
    terminationProtection,
    stopProtection,
    locks,
    ...others
  } = seed;
  if (tags) instance.tags = tags;
  if (terminationProtection !== undefined) instance.terminationProtection = terminationProtection;
  if (stopProtection !== undefined) instance.stopProtection = stopProtection;
  if (locks) instance.locks = [...locks];
  if (status === "running" || status === "stopped") become(instance, status);
  else if (status !== undefined) throw unsupportedSeed("memory", "set.state", `nobody can make it ${status} at once`);
  const primary = state.interfaces.get(instance.interfaceIds[0] ?? "");
  if (securityGroups && primary) primary.groupIds = securityGroups.map((name) => ids.find(name));
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw unsupportedSeed("memory", `set.${unknown}`, "it cannot be changed afterwards");
}
