import type { SeedOwner } from "../../../../src/testing/seed.js";
import { addPort, groupIdsOf, networkOf, newPublicIp } from "../network.js";
import type { Server } from "../records.js";
import { addResource, change, type HuaweiContext, join } from "../state.js";
import { utc } from "../times.js";
import { keyOf } from "./disks.js";
import { useAgency, useKeyPair } from "./instances.js";
import { membersOf, type OwnerSeeder, privateIpOf, variantOf } from "./members.js";

const usualPorts = [80];

/** What servers are members of, or hold. */
export const attachedOwners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  "load-balancer-target": seedPool,
  "auto-scaling-group": seedScalingGroup,
  "cluster-node": (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("cluster", owner.id);
    addResource(state, "cluster", id, {
      kind: "Cluster",
      apiVersion: "v3",
      metadata: { uid: id, name: owner.id, creationTimestamp: utc(now) },
      spec: { type: "VirtualMachine", version: "v1.29" },
      status: { phase: "Available" },
    });
    for (const [index, server] of membersOf(context, owner.members).entries()) {
      addNode(context, owner, id, server, index);
      change(state.servers, server.id, { metadata: { ...server.metadata, "CCE-Cluster-ID": id } });
      join(state, "cluster-node", id, server.id);
    }
  },
  "virtual-ip": (context, owner) => {
    const { state, ids } = context;
    const members = membersOf(context, owner.members);
    const vpcId = members[0]?.vpcId ?? networkOf(context).vpcId;
    const vip = addPort(context, {
      id: ids.assign("port", owner.id),
      vpcId,
      owner: "neutron:VIP_PORT",
      groupIds: members[0] ? groupIdsOf(state, members[0]) : [],
    });
    for (const server of members) {
      const [primary = ""] = server.portIds;
      const pairs = state.ports.get(primary)?.pairs ?? [];
      change(state.ports, primary, { pairs: [...pairs, ...vip.ips] });
      join(state, "virtual-ip", vip.id, server.id);
    }
  },
  "private-address": (context, owner, path) => {
    const { state, ids, now } = context;
    const isSub = variantOf(owner, path, ["address", "sub-interface"]) === "sub-interface";
    for (const server of membersOf(context, owner.members)) {
      const [primary = ""] = server.portIds;
      if (!isSub) {
        const ip = ids.assign("private-address", owner.id);
        change(state.ports, primary, { ips: [...(state.ports.get(primary)?.ips ?? []), ip] });
        join(state, "private-address", ip, server.id);
        continue;
      }
      const id = ids.assign("sub-interface", owner.id);
      const { vpcId, subnetId } = networkOf(context, server.vpcId);
      const groupIds = groupIdsOf(state, server);
      const ip = ids.assign("private-address");
      state.subInterfaces.set(id, { id, parentId: primary, vpcId, subnetId, ip, groupIds, createdAt: now });
      join(state, "private-address", id, server.id);
    }
  },
  "key-pair": (context, owner) => {
    for (const { id } of membersOf(context, owner.members)) useKeyPair(context, id, owner.id);
  },
  "instance-role": (context, owner) => {
    for (const { id } of membersOf(context, owner.members)) useAgency(context, id, owner.id);
  },
  placement: (context, owner) => {
    const { state, ids } = context;
    const id = ids.assign("server-group", owner.id);
    addResource(state, "server-group", id, { id, name: owner.id, policies: ["anti-affinity"], metadata: {} });
    for (const server of membersOf(context, owner.members)) join(state, "placement", id, server.id);
  },
  "dedicated-host": (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("host", owner.id);
    addResource(state, "host", id, {
      dedicated_host_id: id,
      name: owner.id,
      auto_placement: "on",
      availability_zone: `${state.region}a`,
      state: "available",
      project_id: state.projectId,
      host_properties: { host_type: "s6", vcpus: 72 },
      allocated_at: utc(now),
    });
    for (const server of membersOf(context, owner.members)) {
      change(state.servers, server.id, { hostId: id });
      join(state, "dedicated-host", id, server.id);
    }
  },
  "encryption-key": (context, owner) => {
    const { state } = context;
    const keyId = keyOf(context, "usable", owner.id);
    for (const server of membersOf(context, owner.members)) {
      for (const { diskId } of server.attachments) change(state.disks, diskId, { keyId });
      join(state, "encryption-key", keyId, server.id);
    }
  },
  stack: (context, owner) => {
    const { state } = context;
    for (const server of membersOf(context, owner.members)) {
      const tags = { _sys_rfs_stack_id: owner.id, _sys_rfs_stack_name: owner.id };
      change(state.servers, server.id, { systemTags: { ...server.systemTags, ...tags } });
      join(state, "stack", owner.id, server.id);
    }
  },
};

