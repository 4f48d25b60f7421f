import { unsupportedSeed } from "../../../src/testing/fake-refusal.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { watchExpiry } from "./billing.js";
import { destroy, restore, watchAutoTermination } from "./lifecycle.js";
import type { Server } from "./records.js";
import {
  beBusy,
  checkInstance,
  enterState,
  groupsOf,
  locksOf,
  managedTags,
  seedAddresses,
  seedOwnDisk,
  useAgency,
  useKeyPair,
} from "./seed/instances.js";
import { change, type HuaweiContext } from "./state.js";
import { destroyDisk } from "./storage.js";

type Changer = (context: HuaweiContext, server: Server, seed: SeedInstance) => void;

const changeLocks: Changer = (context, { id, locks, frozen }, seed) => {
  const wanted = locksOf(context, seed);
  const kept = seed.locks === undefined ? locks.filter(({ by }) => by !== "user") : [];
  change(context.state.servers, id, {
    locks: [...kept, ...wanted.locks],
    frozen: seed.locks === undefined ? frozen : wanted.frozen,
  });
};

/** What can be changed of a server that exists, and how. */
const changers: Readonly<Partial<Record<keyof SeedInstance, Changer>>> = {
  name: ({ state }, { id }, { name = "" }) => void change(state.servers, id, { name }),
  tags: ({ state }, { id }, { tags = {} }) => void change(state.servers, id, { tags }),
  userData: ({ state }, { id }, { userData }) => void change(state.servers, id, { userData }),
  managedBy: ({ state }, { id }, { managedBy }) =>
    void change(state.servers, id, { systemTags: managedBy === undefined ? {} : managedTags(managedBy) }),
  refund: ({ state }, { id }, { refund = {} }) => void change(state.servers, id, { refund }),
  terminationProtection: changeLocks,
  locks: changeLocks,
  autoRenew: ({ state }, { id }, { autoRenew }) => void change(state.servers, id, { expirePolicy: autoRenew ? 3 : 0 }),
  createdAt: ({ state }, { id }, { createdAt = "" }) =>
    void change(state.servers, id, { createdAt: Date.parse(createdAt) }),
  expiresAt: (context, { id }, { expiresAt = "" }) => {
    change(context.state.servers, id, { expiresAt: Date.parse(expiresAt) });
    watchExpiry(context, id);
  },
  scheduledReleaseAt: (context, { id }, { scheduledReleaseAt }) => {
    const at = scheduledReleaseAt === undefined ? undefined : Date.parse(scheduledReleaseAt);
    change(context.state.servers, id, { autoTerminateAt: at });
    watchAutoTermination(context, id);
  },
  billing: ({ state }, { id }, { billing }) => {
    const chargingMode = billing === "prepaid" ? "1" : billing === "spot" ? "2" : "0";
    change(state.servers, id, { chargingMode, ...(chargingMode === "1" ? {} : { expiresAt: undefined }) });
  },
  securityGroups: (context, { portIds: [primary = ""] }, seed) =>
    void change(context.state.ports, primary, { groupIds: groupsOf(context, seed) }),
  privateIps: ({ state }, { portIds: [primary = ""] }, { privateIps = [] }) =>
    void change(state.ports, primary, { ips: privateIps }),
  disks: (context, { id }, { disks = [] }) => {
    for (const [index, disk] of disks.entries()) changeDisk(context, id, disk, index);
  },
  addresses: (context, { portIds }, { addresses = [] }) => {
    for (const address of context.state.publicIps.values())
      if (address.portId !== undefined && portIds.includes(address.portId))
        change(context.state.publicIps, address.id, { portId: undefined });
    seedAddresses(context, portIds[0] ?? "", addresses, "addresses");
  },
  keyPair: (context, { id }, { keyPair }) => keyPair !== undefined && useKeyPair(context, id, keyPair),
  role: (context, { id }, { role }) => role !== undefined && useAgency(context, id, role),
  state: (context, { id }, { state }) => {
    const server = context.state.servers.get(id);
    // Whoever has it stand again has taken it out of the bin.
    if (server?.bin && (state === "stopped" || state === "running")) restore(context, server);
    if (state === "gone" && server) destroy(context, server, { disks: false });
    else if (state !== undefined) enterState(context, id, state);
  },
  busy: (context, { id }, { busy }) => busy && beBusy(context, id, busy),
};

/** A disk the server has is changed, one it does not have is attached. */
function changeDisk(
  context: HuaweiContext,
  serverId: string,
  disk: NonNullable<SeedInstance["disks"]>[number],
  index: number,
): void {
  const { state, ids } = context;
  const id = disk.id === undefined ? undefined : ids.known(disk.id);
  const server = state.servers.get(serverId);
  const present = server?.attachments.find(({ diskId }) => diskId === id);
  if (!server || !present || id === undefined) {
    seedOwnDisk(context, serverId, disk, `disks[${index}]`);
    return;
  }
  const { deletedWithInstance, sizeGiB, snapshots } = disk;
  if (deletedWithInstance !== undefined)
    change(state.servers, serverId, {
      attachments: server.attachments.map((one) =>
        one === present ? { ...one, deleteOnTermination: deletedWithInstance } : one,
      ),
    });
  if (sizeGiB !== undefined) change(state.disks, id, { sizeGiB });
  if (snapshots !== undefined) change(state.disks, id, { snapshots });
}

/** Sets the named fields of a server that exists, as the console would. */
export function changeServer(context: HuaweiContext, seed: SeedInstance): void {
  const { state, ids } = context;
  const id = ids.find(seed.id);
  const server = state.servers.get(id);
  if (!server) throw new Error(`There is no instance "${seed.id}" to change.`);
  const mode = { "0": "on-demand", "1": "prepaid", "2": "spot" } as const;
  checkInstance({ billing: mode[server.chargingMode], ...seed }, "set");
  for (const field of Object.keys(seed)) {
    if (field === "id") continue;
    const changer = Object.entries(changers).find(([name]) => name === field)?.[1];
    if (!changer) throw unsupportedSeed("huawei", `set.${field}`, "it cannot be changed once the instance is there.");
    const present = state.servers.get(id);
    if (present) changer(context, present, seed);
  }
}

/** Removes a thing of any kind, as the console would. */
export function remove(context: HuaweiContext, id: string): void {
  const { state } = context;
  const server = state.servers.get(id);
  if (server) {
    destroy(context, server, { disks: false, addresses: false });
    return;
  }
  if (state.disks.has(id)) {
    destroyDisk(context, id);
    return;
  }
  for (const value of Object.values(state)) if (value instanceof Map) value.delete(id);
  for (const [key, resource] of state.resources) if (resource.id === id) state.resources.delete(key);
  for (const [key, membership] of state.memberships)
    if (membership.id === id || membership.member === id) state.memberships.delete(key);
  for (const member of state.poolMembers.values()) if (member.poolId === id) state.poolMembers.delete(member.id);
  for (const one of state.servers.values())
    if (one.portIds.includes(id))
      change(state.servers, one.id, { portIds: one.portIds.filter((other) => other !== id) });
}

/** A public address leaves the account. */
export function giveAddressAway({ state }: HuaweiContext, id: string): void {
  const address = state.publicIps.get(id);
  if (!address) throw new Error(`There is no public address "${id}" to give away.`);
  state.publicIps.delete(id);
  state.lostAddresses.set(id, address.ip);
}
