import type { InstanceState } from "../../../src/instances.js";
import type { RulePeer, RulePorts, SecurityRule } from "../../../src/security-rules.js";
import type { WorldView } from "../../../src/testing/world.js";
import type { Instance, InstanceStateName, Policy, SecurityGroup, Target } from "./records.js";
import type { TencentState } from "./state.js";
import { diesWithInstance } from "./storage.js";

const states: Readonly<Record<InstanceStateName, InstanceState>> = {
  PENDING: "pending",
  RUNNING: "running",
  STOPPED: "stopped",
  STARTING: "pending",
  STOPPING: "stopping",
  REBOOTING: "pending",
  SHUTDOWN: "recycled",
  TERMINATING: "terminating",
  ENTER_RESCUE_MODE: "unknown",
  RESCUE_MODE: "unknown",
  EXIT_RESCUE_MODE: "unknown",
  ENTER_SERVICE_LIVE_MIGRATE: "unknown",
  SERVICE_LIVE_MIGRATE: "running",
  EXIT_SERVICE_LIVE_MIGRATE: "unknown",
};
const billing = { POSTPAID_BY_HOUR: "on-demand", PREPAID: "prepaid", SPOTPAID: "spot" } as const;

/** What the account holds, in neutral words. Destroyed instances leave nothing: this cloud keeps no tombstone. */
export function view(state: TencentState): Omit<WorldView, "effects"> {
  return {
    instances: [...state.instances.values()].map((instance) => instanceView(state, instance)),
    disks: disksOf(state),
    addresses: addressesOf(state),
    rules: [...state.groups.values()].flatMap(rulesOf),
    snapshots: [...state.snapshots.values()].map(({ id, diskId, state: its, tags }) => ({
      id,
      diskIds: [diskId],
      state: its === "NORMAL" ? ("completed" as const) : ("pending" as const),
      tags,
    })),
    memberships: membershipsOf(state),
    orders: [...state.orders.values()].map(({ kind, instanceId, amount }) => ({ kind, instanceId, amount })),
  };
}

/** What stands: not gone, not terminating, not in a bin. */
export function holds(state: TencentState, id: string): boolean {
  const instance = state.instances.get(id);
  if (instance) return instance.state !== "SHUTDOWN" && instance.state !== "TERMINATING";
  const disk = state.disks.get(id);
  if (disk) return disk.state !== "TORECYCLE";
  const address = state.addresses.get(id);
  if (address) return !address.inArrears && address.status !== "OFFLINING";
  const others = Object.values(state).filter((value) => value instanceof Map && value !== state.lostAddresses);
  if (others.some((map) => map.has(id))) return true;
  const isResource = [...state.resources.values()].some((resource) => resource.id === id);
  return isResource || [...state.instances.values()].some((one) => ownsDirectly(one, id));
}

/** A disk of the host and the ordinary address are there as long as their instance. */
function ownsDirectly({ state, localDisks, ordinaryAddress }: Instance, id: string): boolean {
  if (state === "SHUTDOWN" || state === "TERMINATING") return false;
  return ordinaryAddress?.id === id || localDisks.some((disk) => disk.id === id);
}

function instanceView(state: TencentState, instance: Instance): WorldView["instances"][number] {
  const timer = [...state.timers.values()].find(
    ({ instanceId, status }) => instanceId === instance.id && status === "UNDO",
  );
  const groups = instance.interfaceIds.flatMap((id) => state.interfaces.get(id)?.groupIds ?? []);
  return {
    id: instance.id,
    state: states[instance.state],
    terminationProtection: instance.isProtected,
    stopProtection: false,
    locked: instance.restrictState !== "NORMAL",
    ...(timer ? { scheduledReleaseAt: new Date(timer.at).toISOString() } : {}),
    billing: billing[instance.chargeType],
    securityGroupIds: [...new Set([...instance.groupIds, ...groups])],
    tags: instance.tags,
  };
}

function disksOf(state: TencentState): WorldView["disks"] {
  const cloud = [...state.disks.values()].map(({ id, state: its, holders, sizeGiB, ...disk }) => ({
    id,
    state: its === "TORECYCLE" ? ("recycled" as const) : holders.length > 0 ? ("attached" as const) : ("free" as const),
    ...(holders[0] === undefined ? {} : { instanceId: holders[0] }),
    deletedWithInstance: diesWithInstance(disk),
    sizeGiB,
  }));
  const local = [...state.instances.values()].flatMap(({ id: instanceId, localDisks }) =>
    localDisks.map(({ id, sizeGiB }) => ({
      id,
      state: "attached" as const,
      instanceId,
      deletedWithInstance: true,
      sizeGiB,
    })),
  );
  return [...cloud, ...local];
}

