import { vpcOf } from "../network.js";
import type { Database, LaunchTemplate, ScalingGroup } from "../owners.js";
import type { AliyunContext } from "../state.js";

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
