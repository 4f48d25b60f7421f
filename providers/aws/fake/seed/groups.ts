import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedRule, SeedSecurityGroup, WorldSeed } from "../../../../src/testing/seed.js";
import { addInterface } from "../build.js";
import { canonicalCidr } from "../ec2/security-rules.js";
import { addGroup, vpcOf, zoneOf } from "../network.js";
import { type AwsContext, addResource, change, count, type Peer, type SecurityGroup } from "../state.js";

/** All groups of a seed without their rules, which may name groups and lists that come later. */
export function seedGroups(context: AwsContext, world: WorldSeed): void {
  for (const group of world.securityGroups ?? []) {
    const user = world.instances?.find(({ securityGroups }) => securityGroups?.includes(group.id));
    const vpcId = vpcOf(context, group.vpc ?? user?.vpc);
    const id = seedGroup(context, group, vpcId);
    for (const foreign of group.foreignUsers ?? []) foreignUsers[foreign](context, id, vpcId);
  }
}

function seedGroup(context: AwsContext, group: SeedSecurityGroup, vpcId: string): string {
  const { state, ids } = context;
  const id = ids.assign("security-group", group.id);
  if (group.isDefault) dropDefaultGroup(context, vpcId);
  addGroup(state, {
    id,
    name: group.isDefault ? "default" : group.id,
    description: "seeded",
    vpcId,
    tags: group.managed ? { "aws:eks:cluster-name": "seeded" } : {},
  });
  return id;
}

/** A VPC has one default group: the seeded one takes its place. */
function dropDefaultGroup({ state }: AwsContext, vpcId: string): void {
  for (const { id, name, vpcId: own } of [...state.groups.values()])
    if (name === "default" && own === vpcId) state.groups.delete(id);
}

/** The groups an interface is to have. None is not possible: then it is the default one of its VPC. */
export function groupsNamed(context: AwsContext, names: readonly string[], vpcId: string): readonly string[] {
  if (names.length > 0) return names.map((name) => groupNamed(context, name, vpcId).id);
  return [...context.state.groups.values()]
    .filter((group) => group.name === "default" && group.vpcId === vpcId)
    .map(({ id }) => id);
}

/** The group of a name in a seed of instances: made without rules if nobody seeded it. */
function groupNamed(context: AwsContext, name: string, vpcId: string): SecurityGroup {
  const id = context.ids.assign("security-group", name);
  const known = context.state.groups.get(id);
  if (known) return known;
  const made = { id, name, description: "seeded", vpcId, tags: {} };
  addGroup(context.state, made);
  return made;
}

/** A group that only one instance has, as the launch wizard makes them. */
export function ownGroup(context: AwsContext, vpcId: string): SecurityGroup {
  const name = `launch-wizard-${count(context.state, "launch-wizard") + 1}`;
  const made = { id: context.ids.assign("security-group"), name, description: "launch-wizard", vpcId, tags: {} };
  addGroup(context.state, made);
  return made;
}

type ForeignUser = (context: AwsContext, groupId: string, vpcId: string) => void;

/** An interface of a service: no instance, and the service as its requester. */
function serviceInterface(requester: string, interfaceType: string, description: string): ForeignUser {
  return (context, groupId, vpcId) => {
    const card = addInterface(context, {
      vpcId,
      zone: zoneOf(context),
      groupIds: [groupId],
      requester,
      interfaceType,
      description,
    });
    const attachment = { id: context.ids.assign("attachment"), deviceIndex: 1, attachTime: context.now };
    change(context.state.interfaces, card.id, { attachment: { ...attachment, deleteOnTermination: false } });
  };
}

/** Who else can use a group, each by what the APIs show of it. */
const foreignUsers: Readonly<Record<NonNullable<SeedSecurityGroup["foreignUsers"]>[number], ForeignUser>> = {
  "load-balancer": serviceInterface("amazon-elb", "interface", "ELB app/seeded/0123456789abcdef"),
  database: serviceInterface("amazon-rds", "interface", "RDSNetworkInterface"),
  "managed-service": serviceInterface("AROASEEDED:lambda", "lambda", "AWS Lambda VPC ENI-seeded"),
  interface: (context, groupId, vpcId) =>
    void addInterface(context, { vpcId, zone: zoneOf(context), groupIds: [groupId], description: "somebody's" }),
  template: (context, groupId) => void seedTemplate(context, groupId),
  "scaling-group": seedIdleScalingGroup,
  share: ({ state }, groupId, vpcId) => {
    const arn = `arn:aws:ec2:${state.region}:${state.accountId}:security-group/${groupId}`;
    addResource(state, "share", arn, { arn, type: "ec2:SecurityGroup", status: "AVAILABLE" });
    addResource(state, "vpc-association", `${groupId}/${vpcId}`, {
      groupId,
      vpcId: "vpc-0aaaaaaaaaaaaaaaa",
      vpcOwnerId: "999999999999",
      groupOwnerId: state.accountId,
      state: "associated",
    });
  },
};

