import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { type AwsContext, addResource, change, type Instance, interfacesOf, type TargetGroup } from "../state.js";
import { timings } from "../timings.js";
import { seedTemplate } from "./groups.js";
import { seedSpotRequest } from "./instances.js";
import { addTags, membersOf, type OwnerSeeder, remember, variantOf } from "./owner.js";
import { reportOwners } from "./report-owners.js";
import { serviceOwners, variantOwners } from "./service-owners.js";

/** Adds something that uses instances. Kinds AWS has not are refused. */
export function seedOwner(context: AwsContext, owner: SeedOwner): void {
  const seeder = owners[owner.kind];
  if (!seeder) throw unsupportedSeed("AWS", "owners.kind", `there is no ${owner.kind} that names instances.`);
  if (owner.inUse && owner.kind !== "auto-scaling-group")
    throw unsupportedSeed("AWS", "owners.inUse", `a ${owner.kind} lets go of its members.`);
  if (owner.replaces && !["auto-scaling-group", "fleet", "spot-request"].includes(owner.kind))
    throw unsupportedSeed("AWS", "owners.replaces", `a ${owner.kind} launches nothing.`);
  seeder(context, owner);
}

/** A target group behind a balancer of its own. */
function seedTargetGroup(context: AwsContext, owner: SeedOwner): void {
  const variant = variantOf(owner, [owner.by === "address" ? "ip" : "instance", "instance", "ip", "alb", "classic"]);
  if (variant === "classic") seedClassicBalancer(context, owner);
  else seedTargets(context, owner, variant);
}

function seedTargets(context: AwsContext, owner: SeedOwner, variant: TargetGroup["type"]): void {
  const { state, ids, now } = context;
  const arn = (kind: string) => (): string =>
    `arn:aws:elasticloadbalancing:${state.region}:${state.accountId}:${kind}/${owner.id}/${ids.random.hex(16)}`;
  const members = membersOf(context, owner);
  const vpcId = members[0]?.vpcId ?? "";
  const balancer = ids.assign(
    "load-balancer",
    undefined,
    arn(variant === "alb" ? "loadbalancer/net" : "loadbalancer/app"),
  );
  state.loadBalancers.set(balancer, {
    arn: balancer,
    name: `lb-${owner.id}`,
    type: variant === "alb" ? "network" : "application",
    vpcId,
    groupIds: [],
    createTime: now,
  });
  const groupArn = ids.assign("target-group", owner.id, arn("targetgroup"));
  const ports = owner.ports ?? [80];
  state.targetGroups.set(groupArn, {
    arn: groupArn,
    name: owner.id.slice(0, 32),
    port: ports[0] ?? 80,
    vpcId,
    type: variant,
    balancerArns: [balancer],
    drainMs: timings.drainMs,
    targets: members.flatMap((instance) => ports.map((port) => targetOf(context, variant, instance, port, balancer))),
  });
}

function targetOf(
  { state }: AwsContext,
  variant: TargetGroup["type"],
  instance: Instance,
  port: number,
  balancer: string,
): TargetGroup["targets"][number] {
  if (variant === "instance") return { id: instance.id, port };
  // The target of such a group is a balancer, which knows the instances.
  if (variant === "alb") return { id: balancer, port };
  return { id: interfacesOf(state, instance)[0]?.privateIps[0] ?? "", port, instanceId: instance.id };
}

function seedClassicBalancer(context: AwsContext, owner: SeedOwner): void {
  const name = context.ids.assign("classic-balancer", owner.id);
  const members = membersOf(context, owner);
  context.state.classicBalancers.set(name, {
    name,
    vpcId: members[0]?.vpcId ?? "",
    groupIds: [],
    port: owner.ports?.[0] ?? 80,
    instanceIds: members.map(({ id }) => id),
    drainingUntil: new Map(),
  });
}

/** A scaling group replaces what it loses, unless `replaces` is false: then its `Launch` process is suspended. */
function seedScalingGroup(context: AwsContext, owner: SeedOwner): void {
  const variant = variantOf(owner, ["launch-template", "launch-configuration", "scale-in-protected", "warm-pool"]);
  const { state, ids, now } = context;
  const name = ids.assign("scaling-group", owner.id);
  const members = membersOf(context, owner);
  const [groupId = ""] = members.flatMap((instance) => interfacesOf(state, instance)[0]?.groupIds ?? []);
  const configuration = variant === "launch-configuration" ? seedConfiguration(context, groupId) : undefined;
  state.scalingGroups.set(name, {
    name,
    min: owner.inUse ? members.length : 0,
    max: members.length + 4,
    desired: members.length,
    zones: [...new Set(members.map(({ zone }) => zone))],
    targetGroupArns: [],
    createTime: now,
    suspended: owner.replaces === false ? ["Launch"] : [],
    members: members.map(({ id }) => ({
      instanceId: id,
      lifecycle: variant === "warm-pool" ? "Warmed:Stopped" : "InService",
      protectedFromScaleIn: variant === "scale-in-protected",
    })),
    launchConfiguration: configuration,
    launchTemplateId: configuration === undefined ? seedTemplate(context, groupId) : undefined,
  });
  for (const { id } of members) addTags(context, id, { "aws:autoscaling:groupName": name });
}

