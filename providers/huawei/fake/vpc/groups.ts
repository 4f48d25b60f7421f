import type { JsonObject } from "../../../../src/common.js";
import { record, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { markerPage, passes } from "../list.js";
import type { AddressGroup, SecurityGroup } from "../records.js";
import { type Asked, vpc } from "../service.js";
import { existing, type HuaweiActions, type HuaweiState, resourcesOf } from "../state.js";
import { utc } from "../times.js";
import { ruleOf } from "./rules.js";

function groupWire({ projectId }: HuaweiState, group: SecurityGroup): JsonObject {
  return {
    id: group.id,
    name: group.name,
    project_id: projectId,
    description: group.description,
    enterprise_project_id: "0",
    created_at: utc(group.createdAt),
    updated_at: utc(group.createdAt),
    tags: Object.entries(group.tags).map(([key, value]) => ({ key, value })),
  };
}

function listGroups({ state, query, requestId }: Asked): JsonObject {
  const found = [...state.groups.values()].filter(
    ({ id, name, description }) =>
      passes(query, "id", id) && passes(query, "name", name) && passes(query, "description", description),
  );
  const { rows, info } = markerPage(found, query, 2_000);
  return { request_id: requestId, security_groups: rows.map((group) => groupWire(state, group)), page_info: info };
}

function groupNamed({ state, path }: Asked): SecurityGroup {
  return existing(state.groups, path.security_group_id ?? "", "VPC.0603", "security group");
}

function showGroup(asked: Asked): JsonObject {
  const group = groupNamed(asked);
  const rules = [...asked.state.rules.values()].filter(({ groupId }) => groupId === group.id);
  const security_group_rules = rules.map((rule) => ruleOf(asked.state, rule));
  return { request_id: asked.requestId, security_group: { ...groupWire(asked.state, group), security_group_rules } };
}

/** As Neutron makes it: everything may go out, and members may reach each other. */
function createGroup(asked: Asked): JsonObject {
  const { state, ids, now } = asked;
  const wanted = record(asked.body, "security_group");
  const id = ids.assign("security-group");
  const [name, description] = [text(wanted, "name") ?? "", text(wanted, "description") ?? ""];
  state.groups.set(id, { id, name, description, isDefault: false, createdAt: now, tags: {} });
  const common = { groupId: id, protocol: null, multiport: null, remoteIpPrefix: null, remoteAddressGroupId: null };
  const rest = { action: "allow", priority: 100, enabled: true, description: "", createdAt: now } as const;
  for (const ethertype of ["IPv4", "IPv6"] as const)
    for (const direction of ["ingress", "egress"] as const) {
      const ruleId = ids.assign("security-group-rule");
      const remoteGroupId = direction === "ingress" ? id : null;
      state.rules.set(ruleId, { id: ruleId, direction, ethertype, remoteGroupId, ...common, ...rest });
    }
  asked.effect(id);
  return showGroup({ ...asked, path: { ...asked.path, security_group_id: id } });
}

/** Not the default one, and not while a port or a rule elsewhere names it. */
function deleteGroup(asked: Asked): undefined {
  const { state } = asked;
  const group = groupNamed(asked);
  const isUsed =
    [...state.ports.values()].some(({ groupIds }) => groupIds.includes(group.id)) ||
    [...state.subInterfaces.values()].some(({ groupIds }) => groupIds.includes(group.id)) ||
    [...state.rules.values()].some(({ groupId, remoteGroupId }) => remoteGroupId === group.id && groupId !== group.id);
  if (group.isDefault) throw refusal("VPC.0606", "The default security group cannot be deleted.", 409);
  if (isUsed) throw refusal("VPC.0605", `Security group ${group.id} in use.`, 409);
  state.groups.delete(group.id);
  for (const rule of state.rules.values()) if (rule.groupId === group.id) state.rules.delete(rule.id);
  asked.effect(group.id);
  return undefined;
}

function addressGroupWire({ projectId }: HuaweiState, group: AddressGroup): JsonObject {
  return {
    id: group.id,
    name: group.name,
    description: "",
    max_capacity: 20,
    ip_set: group.ips,
    ip_version: 4,
    ip_extra_set: group.ips.map((ip) => ({ ip, remarks: null })),
    status: "NORMAL",
    status_message: "",
    tenant_id: projectId,
    enterprise_project_id: "0",
    created_at: utc(group.createdAt),
    updated_at: utc(group.createdAt),
    tags: [],
  };
}

function listAddressGroups({ state, query, requestId }: Asked): JsonObject {
  const found = [...state.addressGroups.values()].filter(
    ({ id, name }) => passes(query, "id", id) && passes(query, "name", name),
  );
  const { rows, info } = markerPage(found, query, 2_000);
  return {
    request_id: requestId,
    address_groups: rows.map((group) => addressGroupWire(state, group)),
    page_info: info,
  };
}

function listSubInterfaces({ state, query, requestId }: Asked): JsonObject {
  const found = [...state.subInterfaces.values()].filter(
    ({ id, parentId, vpcId, ip }) =>
      passes(query, "id", id) &&
      passes(query, "parent_id", parentId) &&
      passes(query, "vpc_id", vpcId) &&
      passes(query, "private_ip_address", ip),
  );
  const { rows, info } = markerPage(found, query, 2_000);
  const sub_network_interfaces = rows.map((one) => ({
    id: one.id,
    virsubnet_id: one.subnetId,
    private_ip_address: one.ip,
    ipv6_ip_address: null,
    mac_address: "fa:16:3e:00:00:01",
    parent_device_id: state.ports.get(one.parentId)?.serverId ?? "",
    parent_id: one.parentId,
    description: "",
    vpc_id: one.vpcId,
    vlan_id: 2048,
    security_groups: one.groupIds,
    tags: [],
    project_id: state.projectId,
    created_at: utc(one.createdAt),
  }));
  return { request_id: requestId, sub_network_interfaces, page_info: info };
}

function deleteSubInterface(asked: Asked): undefined {
  const id = asked.path.sub_network_interface_id ?? "";
  existing(asked.state.subInterfaces, id, "VPC.0901", "supplementary network interface");
  asked.state.subInterfaces.delete(id);
  asked.effect(id);
  return undefined;
}

function listMirrorSessions({ state, query, requestId }: Asked): JsonObject {
  const found = resourcesOf(state, "mirror-session");
  const { rows, info } = markerPage(found, query, 2_000);
  return { request_id: requestId, traffic_mirror_sessions: rows.map(({ wire }) => wire), page_info: info };
}

const page = "limit:n0-2000 marker";

/** Groups, address groups and supplementary interfaces of VPC v3. */
export const groupActions: HuaweiActions = {
  "vpc:GET /v3/{project_id}/vpc/security-groups": vpc.read(
    `${page} id[] name[] description[] enterprise_project_id`,
    listGroups,
  ),
  "vpc:POST /v3/{project_id}/vpc/security-groups": vpc.write(
    "security_group{name! description enterprise_project_id tags[]{key! value}}! dry_run:b",
    createGroup,
    { success: 201 },
  ),
  "vpc:GET /v3/{project_id}/vpc/security-groups/{security_group_id}": vpc.read("", showGroup),
  "vpc:DELETE /v3/{project_id}/vpc/security-groups/{security_group_id}": vpc.remove("", deleteGroup),
  "vpc:GET /v3/{project_id}/vpc/address-groups": vpc.read(
    `${page} id[] name[] ip_version:n description[] enterprise_project_id`,
    listAddressGroups,
  ),
  "vpc:GET /v3/{project_id}/vpc/sub-network-interfaces": vpc.read(
    `${page} id[] virsubnet_id[] private_ip_address[] mac_address[] vpc_id[] description[] parent_id[]`,
    listSubInterfaces,
  ),
  "vpc:DELETE /v3/{project_id}/vpc/sub-network-interfaces/{sub_network_interface_id}": vpc.remove(
    "",
    deleteSubInterface,
  ),
  "vpc:GET /v3/{project_id}/vpc/traffic-mirror-sessions": vpc.read(`${page} id[] name[]`, listMirrorSessions),
};