/** A balancer with a listener and a pool for each port. The first pool bears the seed's name. */
function seedPool(context: HuaweiContext, owner: SeedOwner): void {
  const { state, ids, now } = context;
  const balancerId = ids.assign("load-balancer");
  const members = membersOf(context, owner.members);
  const vpcId = members[0]?.vpcId ?? networkOf(context).vpcId;
  addResource(state, "load-balancer", balancerId, balancerWire(context, balancerId, vpcId));
  for (const [index, port] of (owner.ports ?? usualPorts).entries()) {
    const id = ids.assign("pool", index === 0 ? owner.id : undefined);
    const keepsMembers = owner.inUse ?? false;
    const listenerId = ids.assign("listener");
    state.pools.set(id, { id, name: owner.id, balancerId, listenerId, vpcId, keepsMembers, createdAt: now });
    for (const server of members) {
      const member = {
        id: ids.assign("member"),
        poolId: id,
        serverId: owner.by === "address" ? undefined : server.id,
        address: privateIpOf(context, server),
        port,
        weight: 1,
        createdAt: now,
      };
      state.poolMembers.set(member.id, member);
    }
  }
}

function balancerWire(context: HuaweiContext, id: string, vpcId: string) {
  const { state, now } = context;
  return {
    id,
    name: `elb-${id.slice(0, 4)}`,
    description: "",
    project_id: state.projectId,
    vip_address: newPublicIp(context),
    vip_port_id: null,
    admin_state_up: true,
    provisioning_status: "ACTIVE",
    operating_status: "ONLINE",
    provider: "vlb",
    vpc_id: vpcId,
    guaranteed: true,
    deletion_protection_enable: false,
    protection_status: "nonProtection",
    listeners: [],
    pools: [],
    publicips: [],
    tags: [],
    billing_info: null,
    created_at: utc(now),
    updated_at: utc(now),
  };
}

/** `inUse`: at its least size already. Without `replaces` it is paused and lets servers go. */
function seedScalingGroup(context: HuaweiContext, owner: SeedOwner): void {
  const { state, ids, now } = context;
  const id = ids.assign("scaling-group", owner.id);
  const members = membersOf(context, owner.members);
  state.scalingGroups.set(id, {
    id,
    name: owner.id,
    configurationId: ids.assign("scaling-configuration"),
    vpcId: members[0]?.vpcId ?? networkOf(context).vpcId,
    min: owner.inUse ? members.length : 0,
    max: members.length + 10,
    desired: members.length,
    isEnabled: owner.replaces !== false,
    groupIds: [],
    members: members.map((server) => ({
      serverId: server.id,
      name: server.name,
      state: "INSERVICE",
      isProtected: false,
      since: now,
    })),
    createdAt: now,
  });
  for (const server of members) join(state, "auto-scaling-group", id, server.id);
}

function addNode(context: HuaweiContext, owner: SeedOwner, cluster: string, server: Server, index: number): void {
  const { state, ids, now } = context;
  const id = ids.assign("node");
  addResource(state, "node", id, {
    cluster,
    held: owner.inUse ?? false,
    kind: "Node",
    apiVersion: "v3",
    metadata: { uid: id, name: `${owner.id}-${index}`, creationTimestamp: utc(now) },
    spec: { flavor: server.flavor, az: server.zone, os: "EulerOS 2.9" },
    status: { phase: "Active", serverId: server.id },
  });
}
