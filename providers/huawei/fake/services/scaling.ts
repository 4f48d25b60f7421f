import type { JsonObject } from "../../../../src/common.js";
import { number, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { destroy } from "../lifecycle.js";
import { passes } from "../list.js";
import type { ScalingGroup, ScalingMember } from "../records.js";
import { type Asked, autoScaling } from "../service.js";
import { change, type HuaweiActions, type HuaweiState, join, leave } from "../state.js";
import { utc } from "../times.js";
import { timings } from "../timings.js";

/** Auto Scaling counts rows from 0, twenty a page, a hundred at most; texts and numbers are both taken. */
function rowsOf<Row>({ query }: Asked, rows: readonly Row[]) {
  const start_number = number(query, "start_number") ?? 0;
  const limit = number(query, "limit") ?? 20;
  return {
    fields: { total_number: rows.length, start_number, limit },
    rows: rows.slice(start_number, start_number + limit),
  };
}

function groupWire(state: HuaweiState, group: ScalingGroup): JsonObject {
  return {
    networks: [{ id: state.vpcs.get(group.vpcId)?.subnetId ?? "", ipv6_enable: false }],
    available_zones: [`${state.region}a`],
    detail: null,
    scaling_group_name: group.name,
    scaling_group_id: group.id,
    scaling_group_status: group.isEnabled ? "INSERVICE" : "PAUSED",
    scaling_configuration_id: group.configurationId,
    scaling_configuration_name: `as-config-${group.id.slice(0, 4)}`,
    current_instance_number: group.members.length,
    desire_instance_number: group.desired,
    min_instance_number: group.min,
    max_instance_number: group.max,
    cool_down_time: 300,
    lb_listener_id: null,
    security_groups: group.groupIds.map((id) => ({ id })),
    create_time: utc(group.createdAt),
    vpc_id: group.vpcId,
    health_periodic_audit_method: "NOVA_AUDIT",
    health_periodic_audit_time: 5,
    instance_terminate_policy: "OLD_CONFIG_OLD_INSTANCE",
    is_scaling: group.members.some(({ state: its }) => its === "REMOVING"),
    delete_publicip: false,
    enterprise_project_id: "0",
  };
}

function listGroups(asked: Asked): JsonObject {
  const { state, query } = asked;
  const found = [...state.scalingGroups.values()].filter(
    ({ name, configurationId }) =>
      passes(query, "scaling_group_name", name) && passes(query, "scaling_configuration_id", configurationId),
  );
  const { rows, fields } = rowsOf(asked, found);
  return { ...fields, scaling_groups: rows.map((group) => groupWire(state, group)) };
}

function listConfigurations(asked: Asked): JsonObject {
  const found = [...asked.state.scalingGroups.values()];
  const { rows, fields } = rowsOf(asked, found);
  const scaling_configurations = rows.map((group) => ({
    scaling_configuration_id: group.configurationId,
    scaling_configuration_name: `as-config-${group.id.slice(0, 4)}`,
    tenant: asked.state.projectId,
    create_time: utc(group.createdAt),
    instance_config: {
      flavorRef: "s6.large.2",
      imageRef: "51a76dc4-4f4b-4d3b-9d33-2b3b6a3f0a11",
      security_groups: group.groupIds.map((id) => ({ id })),
    },
    scaling_group_id: group.id,
  }));
  return { ...fields, scaling_configurations };
}

function groupNamed({ state, path }: Asked): ScalingGroup {
  const group = state.scalingGroups.get(path.scaling_group_id ?? "");
  // Recorded: HTTP 400, not 404.
  if (!group) throw refusal("AS.2007", "The AS group does not exist.", 400);
  return group;
}

function memberWire(group: ScalingGroup, member: ScalingMember): JsonObject {
  return {
    instance_id: member.serverId,
    instance_name: member.name,
    scaling_group_id: group.id,
    scaling_group_name: group.name,
    life_cycle_state: member.state,
    health_status: "NORMAL",
    scaling_configuration_name: `as-config-${group.id.slice(0, 4)}`,
    scaling_configuration_id: group.configurationId,
    create_time: utc(member.since),
    protect_from_scaling_down: member.isProtected,
  };
}

function listInstances(asked: Asked): JsonObject {
  const group = groupNamed(asked);
  const found = group.members.filter(({ state }) => passes(asked.query, "life_cycle_state", state));
  const { rows, fields } = rowsOf(asked, found);
  return { ...fields, scaling_group_instances: rows.map((member) => memberWire(group, member)) };
}

/** Puts servers in, takes them out, or changes their protection from scaling in. */
function act(asked: Asked): undefined {
  const { state } = asked;
  const group = groupNamed(asked);
  const ids = texts(asked.body, "instances_id");
  const action = text(asked.body, "action");
  if (action === "ADD") return addServers(asked, group, ids);
  for (const id of ids)
    if (!group.members.some(({ serverId }) => serverId === id))
      throw refusal("AS.4015", `The instance ${id} is not in the AS group.`, 400);
  if (action === "REMOVE") return removeServers(asked, group, ids);
  const isProtected = action === "PROTECT";
  const members = group.members.map((one) => (ids.includes(one.serverId) ? { ...one, isProtected } : one));
  change(state.scalingGroups, group.id, { members });
  for (const id of ids) asked.effect(id);
  return undefined;
}

/** Servers of the same network that run and are in no group yet. */
function addServers(asked: Asked, group: ScalingGroup, ids: readonly string[]): undefined {
  const { state, now } = asked;
  const taken = [...state.scalingGroups.values()].flatMap(({ members }) => members.map(({ serverId }) => serverId));
  const members = ids.map((serverId): ScalingMember => {
    const server = state.servers.get(serverId);
    if (server?.status !== "ACTIVE" || server.vpcId !== group.vpcId || taken.includes(serverId))
      throw refusal("AS.4012", `The instance ${serverId} cannot be added to the AS group.`, 400);
    return { serverId, name: server.name, state: "INSERVICE", isProtected: false, since: now };
  });
  if (group.members.length + ids.length > group.max)
    throw refusal("AS.4011", "The number of instances would exceed the maximum of the AS group.", 400);
  change(state.scalingGroups, group.id, {
    members: [...group.members, ...members],
    desired: group.desired + ids.length,
  });
  for (const id of ids) {
    asked.effect(id);
    join(state, "auto-scaling-group", group.id, id);
  }
  return undefined;
}

/** Never below the least size. Servers are kept unless the request says otherwise. */
function removeServers(asked: Asked, group: ScalingGroup, ids: readonly string[]): undefined {
  const { state } = asked;
  if (group.members.length - ids.length < group.min)
    throw refusal("AS.4010", "The number of instances would fall below the minimum of the AS group.", 400);
  const removing = group.members.map(
    (one): ScalingMember => (ids.includes(one.serverId) ? { ...one, state: "REMOVING" } : one),
  );
  change(state.scalingGroups, group.id, { members: removing, desired: group.desired - ids.length });
  for (const id of ids) asked.effect(id);
  const deletes = text(asked.body, "instance_delete") === "yes";
  asked.later(timings.scalingRemoveMs, () => removed(asked, group.id, ids, deletes));
  return undefined;
}

function removed(asked: Asked, groupId: string, ids: readonly string[], deletes: boolean): void {
  const { state } = asked;
  const group = state.scalingGroups.get(groupId);
  if (!group) return;
  const members = group.members.filter(({ serverId, state: its }) => !(ids.includes(serverId) && its === "REMOVING"));
  change(state.scalingGroups, groupId, { members });
  for (const id of ids) {
    leave(state, "auto-scaling-group", groupId, id);
    const server = state.servers.get(id);
    if (deletes && server) destroy(asked, server, { disks: false });
  }
}

/** One server out, as the SDK's `deleteScalingInstance` has it. */
function removeOne(asked: Asked): undefined {
  const id = asked.path.instance_id ?? "";
  const group = [...asked.state.scalingGroups.values()].find(({ members }) =>
    members.some(({ serverId }) => serverId === id),
  );
  if (!group) throw refusal("AS.4001", "The instance does not exist.", 400);
  const body = { instances_id: [id], action: "REMOVE", instance_delete: text(asked.query, "instance_delete") ?? "no" };
  return act({ ...asked, path: { ...asked.path, scaling_group_id: group.id }, body });
}

const page = "start_number:n limit:n0-100";

/** Auto Scaling. Its paths have a first part of their own. */
export const scalingActions: HuaweiActions = {
  "as:GET /autoscaling-api/v1/{project_id}/scaling_group": autoScaling.read(
    `${page} scaling_group_name scaling_configuration_id scaling_group_status enterprise_project_id`,
    listGroups,
  ),
  "as:GET /autoscaling-api/v1/{project_id}/scaling_configuration": autoScaling.read(
    `${page} scaling_configuration_name image_id`,
    listConfigurations,
  ),
  "as:GET /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/list": autoScaling.read(
    `${page} life_cycle_state health_status protect_from_scaling_down`,
    listInstances,
  ),
  "as:POST /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/action": autoScaling.write(
    "instances_id[50]! action=ADD|REMOVE|PROTECT|UNPROTECT! instance_delete=yes|no instance_append=yes|no",
    act,
  ),
  "as:DELETE /autoscaling-api/v1/{project_id}/scaling_group_instance/{instance_id}": autoScaling.remove(
    "instance_delete=yes|no",
    removeOne,
  ),
};
