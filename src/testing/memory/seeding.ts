import { unsupportedSeed } from "../fake-refusal.js";
import type { SeedInstance, SeedOwner, SeedRule, SeedSecurityGroup, WorldSeed } from "../seed.js";
import { become } from "./lifecycle.js";
import type { MemoryFeatures } from "./options.js";
import { checkInstance, networkOf, nextIp, seedAddress, seedDisk, seedInstance } from "./seed-instance.js";
import type { MemoryContext, StoredRule } from "./state.js";

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
    refund,
    ...others
  } = seed;
  if (tags) instance.tags = tags;
  if (terminationProtection !== undefined) instance.terminationProtection = terminationProtection;
  if (stopProtection !== undefined) instance.stopProtection = stopProtection;
  if (locks) instance.locks = [...locks];
  if (refund) instance.refund = refund;
  if (status === "running" || status === "stopped") become(instance, status);
  else if (status !== undefined) throw unsupportedSeed("memory", "set.state", `nobody can make it ${status} at once`);
  const primary = state.interfaces.get(instance.interfaceIds[0] ?? "");
  if (securityGroups && primary) primary.groupIds = securityGroups.map((name) => ids.find(name));
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw unsupportedSeed("memory", `set.${unknown}`, "it cannot be changed afterwards");
}
