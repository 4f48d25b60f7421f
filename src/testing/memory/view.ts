import type { WorldView } from "../world.js";
import type { MemoryFeatures } from "./options.js";
import type { Disk, Group, MemoryState } from "./state.js";

/** Whether a thing stands: not gone, not terminating, not in a bin. */
export function holds(state: MemoryState, id: string): boolean {
  const instance = state.instances.get(id);
  if (instance) return instance.status !== "terminating" && instance.status !== "recycled";
  return [state.disks, state.addresses, state.interfaces, state.groups, state.snapshots, state.owners].some((map) =>
    map.has(id),
  );
}

/** An account in neutral words. */
export function view(state: MemoryState, features: MemoryFeatures): Omit<WorldView, "effects"> {
  return {
    instances: [...state.instances.values()].map((instance) => ({
      id: instance.id,
      state: instance.status,
      terminationProtection: instance.terminationProtection,
      stopProtection: instance.stopProtection,
      locked: instance.locks.length > 0,
      ...(instance.release === undefined ? {} : { scheduledReleaseAt: new Date(instance.release.at).toISOString() }),
      billing: instance.billing,
      securityGroupIds: groupIdsOf(state, instance.interfaceIds),
      tags: instance.tags,
    })),
    disks: [...state.disks.values()].map((disk) => diskView(state, disk)),
    addresses: [...addressesOf(state), ...state.strangers.map((stranger) => ({ ...stranger, ours: false }))],
    rules: [...state.groups.values()].flatMap((group) => rulesOf(group, features)),
    snapshots: [...state.snapshots.values()].map(({ id, diskId, status, tags }) => {
      return { id, diskIds: [diskId], state: status, tags };
    }),
    memberships: [...state.owners.values()].flatMap(({ kind, id, members }) =>
      members.map((member) => ({ kind, id, member })),
    ),
    orders: [...state.orders],
  };
}

function groupIdsOf(state: MemoryState, interfaceIds: readonly string[]): readonly string[] {
  return [...new Set(interfaceIds.flatMap((id) => state.interfaces.get(id)?.groupIds ?? []))];
}

function diskView(state: MemoryState, disk: Disk): WorldView["disks"][number] {
  const [attachment] = disk.attachments;
  const { id, sizeGiB } = disk;
  if (!attachment) return { id, state: "free", deletedWithInstance: false, sizeGiB };
  const { instanceId, deleteWithInstance } = attachment;
  const recycled = state.instances.get(instanceId)?.status === "recycled";
  return {
    id,
    state: recycled ? "recycled" : "attached",
    instanceId,
    deletedWithInstance: deleteWithInstance,
    sizeGiB,
  };
}

function addressesOf(state: MemoryState): WorldView["addresses"] {
  return [...state.addresses.values()].map(({ id, ip, interfaceId }) => {
    const instanceId = state.interfaces.get(interfaceId ?? "")?.instanceId;
    return { id, ip, ours: true, ...(instanceId === undefined ? {} : { instanceId }) };
  });
}

function rulesOf(group: Group, { rules }: MemoryFeatures): WorldView["rules"] {
  return group.rules.map((rule, index) => ({
    ...rule,
    groupId: group.id,
    ...(rules === "by-position" ? { position: positionOf(group, index) } : {}),
  }));
}

function positionOf(group: Group, index: number) {
  return { index, count: group.rules.length, version: String(group.version), neighbours: [null, null] as const };
}
