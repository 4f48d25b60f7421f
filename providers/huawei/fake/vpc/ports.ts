import type { JsonObject } from "../../../../src/common.js";
import { isList, record, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { markerPage, passes } from "../list.js";
import type { Port } from "../records.js";
import { type Asked, vpc } from "../service.js";
import { change, existing, type HuaweiActions, type HuaweiState } from "../state.js";
import { dropPort } from "../storage.js";
import { bareSeconds } from "../times.js";

/** A port as VPC v1 shows it. */
function portWire({ projectId }: HuaweiState, port: Port): JsonObject {
  return {
    id: port.id,
    name: port.name,
    status: port.serverId === undefined && port.deviceId === undefined ? "DOWN" : "ACTIVE",
    admin_state_up: true,
    fixed_ips: port.ips.map((ip_address) => ({ subnet_id: port.subnetId, ip_address })),
    mac_address: port.mac,
    network_id: port.subnetId,
    tenant_id: projectId,
    project_id: projectId,
    device_id: port.serverId ?? port.deviceId ?? "",
    device_owner: port.owner,
    security_groups: port.groupIds,
    extra_dhcp_opts: [],
    allowed_address_pairs: port.pairs.map((ip_address) => ({ ip_address, mac_address: port.mac })),
    "binding:vnic_type": "normal",
    "binding:vif_details": { primary_interface: port.primary },
    "binding:profile": {},
    port_security_enabled: true,
    instance_type: port.serverId === undefined ? "" : "ECS",
    instance_id: port.serverId ?? "",
    created_at: bareSeconds(port.createdAt),
    updated_at: bareSeconds(port.createdAt),
  };
}

/** `fixed_ips=ip_address=192.168.0.1`. */
function hasAddress(query: JsonObject, port: Port): boolean {
  const asked = query.fixed_ips;
  if (!isList(asked)) return true;
  return asked.every((one) => {
    const [name, value = ""] = String(one).split("=");
    return name === "subnet_id" ? port.subnetId === value : port.ips.includes(value);
  });
}

function portsFound({ state, query }: Asked): readonly Port[] {
  return [...state.ports.values()].filter(
    (port) =>
      passes(query, "id", port.id) &&
      passes(query, "name", port.name) &&
      passes(query, "network_id", port.subnetId) &&
      passes(query, "mac_address", port.mac) &&
      passes(query, "device_id", port.serverId ?? port.deviceId) &&
      passes(query, "device_owner", port.owner) &&
      passes(query, "security_groups", ...port.groupIds) &&
      hasAddress(query, port),
  );
}

/** No total and no next page: a page that is full may have a further one. */
function listPorts(asked: Asked): JsonObject {
  const { rows } = markerPage(portsFound(asked), asked.query, 2_000);
  return { ports: rows.map((port) => portWire(asked.state, port)) };
}

function neutronList(asked: Asked): JsonObject {
  const { rows, more } = markerPage(portsFound(asked), asked.query, 2_000);
  const href = `https://vpc/v2.0/ports?marker=${rows.at(-1)?.id}`;
  const ports = rows.map((port) => portWire(asked.state, port));
  return { ports, ports_links: more ? [{ rel: "next", href }] : [] };
}

function portNamed({ state, path }: Asked): Port {
  return existing(state.ports, path.port_id ?? "", "VPC.0401", "port");
}

/** Sets the groups of one interface as a whole; a server's must keep one ("VPC.0607"). */
function updatePort(asked: Asked): JsonObject {
  const { state } = asked;
  const port = portNamed(asked);
  const wanted = record(asked.body, "port");
  const groupIds = "security_groups" in wanted ? texts(wanted, "security_groups") : port.groupIds;
  for (const id of groupIds) existing(state.groups, id, "VPC.0603", "security group");
  if (groupIds.length === 0 && port.serverId !== undefined)
    throw refusal("VPC.0607", "The instance must belong to at least one security group.", 400);
  const pairs =
    "allowed_address_pairs" in wanted
      ? records(wanted, "allowed_address_pairs").map((pair) => text(pair, "ip_address") ?? "")
      : port.pairs;
  const changed = change(state.ports, port.id, { groupIds, pairs, name: text(wanted, "name") ?? port.name });
  asked.effect(port.id);
  return { port: portWire(state, changed ?? port) };
}

function deletePort(asked: Asked): undefined {
  const port = portNamed(asked);
  if (port.serverId !== undefined || (port.owner !== "" && port.owner !== "neutron:VIP_PORT"))
    throw refusal("VPC.0404", `Port ${port.id} is in use by ${port.owner}.`, 409);
  dropPort(asked, port);
  asked.effect(port.id);
  return undefined;
}

/** Groups of one interface, one by one (VPC v3). */
function regroup(asked: Asked, isInsertion: boolean): JsonObject {
  const port = portNamed(asked);
  const named = texts(record(asked.body, "port"), "security_groups");
  for (const id of named) existing(asked.state.groups, id, "VPC.0603", "security group");
  const groupIds = isInsertion
    ? [...new Set([...port.groupIds, ...named])]
    : port.groupIds.filter((id) => !named.includes(id));
  if (groupIds.length === 0) throw refusal("VPC.0607", "The instance must belong to at least one security group.", 400);
  const changed = change(asked.state.ports, port.id, { groupIds });
  asked.effect(port.id);
  return { request_id: asked.requestId, port: portWire(asked.state, changed ?? port) };
}

const filters =
  "id name admin_state_up network_id mac_address device_id device_owner status security_groups[] fixed_ips[] " +
  "enterprise_project_id limit:n0-2000 marker";
const update =
  "port{name security_groups[] allowed_address_pairs[]{ip_address! mac_address} extra_dhcp_opts[]{opt_name opt_value}}!";

/** Ports. */
export const portActions: HuaweiActions = {
  "vpc:GET /v1/{project_id}/ports": vpc.read(filters, listPorts),
  "vpc:GET /v1/{project_id}/ports/{port_id}": vpc.read("", (asked) => ({
    port: portWire(asked.state, portNamed(asked)),
  })),
  "vpc:PUT /v1/{project_id}/ports/{port_id}": vpc.write(update, updatePort),
  "vpc:DELETE /v1/{project_id}/ports/{port_id}": vpc.remove("", deletePort),
  "vpc:GET /v2.0/ports": vpc.read(filters, neutronList),
  "vpc:PUT /v3/{project_id}/ports/{port_id}/insert-security-groups": vpc.write("port{security_groups[20]!}!", (asked) =>
    regroup(asked, true),
  ),
  "vpc:PUT /v3/{project_id}/ports/{port_id}/remove-security-groups": vpc.write("port{security_groups[20]!}!", (asked) =>
    regroup(asked, false),
  ),
};
