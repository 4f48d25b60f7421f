import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedSecurityGroup } from "../../../../src/testing/seed.js";
import { addGroupUser, groupOf, networkOf, newPrivateIp } from "../network.js";
import { addResource, change, type TencentContext } from "../state.js";
import { utc } from "../times.js";
import { policyOf } from "./rules.js";

/** Seeds a security group with its rules and with users that are none of the seeded instances. */
export function seedGroup(context: TencentContext, seed: SeedSecurityGroup, path: string): void {
  const { state, ids } = context;
  if (seed.vpc !== undefined) throw unsupportedSeed("tencent", `${path}.vpc`, "groups belong to no network.");
  const id = ids.assign("security-group", seed.id);
  groupOf(context, id, seed.id);
  const rules = (seed.rules ?? []).map((rule, index) => ({
    direction: rule.direction,
    policy: policyOf(context, rule, `${path}.rules[${index}]`),
  }));
  const present = state.groups.get(id);
  const added = (direction: string) => rules.filter((one) => one.direction === direction).map(({ policy }) => policy);
  change(state.groups, id, {
    isDefault: seed.isDefault ?? present?.isDefault ?? false,
    // No field says that a service manages a group: its tag is all there is.
    tags: seed.managed ? { "tke-clusterId": "cls-example1" } : (present?.tags ?? {}),
    ingress: [...(present?.ingress ?? []), ...added("ingress")],
    egress: [...(present?.egress ?? []), ...added("egress")],
    version: (present?.version ?? 0) + (rules.length > 0 ? 1 : 0),
  });
  for (const user of seed.foreignUsers ?? []) {
    const add = users[user];
    if (!add) throw unsupportedSeed("tencent", `${path}.foreignUsers`, `groups have no users of the kind ${user}.`);
    add(context, id);
  }
}

type User = NonNullable<SeedSecurityGroup["foreignUsers"]>[number];

/** The database is one whose product has no flat counter: whoever reads only those overlooks it. */
const users: Readonly<Partial<Record<User, (context: TencentContext, groupId: string) => void>>> = {
  "load-balancer": addBalancer,
  database: addRedis,
  interface: addInterface,
  "managed-service": (context, groupId) => addGroupUser(context, groupId, "EKS"),
  template: addLaunchTemplate,
  "scaling-group": addLaunchConfiguration,
};

function addBalancer(context: TencentContext, groupId: string): void {
  const { state, ids, now } = context;
  const id = ids.assign("load-balancer");
  const { vpcId } = networkOf(context);
  const vip = newPrivateIp(context, vpcId);
  state.loadBalancers.set(id, {
    id,
    vpcId,
    vip,
    isClassic: false,
    groupIds: [groupId],
    listeners: [],
    targets: [],
    createdAt: now,
  });
}

function addRedis(context: TencentContext, groupId: string): void {
  const { state, ids, now } = context;
  const id = ids.assign("redis");
  const { vpcId } = networkOf(context);
  state.databases.set(id, { id, product: "Redis", groupIds: [groupId], vpcId, createdAt: now });
}

function addInterface(context: TencentContext, groupId: string): void {
  const { state, ids, now } = context;
  const id = ids.assign("interface");
  const { vpcId, subnetId } = networkOf(context);
  state.interfaces.set(id, {
    id,
    name: "somebody else's",
    primary: false,
    vpcId,
    subnetId,
    zone: `${state.region}-1`,
    state: "AVAILABLE",
    privateIps: [newPrivateIp(context, vpcId)],
    groupIds: [groupId],
    createdAt: now,
    tags: {},
  });
}

function addLaunchTemplate({ state, ids, now }: TencentContext, groupId: string): void {
  const id = ids.assign("launch-template");
  addResource(state, "launch-template", id, {
    LaunchTemplateId: id,
    LaunchTemplateVersion: 1,
    LaunchTemplateVersionData: { InstanceType: "SA2.MEDIUM4", ImageId: "img-eb30mz89", SecurityGroupIds: [groupId] },
    CreationTime: utc(now),
    IsDefaultVersion: true,
    LaunchTemplateVersionDescription: "",
    CreatedBy: "",
  });
}

/** A scaling group of size zero uses the groups of its launch configuration; no statistics count it. */
function addLaunchConfiguration({ state, ids, now }: TencentContext, groupId: string): void {
  const id = ids.assign("launch-configuration");
  const scalingGroupId = ids.assign("scaling-group");
  addResource(state, "launch-configuration", id, {
    LaunchConfigurationId: id,
    LaunchConfigurationName: id,
    InstanceType: "SA2.MEDIUM4",
    SecurityGroupIds: [groupId],
    AutoScalingGroupAbstractSet: [{ AutoScalingGroupId: scalingGroupId, AutoScalingGroupName: scalingGroupId }],
    CreatedTime: utc(now),
    ImageId: "img-eb30mz89",
    LaunchConfigurationStatus: "NORMAL",
    Tags: [],
  });
  state.scalingGroups.set(scalingGroupId, {
    id: scalingGroupId,
    launchConfigurationId: id,
    vpcId: "",
    min: 0,
    max: 10,
    desired: 0,
    isEnabled: true,
    inActivity: false,
    members: [],
    createdAt: now,
  });
}
