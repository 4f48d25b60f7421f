import type { DependencyKind } from "../../../src/dependencies.js";
import type { InstanceState } from "../../../src/instances.js";
import type { RulePeer, RulePorts, SecurityRule } from "../../../src/security-rules.js";
import type { WorldView } from "../../../src/testing/world.js";
import {
  type AwsState,
  type Instance,
  type InstanceStateName,
  interfacesOf,
  isLive,
  type Membership,
  type Rule,
} from "./state.js";

const states: Readonly<Record<InstanceStateName, InstanceState>> = {
  pending: "pending",
  running: "running",
  stopping: "stopping",
  stopped: "stopped",
  "shutting-down": "terminating",
  terminated: "gone",
};

/** The account in neutral words. */
export function view(state: AwsState): Omit<WorldView, "effects"> {
  return {
    instances: [...state.instances.values()].map((instance) => instanceView(state, instance)),
    disks: [...volumeViews(state), ...hostDiskViews(state), ...binnedViews(state)],
    addresses: addressViews(state),
    rules: [...state.rules.values()].map(ruleView),
    snapshots: [...state.snapshots.values()].filter(isOurs).map(({ id, volumeId, status, tags }) => ({
      id,
      diskIds: [volumeId],
      tags,
      state: status === "error" ? "failed" : status,
    })),
    memberships: memberships(state),
    orders: [],
  };
}

function isOurs({ ownerId }: { readonly ownerId?: string | undefined }): boolean {
  return ownerId === undefined;
}

function instanceView(state: AwsState, instance: Instance): WorldView["instances"][number] {
  const groups = interfacesOf(state, instance).flatMap(({ groupIds }) => groupIds);
  return {
    id: instance.id,
    state: states[instance.state],
    terminationProtection: instance.apiTerminationDisabled,
    stopProtection: instance.apiStopDisabled,
    locked: false,
    billing: instance.spotRequestId === undefined ? "on-demand" : "spot",
    securityGroupIds: [...new Set(groups)],
    tags: instance.tags,
  };
}

type DiskView = WorldView["disks"][number];

function volumeViews(state: AwsState): readonly DiskView[] {
  return [...state.volumes.values()]
    .filter(({ status }) => status !== "deleting")
    .map(({ id, sizeGiB, attachments: [attachment] }) => ({
      id,
      sizeGiB,
      state: attachment ? "attached" : "free",
      ...(attachment ? { instanceId: attachment.instanceId } : {}),
      deletedWithInstance: attachment?.deleteOnTermination ?? false,
    }));
}

function hostDiskViews(state: AwsState): readonly DiskView[] {
  return [...state.instances.values()]
    .filter(isLive)
    .flatMap(({ id: instanceId, hostDisks }) =>
      hostDisks.map(({ id, sizeGiB }) => ({ id, sizeGiB, instanceId, state: "attached", deletedWithInstance: true })),
    );
}

function binnedViews(state: AwsState): readonly DiskView[] {
  return [...state.bin.values()].flatMap((entry) =>
    entry.kind === "volume"
      ? [{ id: entry.id, sizeGiB: entry.thing.sizeGiB, state: "recycled", deletedWithInstance: false }]
      : [],
  );
}

function addressViews(state: AwsState): WorldView["addresses"] {
  const elastic = [...state.addresses.values()].map(({ id, ip, association }) => {
    const holder = state.interfaces.get(association?.interfaceId ?? "")?.attachment?.instanceId;
    return { id, ip, ours: true, ...(holder === undefined ? {} : { instanceId: holder }) };
  });
  const ephemeral = [...state.interfaces.values()].flatMap(({ ephemeralIp: ip, attachment }) =>
    ip === undefined
      ? []
      : [{ id: ip, ip, ours: true, ...(attachment?.instanceId ? { instanceId: attachment.instanceId } : {}) }],
  );
  const lost = [...state.lostAddresses].map(([id, ip]) => ({ id, ip, ours: false }));
  return [...elastic, ...ephemeral, ...lost];
}

const protocols: Readonly<Record<string, SecurityRule["protocol"]["unified"]>> = {
  "-1": "any",
  tcp: "tcp",
  udp: "udp",
  icmp: "icmp",
  icmpv6: "icmpv6",
};

