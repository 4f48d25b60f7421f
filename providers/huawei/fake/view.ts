import type { InstanceState } from "../../../src/instances.js";
import type { RulePeer, RulePorts, SecurityRule } from "../../../src/security-rules.js";
import type { WorldView } from "../../../src/testing/world.js";
import { groupIdsOf } from "./network.js";
import type { Disk, Rule, Server } from "./records.js";
import type { HuaweiState } from "./state.js";

const states: Readonly<Record<Server["status"], InstanceState>> = {
  ACTIVE: "running",
  BUILD: "pending",
  ERROR: "stopped",
  MIGRATING: "running",
  REBOOT: "pending",
  REBUILD: "pending",
  RESCUE: "running",
  RESIZE: "stopped",
  SHUTOFF: "stopped",
  SOFT_DELETED: "recycled",
};
const tasks: Readonly<Record<string, InstanceState>> = { "powering-off": "stopping", "powering-on": "pending" };
const billing = { "0": "on-demand", "1": "prepaid", "2": "spot" } as const;

/** What the project holds, in neutral words. Deleted servers leave nothing: this cloud keeps no tombstone. */
export function view(state: HuaweiState): Omit<WorldView, "effects"> {
  return {
    instances: [...state.servers.values()].map((server) => serverView(state, server)),
    disks: disksOf(state),
    addresses: addressesOf(state),
    rules: [...state.rules.values()].map(ruleView),
    snapshots: copiesOf(state),
    memberships: membershipsOf(state),
    orders: [...state.orders.values()].map(({ kind, serverId, amount }) => ({ kind, instanceId: serverId, amount })),
  };
}

/** What stands: not gone, not terminating, not in a bin. */
export function holds(state: HuaweiState, id: string): boolean {
  const server = state.servers.get(id);
  if (server) return !server.bin && server.taskState !== "deleting";
  const disk = state.disks.get(id);
  if (disk) return !disk.bin && disk.status !== "deleting";
  const others = Object.values(state).filter((value) => value instanceof Map && value !== state.lostAddresses);
  if (others.some((map) => map.has(id))) return true;
  const isResource = [...state.resources.values()].some((resource) => resource.id === id);
  return (
    isResource || [...state.servers.values()].some((one) => !one.bin && one.localDisks.some((local) => local.id === id))
  );
}

function stateOf({ status, taskState, bin }: Server): InstanceState {
  if (bin) return taskState === "deleting" ? "terminating" : "recycled";
  if (taskState === "deleting") return "terminating";
  return tasks[taskState ?? ""] ?? states[status];
}

function serverView(state: HuaweiState, server: Server): WorldView["instances"][number] {
  return {
    id: server.id,
    state: stateOf(server),
    terminationProtection: server.locks.some(({ by }) => by === "user"),
    stopProtection: false,
    locked: server.frozen !== undefined || server.locks.some(({ by }) => by === "order"),
    ...(server.autoTerminateAt === undefined
      ? {}
      : { scheduledReleaseAt: new Date(server.autoTerminateAt).toISOString() }),
    billing: billing[server.chargingMode],
    securityGroupIds: groupIdsOf(state, server),
    tags: { ...server.tags, ...ownMarks(server.metadata) },
  };
}

function fateOf(state: HuaweiState, { id, shareable, holders: [holder], boughtWith }: Disk): boolean {
  const server = state.servers.get(holder?.serverId ?? "");
  const attachment = server?.attachments.find(({ diskId }) => diskId === id);
  return !shareable && (attachment?.isBoot || attachment?.deleteOnTermination || boughtWith !== undefined);
}

function disksOf(state: HuaweiState): WorldView["disks"] {
  const cloud = [...state.disks.values()].map((disk) => ({
    id: disk.id,
    state: disk.bin ? ("recycled" as const) : disk.holders.length > 0 ? ("attached" as const) : ("free" as const),
    ...(disk.holders[0] === undefined ? {} : { instanceId: disk.holders[0].serverId }),
    deletedWithInstance: fateOf(state, disk),
    sizeGiB: disk.sizeGiB,
  }));
  const local = [...state.servers.values()].flatMap(({ id: instanceId, localDisks }) =>
    localDisks.map((disk) => ({ ...disk, state: "attached" as const, instanceId, deletedWithInstance: true })),
  );
  return [...cloud, ...local];
}

