import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedAddress, SeedDisk, SeedInstance, SeedInterface } from "../../../../src/testing/seed.js";
import { watchExpiry } from "../billing.js";
import { beginSnapshot } from "../evs/copies.js";
import { addServer } from "../launch.js";
import { afterwards, finish, recycle, setState, start, watchAutoTermination } from "../lifecycle.js";
import { addPort, groupOf } from "../network.js";
import type { Server, ServerLock } from "../records.js";
import { accountOf, addResource, change, type HuaweiContext, join } from "../state.js";
import { attach } from "../storage.js";
import { monthsLater } from "../times.js";
import { timings } from "../timings.js";
import { seedAddress, seedDisk } from "./disks.js";

const chargingModes = { "on-demand": "0", prepaid: "1", spot: "2" } as const;

/** Seeds one server with what hangs on it, in the state it asks for. */
export function seedInstance(context: HuaweiContext, seed: SeedInstance, path: string): void {
  checkInstance(seed, path);
  const { state, ids, now } = context;
  const id = ids.assign("instance", seed.id);
  if (seed.state === "gone") {
    state.everServers.add(id);
    return;
  }
  const isPrepaid = seed.billing === "prepaid";
  addServer(context, {
    id,
    name: seed.name ?? "ecs",
    ...(seed.vpc === undefined ? {} : { vpcId: ids.assign("vpc", seed.vpc) }),
    ...(seed.zone === undefined ? {} : { zone: seed.zone }),
    ...(seed.privateIps === undefined ? {} : { ips: seed.privateIps }),
    chargingMode: chargingModes[seed.billing ?? "on-demand"],
    createdAt: seed.createdAt === undefined ? now : Date.parse(seed.createdAt),
    ...(isPrepaid
      ? {
          orderId: ids.assign("order"),
          expiresAt: seed.expiresAt === undefined ? monthsLater(now, 3) : Date.parse(seed.expiresAt),
          expirePolicy: seed.autoRenew ? 3 : 0,
        }
      : {}),
    tags: seed.tags ?? {},
    userData: seed.userData,
    refund: seed.refund ?? {},
    groupIds: groupsOf(context, seed),
    ...locksOf(context, seed),
    ...(seed.managedBy === undefined ? {} : { systemTags: managedTags(seed.managedBy) }),
    ...(seed.scheduledReleaseAt === undefined ? {} : { autoTerminateAt: Date.parse(seed.scheduledReleaseAt) }),
  });
  noteSite(context, seed);
  for (const [index, disk] of disksOf(seed).entries()) seedOwnDisk(context, id, disk, `${path}.disks[${index}]`);
  seedAddresses(context, state.servers.get(id)?.portIds[0] ?? "", seed.addresses ?? [], `${path}.addresses`);
  for (const [index, one] of (seed.extraInterfaces ?? []).entries())
    seedInterface(context, id, one, `${path}.extraInterfaces[${index}]`);
  if (seed.keyPair !== undefined) useKeyPair(context, id, seed.keyPair);
  if (seed.role !== undefined) useAgency(context, id, seed.role);
  enterState(context, id, seed.state ?? "running");
  if (seed.busy) beBusy(context, id, seed.busy);
  watchAutoTermination(context, id);
  watchExpiry(context, id);
}

/** Where no disk says that it is the system disk, the first that does not say otherwise is. */
function disksOf({ disks = [{}] }: SeedInstance): readonly SeedDisk[] {
  if (disks.some(({ role }) => role === "system")) return disks;
  const first = disks.findIndex(({ role, medium }) => role === undefined && medium !== "local");
  return disks.map((disk, index) => (index === first ? { ...disk, role: "system" } : disk));
}