function ruleView(rule: Rule): WorldView["rules"][number] {
  return {
    id: rule.id,
    groupId: rule.groupId,
    direction: rule.egress ? "egress" : "ingress",
    action: "allow",
    family: "cidrIpv6" in rule.peer ? "ipv6" : "cidrIpv4" in rule.peer ? "ipv4" : "both",
    protocol: { unified: protocols[rule.protocol] ?? "other", raw: rule.protocol },
    ports: portsView(rule),
    peer: peerView(rule),
    ...(rule.description === undefined ? {} : { description: rule.description }),
    tags: rule.tags,
  };
}

function portsView({ protocol, fromPort, toPort }: Rule): RulePorts {
  if (protocol.startsWith("icmp")) return { kind: "icmp", type: fromPort, code: toPort };
  if (fromPort < 0) return { kind: "all" };
  return { kind: "ranges", ranges: [{ from: fromPort, to: toPort }] };
}

function peerView({ peer }: Rule): RulePeer {
  if ("cidrIpv4" in peer) return { kind: "cidr", cidr: peer.cidrIpv4, family: "ipv4" };
  if ("cidrIpv6" in peer) return { kind: "cidr", cidr: peer.cidrIpv6, family: "ipv6" };
  if ("prefixListId" in peer) return { kind: "address-list", list: "prefix-list", id: peer.prefixListId };
  const { groupId, userId, vpcId, peeringId } = peer;
  return {
    kind: "security-group",
    groupId,
    accountId: userId,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(peeringId === undefined ? {} : { peeringConnectionId: peeringId }),
  };
}

/** What the state tells of memberships, and what was seeded and still has its member. */
function memberships(state: AwsState): readonly Membership[] {
  const each = <Thing>(
    kind: DependencyKind,
    things: Iterable<Thing>,
    of: (thing: Thing) => [string, readonly string[]],
  ) =>
    [...things].flatMap((thing) => {
      const [id, members] = of(thing);
      return members.map((member) => ({ kind, id, member }));
    });
  return [
    ...each("auto-scaling-group", state.scalingGroups.values(), ({ name, members }) => [
      name,
      members.map(({ instanceId }) => instanceId),
    ]),
    ...each("load-balancer-target", state.targetGroups.values(), ({ arn, targets }) => [
      arn,
      [
        ...new Set(
          targets
            .filter(({ drainingUntil }) => drainingUntil === undefined)
            .map(({ id, instanceId }) => instanceId ?? id),
        ),
      ],
    ]),
    ...each("load-balancer-target", state.classicBalancers.values(), ({ name, instanceIds }) => [name, instanceIds]),
    ...each(
      "spot-request",
      [...state.spotRequests.values()].filter((request) => request.state === "active"),
      ({ id, instanceId }) => [id, instanceId === undefined ? [] : [instanceId]],
    ),
    ...each("fleet", state.fleets.values(), ({ id, instanceIds }) => [id, instanceIds]),
    ...[...state.memberships.values()].filter(({ member }) => holds(state, member)),
  ];
}

/** What stands: not gone, not terminating, not in a bin. */
export function holds(state: AwsState, id: string): boolean {
  const instance = state.instances.get(id);
  if (instance) return isLive(instance);
  const volume = state.volumes.get(id);
  if (volume) return volume.status !== "deleting";
  const maps: readonly ReadonlyMap<string, unknown>[] = [
    state.interfaces,
    state.addresses,
    state.groups,
    state.rules,
    state.snapshots,
    state.images,
    state.targetGroups,
    state.loadBalancers,
    state.classicBalancers,
    state.scalingGroups,
    state.fleets,
  ];
  const request = state.spotRequests.get(id);
  if (request) return request.state === "active" || request.state === "open";
  return (
    maps.some((map) => map.has(id)) ||
    [...state.resources.values()].some((resource) => resource.id === id) ||
    [...state.interfaces.values()].some(({ ephemeralIp }) => ephemeralIp === id) ||
    [...state.instances.values()].some((one) => isLive(one) && one.hostDisks.some((disk) => disk.id === id))
  );
}
