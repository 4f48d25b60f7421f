import type { JsonObject } from "../../../../src/common.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { addInterface } from "../build.js";
import { addressesOn } from "../interfaces.js";
import { type AwsContext, addResource, change, type Instance, interfacesOf } from "../state.js";
import { membersOf, type OwnerSeeder, remember, variantOf } from "./owner.js";

/*
 * Owners that live in services besides EC2. Each is kept as its API shows it.
 */

const second = 1_000;
const year = 365 * 24 * 3_600 * second;

function idsOf(members: readonly Instance[]): readonly string[] {
  return members.map(({ id }) => id);
}

function privateIp(context: AwsContext, instance: Instance): string {
  return interfacesOf(context.state, instance)[0]?.privateIps[0] ?? "";
}

function publicIp(context: AwsContext, instance: Instance): string | undefined {
  const [card] = interfacesOf(context.state, instance);
  return card && (addressesOn(context, card.id)[0]?.ip ?? card.ephemeralIp);
}

/** A recovery point of each member: an instance, or a disk. */
function seedBackup(context: AwsContext, owner: SeedOwner): void {
  variantOf(owner, ["recovery-point"]);
  const { state, ids } = context;
  const place = `${state.region}:${state.accountId}`;
  const members = owner.members.map((name) => ids.find(name));
  const arns = members.map((member, index) => {
    const arn = ids.assign(
      "named",
      index === 0 ? owner.id : undefined,
      ({ hex }) => `arn:aws:backup:${place}:recovery-point:${hex(12)}`,
    );
    const type = member.startsWith("vol-") ? "volume" : "instance";
    addResource(state, "recovery-point", arn, { resourceArn: `arn:aws:ec2:${place}:${type}/${member}` });
    return arn;
  });
  remember(context, owner, arns[0] ?? "", members);
}

/** Lifecycle policies choose by tag, backup plans by ARN. */
function seedBackupPolicy(context: AwsContext, owner: SeedOwner): void {
  const variant = variantOf(owner, ["dlm", "backup-plan"]);
  const { state } = context;
  const members = membersOf(context, owner);
  const id = context.ids.assign("named", owner.id);
  if (variant === "dlm") {
    const TargetTags = [{ Key: "lifecycle", Value: id }];
    const PolicyDetails = {
      PolicyType: "EBS_SNAPSHOT_MANAGEMENT",
      ResourceTypes: ["INSTANCE"],
      TargetTags,
      Schedules: [],
    };
    addResource(state, "dlm-policy", id, { State: "ENABLED", PolicyDetails });
    for (const member of members) change(state.instances, member.id, { tags: { ...member.tags, lifecycle: id } });
  } else {
    const resources = members.map((member) => `arn:aws:ec2:${state.region}:${state.accountId}:instance/${member.id}`);
    addResource(state, "backup-plan", id, { resources });
  }
  remember(context, owner, id, idsOf(members));
}

/** An address record in a zone of its own: of the public address where there is one, else of the private one. */
function seedDnsRecord(context: AwsContext, owner: SeedOwner): void {
  const members = membersOf(context, owner);
  const hasPublic = members.some((member) => publicIp(context, member) !== undefined);
  const variant = variantOf(owner, [hasPublic ? "public" : "private", "public", "private", "cname"]);
  const { state, ids } = context;
  const zoneId = `Z${ids.random.hex(13).toUpperCase()}`;
  const zone = "example.com.";
  const values = members.map((member) => {
    if (variant === "cname") return `ip-${privateIp(context, member).replaceAll(".", "-")}.ec2.internal`;
    return (variant === "public" ? publicIp(context, member) : undefined) ?? privateIp(context, member);
  });
  const record = {
    Name: `${owner.id}.${zone}`,
    Type: variant === "cname" ? "CNAME" : "A",
    TTL: 300,
    ResourceRecords: { "ResourceRecord[]": values.map((Value) => ({ Value })) },
  };
  const start = {
    Name: zone,
    Type: "SOA",
    TTL: 900,
    ResourceRecords: { "ResourceRecord[]": [{ Value: "ns.example.com." }] },
  };
  addResource(state, "hosted-zone", zoneId, { name: zone, private: variant === "private", records: [start, record] });
  remember(context, owner, ids.assign("named", owner.id), idsOf(members));
}

function seedDiscovery(context: AwsContext, owner: SeedOwner): void {
  variantOf(owner, ["cloud-map"]);
  const members = membersOf(context, owner);
  const id = context.ids.assign("named", owner.id);
  const instances = members.map((member) => ({
    Id: member.id,
    Attributes: { AWS_INSTANCE_IPV4: privateIp(context, member), EC2_INSTANCE_ID: member.id },
  }));
  addResource(context.state, "discovery-service", id, { name: id, instances });
  remember(context, owner, id, idsOf(members));
}

