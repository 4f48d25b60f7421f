import type { DependencyKind } from "../../../src/dependencies.js";
import type { InstanceState } from "../../../src/instances.js";
import type { RulePeer, RulePorts, SecurityRule } from "../../../src/security-rules.js";
import type { WorldView } from "../../../src/testing/world.js";
import { diesWith } from "./disks.js";
import { interfacesOf } from "./network.js";
import type { AliyunState, Disk, Instance, InstanceStatus, Rule, RuleFields, Snapshot } from "./state.js";

const states: Readonly<Record<InstanceStatus, InstanceState>> = {
  Pending: "pending",
  Starting: "pending",
  Running: "running",
  Stopping: "stopping",
  Stopped: "stopped",
};

/** What one account and region holds, in neutral words. */
export function viewOf(state: AliyunState): Omit<WorldView, "effects"> {
  return {
    instances: [...state.instances.values()].map((instance) => instanceView(state, instance)),
    disks: [...state.disks.values()].map((disk) => diskView(state, disk)),
    addresses: addressViews(state),
    rules: [...state.groups.values()].flatMap(({ id, rules }) => rules.map((rule) => ruleView(id, rule))),
    snapshots: [...state.snapshots.values()].map((snapshot) => snapshotView(state, snapshot)),
    memberships: memberships(state),
    orders: [...state.orders.values()].map(({ kind, instanceId, amount }) => ({ kind, instanceId, amount })),
  };
}

function instanceView(state: AliyunState, instance: Instance): WorldView["instances"][number] {
  const { id, status, releasing, chargeType, spot, autoReleaseAt, locks, tags } = instance;
  return {
    id,
    state: releasing ? "terminating" : states[status],
    terminationProtection: instance.deletionProtection,
    stopProtection: false,
    locked: locks.length > 0,
    ...(autoReleaseAt === undefined ? {} : { scheduledReleaseAt: new Date(autoReleaseAt).toISOString() }),
    billing: chargeType === "PrePaid" ? "prepaid" : spot ? "spot" : "on-demand",
    securityGroupIds: [...new Set(interfacesOf(state, id).flatMap(({ groupIds }) => groupIds))],
    tags: { ...tags },
  };
}

function diskView(state: AliyunState, disk: Disk): WorldView["disks"][number] {
  const instanceId = disk.attachments[0]?.instanceId;
  return {
    id: disk.id,
    state: instanceId === undefined ? "free" : "attached",
    ...(instanceId === undefined ? {} : { instanceId }),
    deletedWithInstance: diesWith(disk, state.instances.get(instanceId ?? "")),
    sizeGiB: disk.sizeGiB,
  };
}

function addressViews(state: AliyunState): WorldView["addresses"] {
  const elastic = [...state.addresses.values()].map(({ id, ip, holder, ours }) => {
    const instanceId = holder?.type === "EcsInstance" ? holder.id : state.interfaces.get(holder?.id ?? "")?.instanceId;
    return { id, ip, ours, ...(instanceId ? { instanceId } : {}) };
  });
  const fixed = [...state.instances.values()].flatMap(({ id, publicIp }) =>
    publicIp === undefined ? [] : [{ id: publicIp, ip: publicIp, instanceId: id, ours: true }],
  );
  return [...elastic, ...fixed];
}

const snapshotStates = { progressing: "pending", accomplished: "completed", failed: "failed" } as const;

function snapshotView(state: AliyunState, snapshot: Snapshot): WorldView["snapshots"][number] {
  const { id, diskId, status, groupId, tags } = snapshot;
  return {
    id,
    diskIds: [diskId],
    state: snapshotStates[status],
    tags: { ...state.snapshotGroups.get(groupId)?.tags, ...tags },
  };
}

const protocols: Readonly<Record<string, SecurityRule["protocol"]["unified"]>> = {
  ALL: "any",
  TCP: "tcp",
  UDP: "udp",
  ICMP: "icmp",
  ICMPV6: "icmpv6",
};

function ruleView(groupId: string, { id, direction, fields }: Rule): WorldView["rules"][number] {
  const ingress = direction === "ingress";
  const peer = peerOf(fields, ingress ? "Source" : "Dest") ?? { kind: "any" as const };
  const local = peerOf(fields, ingress ? "Dest" : "Source");
  const sourcePorts = portsOf(fields.SourcePortRange, "");
  return {
    id,
    groupId,
    direction,
    action: fields.Policy === "Drop" ? "deny" : "allow",
    family: peer.kind === "cidr" ? peer.family : "both",
    protocol: { unified: protocols[fields.IpProtocol] ?? "other", raw: fields.IpProtocol },
    ports: portsOf(fields.PortRange, fields.PortRangeListId),
    ...(sourcePorts.kind === "all" ? {} : { sourcePorts }),
    peer,
    ...(local ? { local } : {}),
    priority: Number(fields.Priority),
    nicType: "intranet",
    ...(fields.Description === "" ? {} : { description: fields.Description }),
  };
}

