import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import type { AliyunKind } from "../ids.js";
import { groupsOf } from "../network.js";
import type { AliyunContext, Instance } from "../state.js";
import { change } from "../state.js";
import { seedBackends } from "./backends.js";
import { seedBackup, seedImage, seedSnapshots, setKey } from "./copies.js";
import { groupOf } from "./groups.js";
import { addressOfMember, membersOf, vpcOfMembers } from "./members.js";
import { seedName, seedRoute, seedTranslation, seedVirtualIp } from "./names.js";
import { addDatabase, addScalingGroup, seedCommitment, seedFileSystem } from "./things.js";

type Seeder = (context: AliyunContext, owner: SeedOwner) => void;

/** Owners that only stand in a field of the instance. */
function marking(kind: AliyunKind, field: keyof Instance): Seeder {
  return (context, owner) => {
    const id = context.ids.assign(kind, owner.id);
    for (const member of membersOf(context, owner)) {
      change(context.state.instances, member, { [field]: id });
      mark(context, owner, id, member);
    }
  };
}

/** Owners that show in tags alone: `ack.aliyun.com` of a Kubernetes node, `acs:ros:stackId` of a stack. */
function tagging(kind: AliyunKind, tag: string): Seeder {
  return (context, owner) => {
    const id = context.ids.assign(kind, owner.id);
    for (const member of membersOf(context, owner)) {
      const { tags } = context.state.instances.get(member) ?? {};
      change(context.state.instances, member, { tags: { ...tags, [tag]: id } });
      mark(context, owner, id, member);
    }
  };
}

function mark({ state }: AliyunContext, { kind }: SeedOwner, id: string, member: string): void {
  state.marks.set(`${kind} ${id} ${member}`, { kind, id, member });
}

/** A cluster with its group, and the tag on each node; with the variant `untagged` only the cluster knows its nodes. */
const seedCluster: Seeder = (context, owner) => {
  if (owner.variant !== "untagged") tagging("cluster", "ack.aliyun.com")(context, owner);
  const { state, ids, now } = context;
  const id = ids.assign("cluster", owner.id);
  const vpcId = vpcOfMembers(context, owner);
  const groupId = groupOf(context, `${owner.id}-group`, vpcId).id;
  state.clusters.set(id, { id, name: owner.id, vpcId, groupId, nodeIds: membersOf(context, owner), createdAt: now });
};

const seedScalingGroup: Seeder = (context, owner) => {
  const { state, ids, now } = context;
  const creation = owner.variant === "attached" ? "Attached" : "AutoCreated";
  const said = owner.detail?.lifecycleState;
  const standing = said === "Protected" || said === "Standby" ? said : "InService";
  const members = membersOf(context, owner).map(
    (instanceId) => ({ instanceId, creation, state: standing, since: now }) as const,
  );
  addScalingGroup(context, {
    id: ids.assign("scaling-group", owner.id),
    name: owner.id,
    vpcId: vpcOfMembers(context, owner),
    groupIds: groupsOf(state, members[0]?.instanceId ?? ""),
    replaces: owner.replaces ?? false,
    // At its minimum it gives nobody up.
    minSize: owner.inUse ? members.length : 0,
    members,
  });
};

const engines = ["rds", "redis", "mongodb", "polardb"] as const;

function engineOf({ variant = "rds" }: SeedOwner): (typeof engines)[number] {
  const engine = engines.find((known) => known === variant);
  if (!engine) throw unsupportedSeed("aliyun", "owners.variant", `there is no database called ${variant}.`);
  return engine;
}

/** `members` are groups, or instances whose addresses are allowed in. */
const seedDatabase: Seeder = (context, owner) => {
  const byAddress = owner.by === "address";
  addDatabase(context, {
    id: context.ids.assign("database", owner.id),
    engine: engineOf(owner),
    ...(byAddress ? { vpcId: vpcOfMembers(context, owner) } : {}),
    groupIds: byAddress ? [] : owner.members.map((name) => context.ids.assign("security-group", name)),
    whitelist: byAddress ? owner.members.map((name) => addressOfMember(context, name)) : [],
  });
};

