import { freePrivateIp, groupsOf, vpcOf } from "./network.js";
import type { AliyunContext, Disk, Instance, NetworkInterface, Rule, RuleFields, SecurityGroup } from "./state.js";
import { change, emptyRule, noteAttached } from "./state.js";

/** Makes a security group. */
export function addGroup(
  context: AliyunContext,
  spec: Pick<SecurityGroup, "vpcId"> & Partial<SecurityGroup>,
): SecurityGroup {
  const made: SecurityGroup = {
    id: context.ids.assign("security-group"),
    name: "",
    description: "",
    type: "normal",
    serviceManaged: false,
    createdAt: context.clock.now(),
    rules: [],
    foreignReferences: [],
    tags: {},
    ...spec,
  };
  context.state.groups.set(made.id, made);
  return made;
}

/** Fields of a rule, the others empty. */
export function rule(fields: Partial<RuleFields>): RuleFields {
  return { ...emptyRule, ...fields };
}

/** Adds a rule to a group, under an id of its own. */
export function addRule(
  context: AliyunContext,
  groupId: string,
  direction: Rule["direction"],
  fields: Partial<RuleFields>,
): void {
  const rules = context.state.groups.get(groupId)?.rules ?? [];
  const made: Rule = {
    id: context.ids.assign("security-rule"),
    direction,
    createdAt: context.clock.now(),
    fields: rule(fields),
  };
  change(context.state.groups, groupId, { rules: [...rules, made] });
}

/** Makes a disk, attached to nothing unless told. */
export function addDisk(context: AliyunContext, spec: Partial<Disk>): Disk {
  const made: Disk = {
    id: context.ids.assign("disk"),
    name: "",
    role: "data",
    category: "cloud_essd",
    sizeGiB: 40,
    zone: zoneOf(context),
    status: spec.attachments?.length ? "In_use" : "Available",
    attachments: [],
    createdAt: context.clock.now(),
    everAttached: (spec.attachments?.length ?? 0) > 0,
    deleteWithInstance: false,
    deleteAutoSnapshot: false,
    portable: true,
    chargeType: "PostPaid",
    encrypted: false,
    keyId: "",
    multiAttach: false,
    policyId: "",
    locks: [],
    tags: {},
    snapshots: "complete",
    ...spec,
  };
  context.state.disks.set(made.id, made);
  for (const { instanceId } of made.attachments) noteAttached(context.state, instanceId, made.id);
  return made;
}

/** `/dev/xvda` for the system disk, the next letter for each data disk. */
export function deviceName(index: number): string {
  return `/dev/xvd${String.fromCharCode("a".charCodeAt(0) + index)}`;
}

/** Makes a network interface. */
export function addInterface(
  context: AliyunContext,
  spec: Pick<NetworkInterface, "vpcId"> & Partial<NetworkInterface>,
): NetworkInterface {
  const vpc = vpcOf(context, spec.vpcId);
  const made: NetworkInterface = {
    id: context.ids.assign("network-interface"),
    type: "Secondary",
    instanceId: "",
    status: spec.instanceId ? "InUse" : "Available",
    switchId: vpc.switchId,
    zone: zoneOf(context),
    groupIds: [],
    privateIps: spec.privateIps ?? [freePrivateIp(context.state, vpc)],
    deleteOnRelease: spec.type === "Primary",
    serviceManaged: false,
    description: "",
    createdAt: context.clock.now(),
    tags: {},
    ...spec,
  };
  context.state.interfaces.set(made.id, made);
  if (made.instanceId !== "") noteAttached(context.state, made.instanceId, made.id);
  return made;
}

/** Makes an instance without disks and interfaces. */
export function addInstance(context: AliyunContext, spec: Partial<Instance>): Instance {
  const vpc = vpcOf(context, spec.vpcId);
  const made: Instance = {
    id: context.ids.assign("instance"),
    name: "",
    status: "Running",
    turn: 0,
    type: "ecs.g7.large",
    zone: zoneOf(context),
    vpcId: vpc.id,
    switchId: vpc.switchId,
    createdAt: context.clock.now(),
    startedAt: context.clock.now(),
    chargeType: "PostPaid",
    spot: false,
    renewal: "Normal",
    deletionProtection: false,
    locks: [],
    stoppedMode: "Not-applicable",
    releasing: false,
    keyPair: "",
    role: "",
    deploymentSetId: "",
    dedicatedHostId: "",
    reservationId: "",
    userData: "",
    tags: {},
    managed: false,
    ...spec,
  };
  context.state.instances.set(made.id, made);
  return made;
}

/** One like another, as a scaling group launches it: a system disk, a primary interface in the same groups. */
export function addLike(context: AliyunContext, lost: Instance, groupIds: readonly string[]): Instance {
  const { zone, vpcId, type, spot, name } = lost;
  const made = addInstance(context, { zone, vpcId, type, spot, name, status: "Pending" });
  const attachment = { instanceId: made.id, device: "/dev/xvda", at: context.clock.now() };
  addDisk(context, { role: "system", deleteWithInstance: true, attachments: [attachment], zone });
  const groups = groupIds.length > 0 ? groupIds : groupsOf(context.state, lost.id);
  addInterface(context, { vpcId, zone, type: "Primary", instanceId: made.id, groupIds: groups });
  return made;
}

/** The zone that things are in when nobody says which. */
export function zoneOf({ scope }: AliyunContext): string {
  return `${scope.region}-h`;
}