/** An alarm on a metric of the instance, one whose action ends it, or one made of others. */
function seedAlarm(context: AwsContext, owner: SeedOwner): void {
  const variant = variantOf(owner, ["metric", "action", "composite"]);
  const { state } = context;
  const members = membersOf(context, owner);
  const id = context.ids.assign("named", owner.id);
  const metric = (name: string): JsonObject => ({
    type: "MetricAlarm",
    AlarmName: name,
    AlarmArn: `arn:aws:cloudwatch:${state.region}:${state.accountId}:alarm:${name}`,
    Namespace: "AWS/EC2",
    MetricName: "StatusCheckFailed",
    Dimensions: members.map((member) => ({ Name: "InstanceId", Value: member.id })),
    AlarmActions: variant === "action" ? [`arn:aws:automate:${state.region}:ec2:terminate`] : [],
    ActionsEnabled: true,
    StateValue: "OK",
  });
  if (variant === "composite") {
    addResource(state, "alarm", `${id}-part`, metric(`${id}-part`));
    const AlarmArn = `arn:aws:cloudwatch:${state.region}:${state.accountId}:alarm:${id}`;
    addResource(state, "alarm", id, {
      type: "CompositeAlarm",
      AlarmName: id,
      AlarmArn,
      AlarmRule: `ALARM("${id}-part")`,
    });
  } else addResource(state, "alarm", id, metric(id));
  remember(context, owner, id, idsOf(members));
}

/** A file system whose mount target lets in the group of the member. */
function seedFileSystem(context: AwsContext, owner: SeedOwner): void {
  variantOf(owner, ["efs"]);
  const { state, ids, now } = context;
  const members = membersOf(context, owner);
  const [first] = members;
  const id = ids.assign("named", owner.id, ({ hex }) => `fs-0${hex(16)}`);
  const card = addInterface(context, {
    vpcId: first?.vpcId ?? "",
    zone: first?.zone ?? `${state.region}a`,
    groupIds: first ? (interfacesOf(state, first)[0]?.groupIds ?? []) : [],
    requester: "amazon-efs",
    interfaceType: "efs",
    description: `EFS mount target for ${id}`,
  });
  const attachment = { id: ids.assign("attachment"), deviceIndex: 0, attachTime: now, deleteOnTermination: false };
  change(state.interfaces, card.id, { attachment });
  const head = { OwnerId: state.accountId, FileSystemId: id, LifeCycleState: "available" };
  addResource(state, "file-system", id, {
    ...head,
    CreationToken: id,
    CreationTime: now / second,
    NumberOfMountTargets: 1,
  });
  const MountTargetId = `fsmt-0${ids.random.hex(16)}`;
  const place = { SubnetId: card.subnetId, VpcId: card.vpcId, IpAddress: card.privateIps[0] ?? "" };
  addResource(state, "mount-target", MountTargetId, { ...head, ...place, MountTargetId, NetworkInterfaceId: card.id });
  remember(context, owner, id, idsOf(members));
}

/** A discount on what runs: nothing in it names an instance. */
function seedSavingsPlan(context: AwsContext, owner: SeedOwner): void {
  const { state, ids, now } = context;
  const id = ids.assign("reserved-instances", owner.id);
  addResource(state, "savings-plan", id, {
    savingsPlanId: id,
    savingsPlanArn: `arn:aws:savingsplans::${state.accountId}:savingsplan/${id}`,
    savingsPlanType: "Compute",
    state: "active",
    start: new Date(now).toISOString(),
    end: new Date(now + year).toISOString(),
    commitment: "1.000",
    currency: "USD",
  });
  remember(context, owner, id, idsOf(membersOf(context, owner)));
}

/** Container instances of an ECS cluster, one task on each. */
function seedEcsNodes(context: AwsContext, owner: SeedOwner): void {
  const { state, ids } = context;
  const place = `arn:aws:ecs:${state.region}:${state.accountId}`;
  const cluster = ids.assign("named", owner.id, () => `${place}:cluster/${owner.id}`);
  const arn = cluster.startsWith("arn:") ? cluster : `${place}:cluster/${cluster}`;
  addResource(state, "ecs-cluster", arn, {});
  const members = membersOf(context, owner);
  for (const member of members)
    addResource(state, "ecs-node", `${place}:container-instance/${owner.id}/${ids.random.hex(32)}`, {
      cluster: arn,
      ec2InstanceId: member.id,
      status: "ACTIVE",
      runningTasksCount: 1,
      pendingTasksCount: 0,
    });
  remember(context, owner, cluster, idsOf(members));
}

/** Instances that run the agent of Systems Manager. */
function seedManaged(context: AwsContext, owner: SeedOwner): void {
  const members = membersOf(context, owner);
  for (const member of members) addResource(context.state, "ssm-instance", member.id, {});
  remember(context, owner, context.ids.assign("named", owner.id), idsOf(members));
}

/** Owners in services of their own, by kind. */
export const serviceOwners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  backup: seedBackup,
  "backup-policy": seedBackupPolicy,
  "dns-record": seedDnsRecord,
  "service-discovery": seedDiscovery,
  alarm: seedAlarm,
  "file-system": seedFileSystem,
};

/** Owners whose kind EC2 has as well: one variant of it is in another service. */
export const variantOwners = { savingsPlan: seedSavingsPlan, ecs: seedEcsNodes, ssm: seedManaged } as const;