function addressesOf(state: TencentState): WorldView["addresses"] {
  const elastic = [...state.addresses.values()].map(({ id, ip, instanceId }) => ({
    id,
    ip,
    ...(instanceId === undefined ? {} : { instanceId }),
    ours: true,
  }));
  const ordinary = [...state.instances.values()].flatMap(({ id: instanceId, ordinaryAddress }) =>
    ordinaryAddress ? [{ ...ordinaryAddress, instanceId, ours: true }] : [],
  );
  const lost = [...state.lostAddresses].map(([id, ip]) => ({ id, ip, ours: false }));
  return [...elastic, ...ordinary, ...lost];
}

type RuleView = Omit<SecurityRule, "native">;

function rulesOf(group: SecurityGroup): readonly RuleView[] {
  return (["ingress", "egress"] as const).flatMap((direction) => {
    const rules = group[direction];
    return rules.map(
      (rule, index): RuleView => ({
        groupId: group.id,
        direction,
        action: rule.action === "ACCEPT" ? "allow" : "deny",
        family: rule.cidr !== undefined ? "ipv4" : rule.ipv6Cidr !== undefined ? "ipv6" : "both",
        protocol: protocolOf(rule),
        ports: portsOf(rule),
        peer: peerOf(rule),
        position: {
          index,
          count: rules.length,
          version: String(group.version),
          neighbours: [fingerprint(rules[index - 1]), fingerprint(rules[index + 1])],
        },
        description: rule.description,
      }),
    );
  });
}

const protocols: Readonly<Record<string, RuleView["protocol"]["unified"]>> = {
  all: "any",
  tcp: "tcp",
  udp: "udp",
  icmp: "icmp",
  icmpv6: "icmpv6",
};

function protocolOf({ protocol = "all" }: Policy): RuleView["protocol"] {
  return { unified: protocols[protocol] ?? "other", raw: protocol === "all" ? "ALL" : protocol };
}

function portsOf({ port, serviceId, serviceGroupId }: Policy): RulePorts {
  if (serviceId !== undefined) return { kind: "list", list: "service-template", id: serviceId };
  if (serviceGroupId !== undefined) return { kind: "list", list: "service-template-group", id: serviceGroupId };
  if (port === undefined || port.toUpperCase() === "ALL") return { kind: "all" };
  const ranges = port.split(",").map((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return { from, to };
  });
  return { kind: "ranges", ranges };
}

function peerOf({ cidr, ipv6Cidr, groupId, addressId, addressGroupId }: Policy): RulePeer {
  if (groupId !== undefined) return { kind: "security-group", groupId };
  if (addressId !== undefined) return { kind: "address-list", list: "address-template", id: addressId };
  if (addressGroupId !== undefined) return { kind: "address-list", list: "address-template-group", id: addressGroupId };
  if (ipv6Cidr !== undefined) return { kind: "cidr", cidr: ipv6Cidr, family: "ipv6" };
  return { kind: "cidr", cidr: cidr ?? "", family: "ipv4" };
}

function fingerprint(rule: Policy | undefined): string | null {
  if (!rule) return null;
  const { modifiedAt: _modifiedAt, ...meaning } = rule;
  return JSON.stringify(meaning);
}

/** Those that are noted, and the targets of load balancers, which one member can be many times. */
function membershipsOf(state: TencentState): WorldView["memberships"] {
  const membersOf = (targets: readonly Target[]) => [
    ...new Set(targets.map(({ instanceId, ip }) => instanceId ?? ip ?? "")),
  ];
  const balancers = [...state.loadBalancers.values()].map(({ id, targets, listeners }) => ({
    id,
    members: membersOf([...targets, ...listeners.flatMap((listener) => listener.targets)]),
  }));
  const groups = [...state.targetGroups.values()].map(({ id, targets }) => ({ id, members: membersOf(targets) }));
  const registered = [...balancers, ...groups].flatMap(({ id, members }) =>
    members.map((member) => ({ kind: "load-balancer-target" as const, id, member })),
  );
  return [...state.memberships.values(), ...registered];
}
