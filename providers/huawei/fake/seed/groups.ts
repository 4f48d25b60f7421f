import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedSecurityGroup } from "../../../../src/testing/seed.js";
import { addPort, groupOf, networkOf, newPrivateIp } from "../network.js";
import { addResource, change, defaults, type HuaweiContext } from "../state.js";
import { utc, zonedSeconds } from "../times.js";
import { seedRule } from "./rules.js";

/** Seeds a security group with its rules and with users that are none of the seeded instances. */
export function seedGroup(context: HuaweiContext, seed: SeedSecurityGroup, path: string): void {
  const { state, ids } = context;
  if (seed.managed) throw unsupportedSeed("huawei", `${path}.managed`, "no group says that a service manages it.");
  if (seed.vpc !== undefined) throw unsupportedSeed("huawei", `${path}.vpc`, "groups belong to no network.");
  const id = ids.assign("security-group", seed.id);
  groupOf(context, id, seed.isDefault ? "default" : seed.id);
  if (seed.isDefault !== undefined) change(state.groups, id, { isDefault: seed.isDefault });
  // A project has one default group: the seeded one takes the place of the other.
  if (seed.isDefault && id !== defaults.groupId) state.groups.delete(defaults.groupId);
  for (const [index, rule] of (seed.rules ?? []).entries()) seedRule(context, id, rule, `${path}.rules[${index}]`);
  for (const user of seed.foreignUsers ?? []) {
    const add = users[user];
    if (!add) throw unsupportedSeed("huawei", `${path}.foreignUsers`, `groups have no users of the kind ${user}.`);
    add(context, id);
  }
}

type User = NonNullable<SeedSecurityGroup["foreignUsers"]>[number];

const users: Readonly<Partial<Record<User, (context: HuaweiContext, groupId: string) => void>>> = {
  "load-balancer": (context, groupId) => addService(context, groupId, "neutron:LOADBALANCERV3"),
  database: addDatabase,
  interface: (context, groupId) => void addPort(context, { ...networkOf(context), groupIds: [groupId] }),
  "managed-service": (context, groupId) => addService(context, groupId, "compute:mrs"),
  template: addLaunchTemplate,
  "scaling-group": addScalingGroup,
};

/** A port of some service. */
function addService(context: HuaweiContext, groupId: string, owner: string): void {
  const deviceId = context.ids.assign("load-balancer");
  addPort(context, { ...networkOf(context), owner, deviceId, groupIds: [groupId] });
}

/** A database shows as a port as well, under the name of its service. */
function addDatabase(context: HuaweiContext, groupId: string): void {
  const { ids } = context;
  const { vpcId } = networkOf(context);
  const id = ids.assign("database");
  const ip = newPrivateIp(context, vpcId);
  addDatabaseResource(context, id, [groupId], ip);
  addPort(context, { vpcId, owner: "network:rds", deviceId: id, ips: [ip], groupIds: [groupId] });
}

/** An RDS instance with its groups: the first is the one it shows. */
export function addDatabaseResource(context: HuaweiContext, id: string, groupIds: readonly string[], ip: string): void {
  const { state, now } = context;
  const { vpcId, subnetId } = networkOf(context);
  addResource(state, "database", id, {
    id,
    name: `rds-${id.slice(0, 4)}`,
    status: "ACTIVE",
    private_ips: [ip],
    public_ips: [],
    port: 3306,
    type: "Single",
    region: state.region,
    datastore: { type: "MySQL", version: "8.0" },
    created: zonedSeconds(now),
    updated: zonedSeconds(now),
    db_user_name: "root",
    vpc_id: vpcId,
    subnet_id: subnetId,
    security_group_id: groupIds[0] ?? "",
    flavor_ref: "rds.mysql.n1.large.2",
    volume: { type: "CLOUDSSD", size: 40 },
    charge_info: { charge_mode: "postPaid" },
    nodes: [],
    enterprise_project_id: "0",
    tags: [],
  });
}

function addLaunchTemplate({ state, ids, now }: HuaweiContext, groupId: string): void {
  const id = ids.assign("launch-template");
  addResource(state, "launch-template", id, {
    id,
    name: `lt-${id.slice(0, 4)}`,
    description: "",
    default_version: 1,
    latest_version: 1,
    created_at: utc(now),
    updated_at: utc(now),
  });
  addResource(state, "launch-template-version", id, {
    version_id: ids.assign("launch-template"),
    launch_template_id: id,
    version_number: 1,
    version_description: "",
    created_at: utc(now),
    template_data: {
      flavor_id: "s6.large.2",
      name: "ecs",
      security_group_ids: [groupId],
      network_interfaces: [{ virsubnet_id: defaults.subnetId, attachment: { device_index: 0 } }],
    },
  });
}

/** A scaling group of size zero uses its groups without a single port. */
function addScalingGroup({ state, ids, now }: HuaweiContext, groupId: string): void {
  const id = ids.assign("scaling-group");
  state.scalingGroups.set(id, {
    id,
    name: `as-group-${id.slice(0, 4)}`,
    configurationId: ids.assign("scaling-configuration"),
    vpcId: defaults.vpcId,
    min: 0,
    max: 10,
    desired: 0,
    isEnabled: true,
    groupIds: [groupId],
    members: [],
    createdAt: now,
  });
}