function portsOf(range: string, listId: string): RulePorts {
  if (listId !== "") return { kind: "list", list: "port-list", id: listId };
  const [from, to] = range.split("/").map(Number);
  if (from === undefined || to === undefined || from < 0) return { kind: "all" };
  return { kind: "ranges", ranges: [{ from, to }] };
}

function peerOf(fields: RuleFields, side: "Source" | "Dest"): RulePeer | undefined {
  const cidr = fields[`${side}CidrIp`];
  const cidr6 = fields[`Ipv6${side}CidrIp`];
  const groupId = fields[`${side}GroupId`];
  const listId = fields[`${side}PrefixListId`];
  const accountName = fields[`${side}GroupOwnerAccount`];
  if (cidr !== "") return { kind: "cidr", cidr, family: "ipv4" };
  if (cidr6 !== "") return { kind: "cidr", cidr: cidr6, family: "ipv6" };
  if (groupId !== "") return { kind: "security-group", groupId, ...(accountName === "" ? {} : { accountName }) };
  return listId === "" ? undefined : { kind: "address-list", list: "prefix-list", id: listId };
}

/** Who names what. Stale entries are told as well: they are what a clean-up leaves. */
function memberships(state: AliyunState): WorldView["memberships"] {
  const list = (kind: DependencyKind, id: string, members: readonly string[]) =>
    members.map((member) => ({ kind, id, member }));
  const all = <Thing>(map: ReadonlyMap<string, Thing>, of: (thing: Thing) => WorldView["memberships"]) =>
    [...map.values()].flatMap(of);
  const unique = (ids: readonly string[]) => [...new Set(ids)];
  return [
    ...all(state.serverGroups, ({ id, servers }) =>
      list("load-balancer-target", id, unique(servers.map((server) => server.id))),
    ),
    ...all(state.loadBalancers, ({ id, backends }) =>
      list(
        "load-balancer-target",
        id,
        backends.map(({ serverId }) => serverId),
      ),
    ),
    ...all(state.backendGroups, ({ id, backends }) =>
      list(
        "load-balancer-target",
        id,
        backends.map(({ serverId }) => serverId),
      ),
    ),
    ...all(state.scalingGroups, ({ id, members }) =>
      list(
        "auto-scaling-group",
        id,
        members.map(({ instanceId }) => instanceId),
      ),
    ),
    ...all(state.databases, ({ id, groupIds, whitelist }) => [
      ...list("database", id, groupIds),
      ...list("address-list", id, whitelist),
    ]),
    ...all(state.prefixLists, ({ id, cidrs }) => list("address-list", id, cidrs)),
    ...all(state.routes, ({ id, nextHopId }) => list("route", id, [nextHopId])),
    ...all(state.forwardEntries, ({ id, internalIp }) => list("nat-rule", id, [internalIp])),
    ...all(state.snatEntries, ({ id, cidr }) => list("nat-rule", id, [cidr])),
    ...all(state.virtualIps, ({ id, instanceIds }) => list("virtual-ip", id, instanceIds)),
    ...all(state.dnsRecords, ({ id, value }) => list("dns-record", id, [value])),
    ...all(state.metricRules, ({ id, instanceIds }) => list("alarm", id, instanceIds)),
    ...all(state.policyBindings, ({ policyId, instanceId }) => list("backup-policy", policyId, [instanceId])),
    ...all(state.clusters, ({ id, nodeIds }) => list("cluster-node", id, nodeIds)),
    ...all(state.fileSystems, ({ id, clientIps }) => list("file-system", id, clientIps)),
    ...all(state.monitorGroups, ({ id, instanceIds }) => list("alarm", id, instanceIds)),
    ...[...state.backupJobs].flatMap(([id, { instanceId, endedAt }]) =>
      list(endedAt === undefined ? "pending-operation" : "backup", id, [instanceId]),
    ),
    ...all(state.systemEvents, ({ id, instanceId }) => list("pending-operation", id, [instanceId])),
    ...all(state.images, ({ id, snapshotIds }) => list("image", id, snapshotIds)),
    ...all(state.marks, ({ kind, id, member }) => list(kind, id, [member])),
  ];
}
