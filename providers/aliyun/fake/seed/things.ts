import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { vpcOf } from "../network.js";
import type { Database, LaunchTemplate, ScalingGroup } from "../owners.js";
import type { AliyunContext } from "../state.js";
import { addressOfMember, membersOf, vpcOfMembers } from "./members.js";

/** Makes a database. */
export function addDatabase(context: AliyunContext, spec: Partial<Database>): Database {
  const made: Database = {
    id: context.ids.assign("database"),
    engine: "rds",
    vpcId: vpcOf(context).id,
    groupIds: [],
    whitelist: [],
    createdAt: context.now,
    ...spec,
  };
  context.state.databases.set(made.id, made);
  return made;
}

/** Makes a launch template. */
export function addTemplate(context: AliyunContext, groupIds: readonly string[]): LaunchTemplate {
  const id = context.ids.assign("launch-template");
  const made: LaunchTemplate = { id, name: "template", groupIds, createdAt: context.now };
  context.state.launchTemplates.set(id, made);
  return made;
}

/** Makes a scaling group with its configuration. */
export function addScalingGroup(context: AliyunContext, spec: Partial<ScalingGroup>): ScalingGroup {
  const made: ScalingGroup = {
    id: context.ids.assign("scaling-group"),
    name: "",
    vpcId: vpcOf(context).id,
    createdAt: context.now,
    lifecycle: "Active",
    minSize: 0,
    maxSize: 100,
    desired: spec.members?.length ?? 0,
    configurationId: context.ids.assign("scaling-configuration"),
    groupIds: [],
    replaces: false,
    members: [],
    ...spec,
  };
  context.state.scalingGroups.set(made.id, made);
  return made;
}

const fileSystemTypes = ["standard", "extreme", "cpfs"] as const;

/** A file system in the network of its members, who have it mounted; by `variant`: `standard`, `extreme` or `cpfs`. */
export function seedFileSystem(context: AliyunContext, owner: SeedOwner): void {
  const { variant = "standard" } = owner;
  const type = fileSystemTypes.find((known) => known === variant);
  if (!type) throw unsupportedSeed("aliyun", "owners.variant", `there is no file system called ${variant}.`);
  const id = context.ids.assign("file-system", owner.id);
  const clientIps = owner.members.map((name) => addressOfMember(context, name));
  const vpcId = vpcOfMembers(context, owner);
  context.state.fileSystems.set(id, { id, type, vpcId, clientIps, createdAt: context.now });
}

const year = 365 * 24 * 3_600_000;

/**
 * A commitment that covers its members: a reserved instance of their type in the region, with the variant `zone` in their
 * zone, with `savings-plan` a plan for their family, with `universal` one for all.
 */
export function seedCommitment(context: AliyunContext, owner: SeedOwner): void {
  const { variant = "region" } = owner;
  if (!["region", "zone", "savings-plan", "universal"].includes(variant))
    throw unsupportedSeed("aliyun", "owners.variant", `there is no commitment called ${variant}.`);
  const [first] = membersOf(context, owner).flatMap((id) => context.state.instances.get(id) ?? []);
  const kind = variant === "savings-plan" || variant === "universal" ? "savings-plan" : "reserved-instance";
  const id = context.ids.assign(kind, owner.id);
  context.state.commitments.set(id, {
    id,
    kind,
    instanceType: variant === "universal" ? "" : (first?.type ?? ""),
    ...(variant === "zone" ? { zone: first?.zone } : {}),
    startsAt: context.now,
    endsAt: context.now + year,
  });
}