/** What Huawei Cloud does not know, by the name of the field. */
export function checkInstance(seed: SeedInstance, path: string): void {
  const refuse = (field: string, why: string) => unsupportedSeed("huawei", `${path}.${field}`, why);
  const isPrepaid = seed.billing === "prepaid";
  if (seed.stopProtection) throw refuse("stopProtection", "a lock keeps from stopping and deleting alike.");
  if (seed.guestShutdown === "terminate") throw refuse("guestShutdown", "a guest's shutdown always only stops.");
  for (const { unified } of seed.locks ?? [])
    if (!["user", "order", "security", "overdue"].includes(unified))
      throw refuse("locks", `there is no ${unified} lock.`);
  if (!isPrepaid && seed.expiresAt !== undefined) throw refuse("expiresAt", "only yearly/monthly instances expire.");
  if (!isPrepaid && seed.autoRenew !== undefined) throw refuse("autoRenew", "only yearly/monthly ones are renewed.");
  if (!isPrepaid && seed.refund !== undefined) throw refuse("refund", "only yearly/monthly instances are refunded.");
  if (seed.billing !== undefined && seed.billing !== "on-demand" && seed.scheduledReleaseAt !== undefined)
    throw refuse("scheduledReleaseAt", "only pay-per-use instances are released by time.");
  if (seed.recycledBecause !== undefined && seed.recycledBecause !== "returned")
    throw refuse("recycledBecause", "what expires or is overdue is frozen, not put into the bin.");
  if (seed.state === "recycled" && seed.billing === "spot")
    throw refuse("state", "a spot instance never goes into the bin.");
}

/** Groups of the primary port; without any, a group of its own. */
export function groupsOf(context: HuaweiContext, { id, securityGroups }: SeedInstance): readonly string[] {
  const { ids } = context;
  if (securityGroups === undefined || securityGroups.length === 0)
    return [groupOf(context, ids.assign("security-group"), `of ${id}`).id];
  return securityGroups.map((name) => groupOf(context, ids.assign("security-group", name), name).id);
}

/** A lock is all the protection there is: who asks for protection gets a user's lock. */
export function locksOf(
  { ids }: HuaweiContext,
  { locks = [], terminationProtection }: SeedInstance,
): Pick<Server, "locks" | "frozen"> {
  const isLocked = terminationProtection || locks.some(({ unified }) => unified === "user");
  const order = locks.find(({ unified }) => unified === "order");
  const own: readonly ServerLock[] = [
    ...(isLocked ? [{ by: "user" } as const] : []),
    ...(order ? [{ by: "order", orderId: order.orderId ?? ids.assign("order") } as const] : []),
  ];
  const isFrozen = (word: string) => locks.some(({ unified }) => unified === word);
  return { locks: own, frozen: isFrozen("security") ? "security" : isFrozen("overdue") ? "overdue" : undefined };
}

/** Tags that only the platform can write. */
export function managedTags(service: string): Readonly<Record<string, string>> {
  return { _sys_root_resource_type: service, _sys_root_resource_id: `${service}-root` };
}

function noteSite({ state }: HuaweiContext, { refund }: SeedInstance): void {
  const why = refund && "refusedBecause" in refund ? refund.refusedBecause : undefined;
  // The account then is one of the other site.
  if (why === "wrong-site") state.account.set("account", { ...accountOf(state), site: "international" });
}

/** A disk of an instance: of the host, or of EVS and attached. */
export function seedOwnDisk(context: HuaweiContext, serverId: string, seed: SeedDisk, path: string): void {
  const { state, ids } = context;
  const server = state.servers.get(serverId);
  if (!server) return;
  if (seed.medium === "local" && seed.role !== "system") {
    const name = seed.id ?? `local disk ${server.localDisks.length} of ${serverId}`;
    // Nothing on the wire names such a disk.
    const id = ids.assign("local-disk", name, () => `${serverId}/local${server.localDisks.length}`);
    const localDisks = [...server.localDisks, { id, sizeGiB: seed.sizeGiB ?? 40 }];
    change(state.servers, serverId, { localDisks, flavor: localFlavor(localDisks) });
    return;
  }
  const disk = seedDisk(context, { role: "data", ...seed }, server.zone, path, server);
  const isBoot = seed.role === "system";
  attach(context, disk.id, serverId, { isBoot, deleteOnTermination: seed.deletedWithInstance ?? isBoot });
}

/** Disks of the host come with the flavor: its specifications tell number and size. */
function localFlavor(disks: Server["localDisks"]): string {
  const [first] = disks;
  if (disks.some(({ sizeGiB }) => sizeGiB !== first?.sizeGiB))
    throw unsupportedSeed("huawei", "disks", "the local disks of one instance are of one size.");
  return `d6.local.${disks.length}x${first?.sizeGiB ?? 0}`;
}

/** Public addresses of one port. */
export function seedAddresses(
  context: HuaweiContext,
  portId: string,
  seeds: readonly SeedAddress[],
  path: string,
): void {
  for (const [index, seed] of seeds.entries()) {
    const address = seedAddress(context, seed, `${path}[${index}]`);
    change(context.state.publicIps, address.id, { portId });
  }
}