function seedConfiguration({ state, ids, now }: AwsContext, groupId: string): string {
  const name = ids.assign("launch-configuration");
  addResource(state, "launch-configuration", name, {
    LaunchConfigurationName: name,
    ImageId: "ami-0f1e2d3c4b5a69788",
    InstanceType: "t3.micro",
    SecurityGroups: [groupId],
    CreatedTime: new Date(now).toISOString(),
  });
  return name;
}

function seedSpotOwner(context: AwsContext, owner: SeedOwner): void {
  const type = variantOf(owner, [owner.replaces ? "persistent" : "one-time", "one-time", "persistent"]);
  const [first, ...others] = membersOf(context, owner);
  if (!first || others.length > 0) throw unsupportedSeed("AWS", "owners.members", "a Spot request has one instance.");
  if (first.spotRequestId === undefined)
    throw unsupportedSeed("AWS", "owners.members", "a Spot request is for an instance seeded with billing `spot`.");
  seedSpotRequest(context, first.id, type, owner.id);
}

/** Membership of a fleet shows in tags alone. */
function seedFleet(context: AwsContext, owner: SeedOwner): void {
  const variant = variantOf(owner, ["ec2-fleet", "spot-fleet"]);
  const id = context.ids.assign("fleet", owner.id);
  const tag = variant === "ec2-fleet" ? "aws:ec2:fleet-id" : "aws:ec2spot:fleet-request-id";
  const members = membersOf(context, owner).map((instance) => instance.id);
  for (const member of members) addTags(context, member, { [tag]: id });
  if (owner.replaces) context.state.fleets.set(id, { id, instanceIds: members });
  else remember(context, owner, id, members);
}

/** Owners that show only in tags of their instances. */
const tagOwners: Readonly<Record<string, (id: string) => Readonly<Record<string, string>>>> = {
  eks: (id) => ({
    [`kubernetes.io/cluster/${id}`]: "owned",
    "eks:cluster-name": id,
    "eks:nodegroup-name": `${id}-nodes`,
  }),
  cloudformation: (id) => ({
    "aws:cloudformation:stack-name": id,
    "aws:cloudformation:stack-id": `arn:aws:cloudformation:eu-west-1:123456789012:stack/${id}/0b1c2d3e`,
    "aws:cloudformation:logical-id": "Server",
  }),
  beanstalk: (id) => ({ "elasticbeanstalk:environment-name": id }),
  emr: (id) => ({ "aws:elasticmapreduce:job-flow-id": id }),
  cloud9: (id) => ({ "aws:cloud9:environment": id }),
  "service-catalog": (id) => ({ "aws:servicecatalog:provisionedProductArn": id }),
};

function seedByTags(known: readonly [string, ...string[]]): OwnerSeeder {
  return (context, owner) => {
    const variant = variantOf(owner, known);
    if (variant === "ecs") {
      variantOwners.ecs(context, owner);
      return;
    }
    if (variant === "eks") addResource(context.state, "eks-cluster", owner.id, {});
    const tagsOf = tagOwners[variant];
    const id = context.ids.assign("named", owner.id);
    const members = membersOf(context, owner).map((instance) => instance.id);
    for (const member of members) addTags(context, member, tagsOf?.(id) ?? {});
    remember(context, owner, id, members);
  };
}

/** A route table that sends traffic through an instance. */
function seedRoute(context: AwsContext, owner: SeedOwner): void {
  const variant = variantOf(owner, ["instance", "interface"]);
  const { state, ids } = context;
  const id = ids.assign("route-table", owner.id);
  const members = membersOf(context, owner);
  addResource(state, "route-table", id, {
    routeTableId: id,
    vpcId: members[0]?.vpcId ?? "",
    ownerId: state.accountId,
    routeSet: members.map((instance, index) => ({
      destinationCidrBlock: index === 0 ? "0.0.0.0/0" : `192.168.${index}.0/24`,
      instanceId: variant === "instance" ? instance.id : null,
      networkInterfaceId: instance.interfaceIds[0] ?? null,
      instanceOwnerId: state.accountId,
      state: "active",
      origin: "CreateRoute",
    })),
    associationSet: [],
    propagatingVgwSet: [],
    tagSet: [],
  });
  for (const instance of members) change(state.instances, instance.id, { sourceDestCheck: false });
  remember(
    context,
    owner,
    id,
    members.map((instance) => instance.id),
  );
}

const owners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  ...reportOwners,
  ...serviceOwners,
  "load-balancer-target": seedTargetGroup,
  "auto-scaling-group": seedScalingGroup,
  "spot-request": seedSpotOwner,
  fleet: seedFleet,
  "cluster-node": seedByTags(["eks", "ecs"]),
  stack: seedByTags(["cloudformation"]),
  "managed-service": seedByTags(["beanstalk", "emr", "cloud9", "service-catalog"]),
  route: seedRoute,
};