function addressesOf(state: HuaweiState): WorldView["addresses"] {
  const own = [...state.publicIps.values()].map(({ id, ip, portId }) => {
    const instanceId = state.ports.get(portId ?? "")?.serverId;
    return { id, ip, ...(instanceId === undefined ? {} : { instanceId }), ours: true };
  });
  const lost = [...state.lostAddresses].map(([id, ip]) => ({ id, ip, ours: false }));
  return [...own, ...lost];
}

const protocols: Readonly<Record<string, SecurityRule["protocol"]["unified"]>> = {
  tcp: "tcp",
  udp: "udp",
  icmp: "icmp",
  icmpv6: "icmpv6",
  "ipv6-icmp": "icmpv6",
};

function ruleView(rule: Rule): WorldView["rules"][number] {
  const { protocol } = rule;
  return {
    id: rule.id,
    groupId: rule.groupId,
    direction: rule.direction,
    action: rule.action,
    family: rule.ethertype === "IPv6" ? "ipv6" : "ipv4",
    protocol:
      protocol === null ? { unified: "any", raw: "" } : { unified: protocols[protocol] ?? "other", raw: protocol },
    ports: portsOf(rule),
    peer: peerOf(rule),
    priority: rule.priority,
    enabled: rule.enabled,
    description: rule.description,
  };
}

function portsOf({ multiport }: Rule): RulePorts {
  if (multiport === null) return { kind: "all" };
  const ranges = multiport.split(",").map((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return { from, to };
  });
  return { kind: "ranges", ranges };
}

function peerOf({ remoteGroupId, remoteAddressGroupId, remoteIpPrefix }: Rule): RulePeer {
  if (remoteGroupId !== null) return { kind: "security-group", groupId: remoteGroupId };
  if (remoteAddressGroupId !== null) return { kind: "address-list", list: "address-group", id: remoteAddressGroupId };
  if (remoteIpPrefix === null) return { kind: "any" };
  return { kind: "cidr", cidr: remoteIpPrefix, family: remoteIpPrefix.includes(":") ? "ipv6" : "ipv4" };
}

type Copy = WorldView["snapshots"][number];

const copyStates = { available: "completed", error: "failed" } as const;

function copyState(status: string): Copy["state"] {
  return status === "available" || status === "error" ? copyStates[status] : "pending";
}

/** Our own marks on a server stand in its metadata: a tag is too short for them. */
function ownMarks(metadata: Server["metadata"]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => key.startsWith("cloud-decom:")));
}

/** Snapshots of EVS, those of a group as one, and backups, whose description is all that they can carry of their run. */
function copiesOf(state: HuaweiState): readonly Copy[] {
  const all = [...state.snapshots.values()];
  const groups = [...state.snapshotGroups.values()].map(({ id, status, tags }) => ({
    id,
    diskIds: all.filter(({ groupId }) => groupId === id).map(({ diskId }) => diskId),
    state: copyState(status),
    tags,
  }));
  const snapshots = all
    .filter(({ groupId }) => groupId === undefined || !state.snapshotGroups.has(groupId))
    .map(({ id, diskId, status, tags }) => ({ id, diskIds: [diskId], state: copyState(status), tags }));
  const backups = [...state.backups.values()].map(({ id, disks, status }) => ({
    id,
    diskIds: disks.map((disk) => disk.id),
    state: copyState(status),
    tags: {},
  }));
  return [...groups, ...snapshots, ...backups];
}

/** Those that are noted, and the members of load balancers' pools. */
function membershipsOf(state: HuaweiState): WorldView["memberships"] {
  const members = [...state.poolMembers.values()].map(({ poolId, serverId, address }) => ({
    kind: "load-balancer-target" as const,
    id: poolId,
    member: serverId ?? address,
  }));
  const once = new Map(members.map((one) => [`${one.id}/${one.member}`, one]));
  return [...state.memberships.values(), ...once.values()];
}