/** A list of addresses: a prefix list, or with a variant the whitelist of a database. */
const seedAddressList: Seeder = (context, owner) => {
  if (owner.variant !== undefined) return seedDatabase(context, { ...owner, by: "address" });
  const id = context.ids.assign("prefix-list", owner.id);
  const cidrs = owner.members.map((name) => `${addressOfMember(context, name)}/32`);
  context.state.prefixLists.set(id, { id, name: owner.id, cidrs, createdAt: context.now });
};

/** An alert rule on each member; with the variant `group` an application group with the members in it. */
const seedAlarm: Seeder = (context, owner) => {
  if (owner.variant === "group") {
    const groupId = context.ids.assign("monitor-group", owner.id);
    const made = { id: groupId, name: owner.id, instanceIds: membersOf(context, owner), createdAt: context.now };
    context.state.monitorGroups.set(groupId, made);
    return;
  }
  const id = context.ids.assign("metric-rule", owner.id);
  context.state.metricRules.set(id, { id, name: owner.id, instanceIds: membersOf(context, owner) });
};

const seedBackupPolicy: Seeder = (context, owner) => {
  const policyId = context.ids.assign("backup-policy", owner.id);
  for (const instanceId of membersOf(context, owner))
    context.state.policyBindings.set(`${policyId}/${instanceId}`, { policyId, instanceId, createdAt: context.now });
};

const seedEvent: Seeder = (context, owner) => {
  const [instanceId = "", ...more] = membersOf(context, owner);
  if (more.length > 0) throw unsupportedSeed("aliyun", "owners.members", "a system event concerns one instance.");
  const id = context.ids.assign("system-event", owner.id);
  const type = owner.variant ?? "SystemMaintenance.Reboot";
  context.state.systemEvents.set(id, { id, instanceId, type, executing: owner.inUse ?? false, notBefore: context.now });
};

const seedService: Seeder = (context, owner) => {
  for (const member of membersOf(context, owner)) {
    change(context.state.instances, member, { managed: true });
    mark(context, owner, context.ids.assign("stack", owner.id), member);
  }
};

/** How each kind of owner is made. Kinds that are not here do not exist, or not where the documents look. */
const seeders: Partial<Readonly<Record<SeedOwner["kind"], Seeder>>> = {
  "auto-scaling-group": seedScalingGroup,
  "load-balancer-target": seedBackends,
  "cluster-node": seedCluster,
  stack: tagging("stack", "acs:ros:stackId"),
  "managed-service": seedService,
  database: seedDatabase,
  "address-list": seedAddressList,
  snapshot: seedSnapshots,
  image: seedImage,
  "backup-policy": seedBackupPolicy,
  backup: seedBackup,
  "file-system": seedFileSystem,
  commitment: seedCommitment,
  route: seedRoute,
  "nat-rule": seedTranslation,
  "virtual-ip": seedVirtualIp,
  "dns-record": seedName,
  "key-pair": marking("key-pair", "keyPair"),
  "instance-role": marking("role", "role"),
  placement: marking("deployment-set", "deploymentSetId"),
  "dedicated-host": marking("dedicated-host", "dedicatedHostId"),
  "capacity-reservation": marking("capacity-reservation", "reservationId"),
  "encryption-key": setKey,
  alarm: seedAlarm,
  "pending-operation": seedEvent,
};

/** Makes something that uses instances. */
export function seedOwner(context: AliyunContext, owner: SeedOwner): void {
  const seeder = seeders[owner.kind];
  if (!seeder) throw unsupportedSeed("aliyun", "owners.kind", `this fake has no ${owner.kind}.`);
  if (owner.replaces && owner.kind !== "auto-scaling-group")
    throw unsupportedSeed("aliyun", "owners.replaces", `a ${owner.kind} launches nothing.`);
  seeder(context, owner);
}
