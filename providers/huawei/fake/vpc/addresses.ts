import type { JsonObject } from "../../../../src/common.js";
import { record, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { markerPage, passes } from "../list.js";
import type { PublicIp } from "../records.js";
import { type Asked, vpc } from "../service.js";
import { change, existing, type HuaweiActions, type HuaweiState } from "../state.js";
import { spaced, utc } from "../times.js";

interface Bound {
  readonly type: string | null;
  readonly id: string | null;
}

/** What an address is bound to. A port of a server or a virtual address is `PORT`; others tell their service. */
function boundTo(state: HuaweiState, { portId }: PublicIp): Bound {
  const port = portId === undefined ? undefined : state.ports.get(portId);
  if (portId === undefined || !port) return { type: null, id: null };
  if (port.owner.startsWith("neutron:LOADBALANCER")) return { type: "ELB", id: port.deviceId ?? null };
  if (port.owner.startsWith("network:nat")) return { type: "NATGW", id: port.deviceId ?? null };
  return { type: "PORT", id: portId };
}

/** An address as EIP v3 shows it. */
function addressWire(state: HuaweiState, address: PublicIp): JsonObject {
  const port = address.portId === undefined ? undefined : state.ports.get(address.portId);
  const bound = boundTo(state, address);
  return {
    id: address.id,
    project_id: state.projectId,
    ip_version: 4,
    public_ip_address: address.ip,
    public_ipv6_address: null,
    status: bound.type === null ? "DOWN" : "ACTIVE",
    description: "",
    public_border_group: "center",
    type: "EIP",
    alias: null,
    vnic: port
      ? {
          private_ip_address: port.ips[0] ?? "",
          device_id: port.serverId ?? port.deviceId ?? "",
          device_owner: port.owner,
          vpc_id: port.vpcId,
          port_id: port.id,
          port_profile: "",
          mac: port.mac,
          vtep: "",
          vni: "",
          instance_id: port.serverId ?? "",
          instance_type: "",
        }
      : null,
    bandwidth: {
      id: address.bandwidthId,
      size: 5,
      share_type: address.isShared ? "WHOLE" : "PER",
      charge_mode: "traffic",
      name: address.bandwidthName,
      billing_info: address.orderId === undefined ? "" : `${address.orderId}:x:cn:x`,
    },
    enterprise_project_id: "0",
    // "order_id:product_id:region_id:project_id" of a yearly/monthly address, null for pay-per-use.
    billing_info: address.orderId === undefined ? null : `${address.orderId}:00301:${state.region}:${state.projectId}`,
    lock_status: null,
    associate_instance_type: bound.type,
    associate_instance_id: bound.id,
    publicip_pool_id: "160576782980d5762f9ec014dd2f1148",
    publicip_pool_name: "5_bgp",
    tags: Object.entries(address.tags).map(([key, value]) => `${key}*${value}`),
    created_at: utc(address.createdAt),
    updated_at: utc(address.createdAt),
  };
}

function listAddresses({ state, query, requestId }: Asked): JsonObject {
  const found = [...state.publicIps.values()].filter((address) => {
    const port = address.portId === undefined ? undefined : state.ports.get(address.portId);
    const bound = boundTo(state, address);
    return (
      passes(query, "id", address.id) &&
      passes(query, "public_ip_address", address.ip) &&
      passes(query, "vnic.port_id", address.portId) &&
      passes(query, "vnic.device_id", port?.serverId ?? port?.deviceId) &&
      passes(query, "vnic.private_ip_address", port?.ips[0]) &&
      passes(query, "associate_instance_type", bound.type) &&
      passes(query, "associate_instance_id", bound.id) &&
      passes(query, "status", bound.type === null ? "DOWN" : "ACTIVE")
    );
  });
  const { rows, info } = markerPage(found, query, 2_000);
  const publicips = rows.map((address) => addressWire(state, address));
  return { request_id: requestId, publicips, page_info: info, total_count: found.length };
}

/** An address as EIP v1 shows it. */
function olderWire(state: HuaweiState, address: PublicIp): JsonObject {
  const port = address.portId === undefined ? undefined : state.ports.get(address.portId);
  return {
    id: address.id,
    type: "5_bgp",
    port_id: address.portId ?? "",
    public_ip_address: address.ip,
    private_ip_address: port?.ips[0] ?? "",
    status: boundTo(state, address).type === null ? "DOWN" : "ACTIVE",
    tenant_id: state.projectId,
    create_time: spaced(address.createdAt),
    bandwidth_id: address.bandwidthId,
    bandwidth_name: address.bandwidthName,
    bandwidth_share_type: address.isShared ? "WHOLE" : "PER",
    bandwidth_size: 5,
    enterprise_project_id: "0",
    ip_version: 4,
    ...(address.orderId === undefined ? {} : { profile: { order_id: address.orderId, region_id: state.region } }),
  };
}

function listOlder({ state, query }: Asked): JsonObject {
  const found = [...state.publicIps.values()].filter(
    (address) =>
      passes(query, "id", address.id) &&
      passes(query, "port_id", address.portId) &&
      passes(query, "public_ip_address", address.ip),
  );
  const { rows } = markerPage(found, query, 2_000);
  return { publicips: rows.map((address) => olderWire(state, address)) };
}

function addressNamed({ state, path }: Asked): PublicIp {
  return existing(state.publicIps, path.publicip_id ?? "", "VPC.0504", "floating IP");
}

/** Not while it is bound ("VPC.0517"), and not what was paid for in advance. */
function deleteAddress(asked: Asked): undefined {
  const address = addressNamed(asked);
  if (address.portId !== undefined) throw refusal("VPC.0517", "Floating IP is bound to a port, unbind it first.", 409);
  if (address.orderId !== undefined)
    throw refusal("VPC.0503", "A yearly/monthly EIP has to be unsubscribed from.", 400);
  asked.state.publicIps.delete(address.id);
  asked.effect(address.id);
  return undefined;
}

function bindAddress(asked: Asked): JsonObject {
  const address = addressNamed(asked);
  const portId = text(record(asked.body, "publicip"), "associate_instance_id") ?? "";
  existing(asked.state.ports, portId, "VPC.0401", "port");
  if (address.portId !== undefined) throw refusal("VPC.0510", "Floating IP has already been associated.", 409);
  const changed = change(asked.state.publicIps, address.id, { portId });
  asked.effect(address.id);
  return { request_id: asked.requestId, publicip: addressWire(asked.state, changed ?? address) };
}

function unbindAddress(asked: Asked): JsonObject {
  const address = addressNamed(asked);
  const bound = boundTo(asked.state, address);
  if (bound.type === "ELB") throw refusal("VPC.0516", "The floating IP is used by a load balancer.", 500);
  if (bound.type === null) throw refusal("VPC.0511", "The floating IP is not bound.", 409);
  const changed = change(asked.state.publicIps, address.id, { portId: undefined });
  asked.effect(address.id);
  return { request_id: asked.requestId, publicip: addressWire(asked.state, changed ?? address) };
}

/** The older way to bind and unbind: a port, or none. */
function updateOlder(asked: Asked): JsonObject {
  const address = addressNamed(asked);
  const wanted = record(asked.body, "publicip");
  const portId = text(wanted, "port_id");
  if (portId !== undefined) existing(asked.state.ports, portId, "VPC.0401", "port");
  if (portId !== undefined && address.portId !== undefined)
    throw refusal("VPC.0510", "Floating IP has already been associated.", 409);
  const changed = change(asked.state.publicIps, address.id, { portId });
  asked.effect(address.id);
  return { publicip: olderWire(asked.state, changed ?? address) };
}

/** Elastic addresses. They answer under VPC's host. */
export const addressActions: HuaweiActions = {
  "vpc:GET /v3/{project_id}/eip/publicips": vpc.read(
    "marker offset:n limit:n1-2000 fields[] sort_key sort_dir id[] ip_version:n public_ip_address[] status[] " +
      "enterprise_project_id public_ip_address_like vnic.port_id[] vnic.device_id[] vnic.private_ip_address[] " +
      "vnic.instance_id[] associate_instance_type[] associate_instance_id[] type[] bandwidth.id[]",
    listAddresses,
  ),
  "vpc:GET /v3/{project_id}/eip/publicips/{publicip_id}": vpc.read("fields[]", (asked) => ({
    request_id: asked.requestId,
    publicip: addressWire(asked.state, addressNamed(asked)),
  })),
  "vpc:POST /v3/{project_id}/eip/publicips/{publicip_id}/associate-instance": vpc.write(
    "publicip{associate_instance_type=PORT! associate_instance_id!}!",
    bindAddress,
  ),
  "vpc:POST /v3/{project_id}/eip/publicips/{publicip_id}/disassociate-instance": vpc.write("", unbindAddress),
  "vpc:GET /v1/{project_id}/publicips": vpc.read(
    "marker limit:n0-2000 id[] port_id[] public_ip_address[] ip_version:n enterprise_project_id",
    listOlder,
  ),
  "vpc:GET /v1/{project_id}/publicips/{publicip_id}": vpc.read("", (asked) => ({
    publicip: olderWire(asked.state, addressNamed(asked)),
  })),
  "vpc:PUT /v1/{project_id}/publicips/{publicip_id}": vpc.write("publicip{port_id ip_version:n}!", updateOlder),
  "vpc:DELETE /v1/{project_id}/publicips/{publicip_id}": vpc.remove("", deleteAddress),
};