/** A launch template that names a group. */
export function seedTemplate({ state, ids }: AwsContext, groupId: string): string {
  const launchTemplateId = ids.assign("launch-template");
  const head = { launchTemplateId, launchTemplateName: `template-${launchTemplateId.slice(-6)}` };
  addResource(state, "launch-template", launchTemplateId, {
    ...head,
    defaultVersionNumber: 1,
    latestVersionNumber: 1,
    tagSet: [],
  });
  addResource(state, "launch-template-version", `${launchTemplateId}/1`, {
    ...head,
    versionNumber: 1,
    defaultVersion: true,
    launchTemplateData: { instanceType: "t3.micro", securityGroupIdSet: [groupId] },
  });
  return launchTemplateId;
}

/** A group with nothing running: its launch configuration names the security group all the same. */
function seedIdleScalingGroup(context: AwsContext, groupId: string): void {
  const { state, ids, now } = context;
  const name = ids.assign("launch-configuration");
  addResource(state, "launch-configuration", name, {
    LaunchConfigurationName: name,
    ImageId: "ami-0f1e2d3c4b5a69788",
    InstanceType: "t3.micro",
    SecurityGroups: [groupId],
    CreatedTime: new Date(now).toISOString(),
  });
  const group = ids.assign("scaling-group");
  state.scalingGroups.set(group, {
    name: group,
    min: 0,
    max: 4,
    desired: 0,
    members: [],
    launchConfiguration: name,
    targetGroupArns: [],
    zones: [zoneOf(context)],
    suspended: [],
    createTime: now,
  });
}

/** The rules of all groups of a seed. */
export function seedRules(context: AwsContext, world: WorldSeed): void {
  for (const group of world.securityGroups ?? []) {
    const groupId = context.ids.find(group.id);
    for (const rule of group.rules ?? []) seedRule(context, groupId, rule);
  }
}

/** AWS rules have one port range and one peer, so that a seeded rule may become several. */
function seedRule(context: AwsContext, groupId: string, rule: SeedRule): void {
  refuseRule(rule);
  const protocol = protocolOf(rule);
  for (const ports of portsOf(rule, protocol)) {
    for (const peer of peersOf(context, rule)) {
      const id = context.ids.assign("security-rule");
      context.state.rules.set(id, {
        id,
        groupId,
        egress: rule.direction === "egress",
        protocol,
        ...ports,
        peer,
        description: rule.description,
        tags: rule.tags ?? {},
      });
    }
  }
}

function refuseRule(rule: SeedRule): void {
  const refuse = (field: string, why: string) => unsupportedSeed("AWS", `securityGroups.rules.${field}`, why);
  if (rule.action === "deny") throw refuse("action", "groups hold allow rules only.");
  if (rule.priority !== undefined) throw refuse("priority", "rules have no order.");
  if (rule.enabled === false) throw refuse("enabled", "a rule cannot be switched off.");
  if (rule.sourcePorts) throw refuse("sourcePorts", "a rule names no source ports.");
  if (rule.local) throw refuse("local", "the near side is whoever is in the group.");
  if (rule.nicType) throw refuse("nicType", "there is one network.");
  if (rule.ports?.kind === "list") throw refuse("ports", "there are no port lists.");
}

function protocolOf(rule: SeedRule): string {
  if (rule.protocol?.raw) return rule.protocol.unified === "any" ? "-1" : rule.protocol.raw;
  return rule.ports && rule.ports.kind !== "all" ? "tcp" : "-1";
}

function portsOf({ ports }: SeedRule, protocol: string): readonly { fromPort: number; toPort: number }[] {
  if (ports?.kind === "ranges") return ports.ranges.map(({ from, to }) => ({ fromPort: from, toPort: to }));
  if (ports?.kind === "icmp") return [{ fromPort: ports.type, toPort: ports.code }];
  return [protocol === "tcp" || protocol === "udp" ? { fromPort: 0, toPort: 65535 } : { fromPort: -1, toPort: -1 }];
}

function peersOf(context: AwsContext, { peer, family = "ipv4" }: SeedRule): readonly Peer[] {
  const { ids, state } = context;
  if (peer.kind === "any")
    return [
      ...(family === "ipv6" ? [] : [{ cidrIpv4: "0.0.0.0/0" }]),
      ...(family === "ipv4" ? [] : [{ cidrIpv6: "::/0" }]),
    ];
  if (peer.kind === "cidr")
    return [peer.family === "ipv6" ? { cidrIpv6: peer.cidr } : { cidrIpv4: canonicalCidr(peer.cidr) }];
  if (peer.kind === "address-list") return [{ prefixListId: ids.assign("prefix-list", peer.id) }];
  return [
    {
      groupId: ids.assign("security-group", peer.groupId),
      userId: peer.accountId ?? state.accountId,
      ...(peer.vpcId === undefined ? {} : { vpcId: vpcOf(context, peer.vpcId) }),
      ...(peer.peeringConnectionId === undefined ? {} : { peeringId: ids.assign("peering", peer.peeringConnectionId) }),
    },
  ];
}
