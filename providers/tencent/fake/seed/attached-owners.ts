import type { SeedOwner } from "../../../../src/testing/seed.js";
import { networkOf, newPrivateIp, newPublicIp, subnetOf } from "../network.js";
import type { Listener, Target } from "../records.js";
import { addResource, change, join, type TencentContext } from "../state.js";
import { utc } from "../times.js";
import { keyOf } from "./disks.js";
import { useKeyPair, useRole } from "./instances.js";
import { membersOf, type OwnerSeeder, privateIpOf, variantOf } from "./members.js";

const usualPorts = [80];

/** What instances are members of, or hold. */
export const attachedOwners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  "load-balancer-target": (context, owner, path) => {
    const variant = variantOf(owner, path, ["layer4", "layer7", "classic", "target-group"]);
    if (variant === "target-group") seedTargetGroup(context, owner);
    else seedBalancer(context, owner, variant);
  },
  "auto-scaling-group": (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("scaling-group", owner.id);
    const launchConfigurationId = ids.assign("launch-configuration");
    const members = membersOf(context, owner.members);
    addResource(state, "launch-configuration", launchConfigurationId, {
      LaunchConfigurationId: launchConfigurationId,
      LaunchConfigurationName: launchConfigurationId,
      InstanceType: "SA2.MEDIUM4",
      SecurityGroupIds: [],
      AutoScalingGroupAbstractSet: [{ AutoScalingGroupId: id, AutoScalingGroupName: id }],
      CreatedTime: utc(now),
      ImageId: "img-eb30mz89",
      LaunchConfigurationStatus: "NORMAL",
      Tags: [],
    });
    state.scalingGroups.set(id, {
      id,
      launchConfigurationId,
      vpcId: members[0]?.vpcId ?? networkOf(context).vpcId,
      min: owner.inUse ? members.length : 0,
      max: members.length + 10,
      desired: members.length,
      isEnabled: owner.replaces !== false,
      inActivity: false,
      members: members.map((one) => ({ instanceId: one.id, lifecycle: "IN_SERVICE", addedAt: now })),
      createdAt: now,
    });
    for (const one of members) {
      const tags = { ...one.tags, "tencentcloud:autoscaling:auto-scaling-group-id": id };
      change(state.instances, one.id, { tags });
      join(state, "auto-scaling-group", id, one.id);
    }
  },
  "cluster-node": (context, owner) => {
    const { state, ids } = context;
    const id = ids.assign("cluster", owner.id);
    const members = membersOf(context, owner.members);
    const nodeIds = members.map((one) => one.id);
    const vpcId = members[0]?.vpcId ?? networkOf(context).vpcId;
    state.clusters.set(id, { id, vpcId, nodeIds, heldNodeIds: owner.inUse ? nodeIds : [] });
    for (const one of members) {
      change(state.instances, one.id, { tags: { ...one.tags, "tke-clusterId": id } });
      join(state, "cluster-node", id, one.id);
    }
  },
  "virtual-ip": (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("virtual-ip", owner.id);
    const members = membersOf(context, owner.members);
    const vpcId = members[0]?.vpcId ?? networkOf(context).vpcId;
    state.virtualIps.set(id, {
      id,
      ip: newPrivateIp(context, vpcId),
      vpcId,
      subnetId: subnetOf(vpcId),
      holderId: members[0]?.id,
      associated: members.map((one) => one.id),
      createdAt: now,
    });
    for (const one of members) join(state, "virtual-ip", id, one.id);
  },
  "private-address": (context, owner) => {
    const { state, ids } = context;
    for (const one of membersOf(context, owner.members)) {
      const [primary = ""] = one.interfaceIds;
      const ip = ids.assign("private-address", owner.id);
      change(state.interfaces, primary, { privateIps: [...(state.interfaces.get(primary)?.privateIps ?? []), ip] });
      join(state, "private-address", ip, one.id);
    }
  },
  "key-pair": (context, owner) => {
    for (const one of membersOf(context, owner.members)) useKeyPair(context, one.id, owner.id);
  },
  "instance-role": (context, owner) => {
    for (const one of membersOf(context, owner.members)) useRole(context, one.id, owner.id);
  },
  placement: (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("placement-group", owner.id);
    addResource(state, "placement-group", id, {
      DisasterRecoverGroupId: id,
      Name: owner.id,
      Type: "HOST",
      CvmQuotaTotal: 60,
      CreateTime: utc(now),
      Affinity: 1,
      Tags: [],
    });
    for (const one of membersOf(context, owner.members)) {
      change(state.instances, one.id, { placementGroupId: id });
      join(state, "placement", id, one.id);
    }
  },
  "dedicated-host": (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("host", owner.id);
    addResource(state, "host", id, {
      Placement: { Zone: `${state.region}-1`, ProjectId: 0 },
      HostId: id,
      HostType: "HM50",
      HostName: owner.id,
      CageId: "",
      HostChargeType: "PREPAID",
      RenewFlag: "NOTIFY_AND_AUTO_RENEW",
      CreatedTime: utc(now),
      ExpiredTime: utc(now + 90 * 86_400_000),
      HostState: "RUNNING",
      Tags: [],
    });
    for (const one of membersOf(context, owner.members)) {
      change(state.instances, one.id, { hostId: id });
      join(state, "dedicated-host", id, one.id);
    }
  },
  "encryption-key": (context, owner) => {
    const { state } = context;
    const id = keyOf(context, "usable", owner.id);
    for (const one of membersOf(context, owner.members)) {
      for (const diskId of one.diskIds) change(state.disks, diskId, { keyId: id });
      join(state, "encryption-key", id, one.id);
    }
  },
};

function targetsOf(context: TencentContext, { members, by, ports = usualPorts }: SeedOwner): readonly Target[] {
  return membersOf(context, members).flatMap((one) =>
    ports.map((port) => ({
      instanceId: one.id,
      ...(by === "address" ? { ip: privateIpOf(context, one) } : {}),
      port,
      weight: 10,
      registeredAt: context.now,
    })),
  );
}

/** A listener for each port, as balancers usually have them. */
function seedBalancer(context: TencentContext, owner: SeedOwner, variant: "layer4" | "layer7" | "classic"): void {
  const { state, ids, now } = context;
  const id = ids.assign("load-balancer", owner.id);
  const targets = targetsOf(context, owner);
  const isClassic = variant === "classic";
  const listeners = (owner.ports ?? usualPorts).map(
    (port): Listener => ({
      id: ids.assign("listener"),
      protocol: variant === "layer7" ? "HTTP" : "TCP",
      port,
      locationId: variant === "layer7" ? ids.assign("location") : undefined,
      targets: targets.filter((target) => target.port === port),
    }),
  );
  state.loadBalancers.set(id, {
    id,
    vpcId: membersOf(context, owner.members)[0]?.vpcId ?? networkOf(context).vpcId,
    vip: newPublicIp(context),
    isClassic,
    groupIds: [],
    listeners: isClassic ? [] : listeners,
    targets: isClassic ? targets : [],
    createdAt: now,
  });
}

function seedTargetGroup(context: TencentContext, owner: SeedOwner): void {
  const { state, ids, now } = context;
  const id = ids.assign("target-group", owner.id);
  state.targetGroups.set(id, {
    id,
    vpcId: membersOf(context, owner.members)[0]?.vpcId ?? networkOf(context).vpcId,
    port: owner.ports?.[0] ?? 80,
    targets: targetsOf(context, { ...owner, by: "instance" }),
    createdAt: now,
  });
}