function seedInterface(context: HuaweiContext, serverId: string, seed: SeedInterface, path: string): void {
  const { state, ids } = context;
  const server = state.servers.get(serverId);
  if (!server) return;
  const named = seed.securityGroups?.map((name) => groupOf(context, ids.assign("security-group", name), name).id);
  const [primary] = server.portIds;
  const port = addPort(context, {
    id: ids.assign("port", seed.id),
    vpcId: server.vpcId,
    serverId,
    owner: `compute:${server.zone}`,
    deleteOnTermination: seed.deletedWithInstance ?? false,
    groupIds: named ?? state.ports.get(primary ?? "")?.groupIds ?? [],
  });
  change(state.servers, serverId, { portIds: [...server.portIds, port.id] });
  seedAddresses(context, port.id, seed.addresses ?? [], `${path}.addresses`);
}

/** How a server gets into another state, from running. */
const entrances: Readonly<
  Record<NonNullable<SeedInstance["state"]>, (context: HuaweiContext, server: Server) => void>
> = {
  running: (context, { id, status }) => status !== "ACTIVE" && start(context, id),
  pending: (context, { id }) =>
    afterwards(context, id, setState(context, id, "BUILD"), timings.launchMs, () => start(context, id)),
  stopping: (context, { id }) => {
    const turn = setState(context, id, "ACTIVE", "powering-off");
    afterwards(context, id, turn, timings.stopMs, () => setState(context, id, "SHUTOFF"));
  },
  stopped: (context, { id }) => void setState(context, id, "SHUTOFF"),
  terminating: (context, { id, status }) => {
    const turn = setState(context, id, status, "deleting");
    afterwards(context, id, turn, timings.deleteMs, (last) => finish(context, last, { disks: false }));
  },
  recycled: (context, server) => recycle(context, server, { disks: false, addresses: false }),
  gone: () => undefined,
};

/** Puts a server that is running into another state. */
export function enterState(context: HuaweiContext, id: string, state: NonNullable<SeedInstance["state"]>): void {
  const server = context.state.servers.get(id);
  if (server) entrances[state](context, server);
}

/** The key pair a server was launched with. */
export function useKeyPair(context: HuaweiContext, serverId: string, name: string): void {
  const { state, ids } = context;
  const keyName = ids.assign("key-pair", name);
  addResource(state, "key-pair", keyName, {
    keypair: { name: keyName, type: "ssh", scope: "user", is_key_protection: false },
  });
  change(state.servers, serverId, { keyName });
  join(state, "key-pair", keyName, serverId);
}

/** The agency whose rights a server has. */
export function useAgency(context: HuaweiContext, serverId: string, name: string): void {
  const agencyName = context.ids.assign("agency", name);
  change(context.state.servers, serverId, { agencyName });
  join(context.state, "instance-role", agencyName, serverId);
}

/** Statuses that operations pass through. What saves a disk shows at the disk, a conversion as an order's lock. */
const busyAs = {
  resize: ["RESIZE", "resize_prep"],
  rebuild: ["REBUILD", "rebuilding"],
  migrate: ["MIGRATING", "migrating"],
  rescue: ["RESCUE", null],
} as const;

/** Makes a server busy for a while. */
export function beBusy(context: HuaweiContext, id: string, busy: NonNullable<SeedInstance["busy"]>): void {
  const { state, ids } = context;
  const server = state.servers.get(id);
  if (!server) return;
  if (busy.operation === "snapshot") {
    const disk = state.disks.get(server.attachments.find(({ isBoot }) => isBoot)?.diskId ?? "");
    if (disk) beginSnapshot(context, disk, { generation: "standard", name: "somebody else's" }, busy.forMs);
    return;
  }
  if (busy.operation === "conversion") {
    const lock = { by: "order", orderId: ids.assign("order") } as const;
    change(state.servers, id, { locks: [...server.locks, lock] });
    context.later(busy.forMs, () => {
      const locks = state.servers.get(id)?.locks.filter((one) => one !== lock) ?? [];
      change(state.servers, id, { locks });
    });
    return;
  }
  const [status, task] = busyAs[busy.operation];
  const turn = setState(context, id, status, task);
  afterwards(context, id, turn, busy.forMs, () => setState(context, id, server.status));
}
