import type { JsonObject } from "../../../../src/common.js";
import { number, record, records, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { markerPage, passes } from "../list.js";
import type { Pool, PoolMember } from "../records.js";
import { type Asked, elb } from "../service.js";
import { change, existing, type HuaweiActions, type HuaweiState, resourcesOf } from "../state.js";
import { utc } from "../times.js";

/** "Querying backend servers": without a limit the page is 20. */
const usualMembers = 20;

function memberWire(state: HuaweiState, member: PoolMember): JsonObject {
  const pool = state.pools.get(member.poolId);
  const server = state.servers.get(member.serverId ?? "");
  return {
    id: member.id,
    name: null,
    weight: member.weight,
    admin_state_up: true,
    project_id: state.projectId,
    address: member.address,
    protocol_port: member.port,
    operating_status: server?.status === "ACTIVE" ? "ONLINE" : "OFFLINE",
    reason: null,
    status: [],
    // A member by address has none, and is no less a server.
    instance_id: member.serverId ?? "",
    device_id: member.serverId ?? "",
    device_owner: server ? `compute:${server.zone}` : "",
    member_type: member.serverId === undefined ? "ip" : "instance",
    pool_id: member.poolId,
    loadbalancers: pool ? [pool.balancerId] : [],
    loadbalancer_id: pool?.balancerId ?? "",
    subnet_cidr_id: state.vpcs.get(pool?.vpcId ?? "")?.subnetId ?? "",
    ip_version: "v4",
    availability_zone: "",
    created_at: utc(member.createdAt),
    updated_at: utc(member.createdAt),
  };
}

function membersOf({ state, query }: Asked, poolId?: string): readonly PoolMember[] {
  return [...state.poolMembers.values()].filter(
    (member) =>
      (poolId === undefined || member.poolId === poolId) &&
      passes(query, "id", member.id) &&
      passes(query, "address", member.address) &&
      passes(query, "pool_id", member.poolId) &&
      passes(query, "loadbalancer_id", state.pools.get(member.poolId)?.balancerId) &&
      passes(query, "instance_id", member.serverId) &&
      passes(query, "device_id", member.serverId) &&
      passes(query, "member_type", member.serverId === undefined ? "ip" : "instance"),
  );
}

function listMembers(asked: Asked, poolId?: string): JsonObject {
  if (poolId !== undefined) poolNamed(asked);
  const { rows, info } = markerPage(membersOf(asked, poolId), asked.query, usualMembers);
  return { request_id: asked.requestId, members: rows.map((one) => memberWire(asked.state, one)), page_info: info };
}

function poolWire(state: HuaweiState, pool: Pool): JsonObject {
  const members = [...state.poolMembers.values()].filter(({ poolId }) => poolId === pool.id);
  return {
    id: pool.id,
    name: pool.name,
    description: "",
    lb_algorithm: "ROUND_ROBIN",
    protocol: "TCP",
    type: members.some(({ serverId }) => serverId === undefined) ? "" : "instance",
    project_id: state.projectId,
    admin_state_up: true,
    healthmonitor_id: null,
    listeners: [{ id: pool.listenerId }],
    loadbalancers: [{ id: pool.balancerId }],
    members: members.map(({ id }) => ({ id })),
    session_persistence: null,
    member_deletion_protection_enable: pool.keepsMembers,
    protection_status: "nonProtection",
    protection_reason: "",
    vpc_id: pool.vpcId,
    ip_version: "v4",
    enterprise_project_id: "0",
    created_at: utc(pool.createdAt),
    updated_at: utc(pool.createdAt),
  };
}

function listPools(asked: Asked): JsonObject {
  const { state, query } = asked;
  const found = [...state.pools.values()].filter((pool) => {
    const members = [...state.poolMembers.values()].filter(({ poolId }) => poolId === pool.id);
    return (
      passes(query, "id", pool.id) &&
      passes(query, "name", pool.name) &&
      passes(query, "loadbalancer_id", pool.balancerId) &&
      passes(query, "listener_id", pool.listenerId) &&
      passes(query, "vpc_id", pool.vpcId) &&
      passes(query, "member_address", ...members.map(({ address }) => address)) &&
      passes(query, "member_device_id", ...members.map(({ serverId }) => serverId)) &&
      passes(query, "member_instance_id", ...members.map(({ serverId }) => serverId))
    );
  });
  const { rows, info } = markerPage(found, query, 2_000);
  return { request_id: asked.requestId, pools: rows.map((pool) => poolWire(state, pool)), page_info: info };
}

function poolNamed({ state, path }: Asked): Pool {
  return existing(state.pools, path.pool_id ?? "", "ELB.8904", "pool");
}

/** "Removal protection" keeps every member of a pool. */
function checkRemoval(pool: Pool): void {
  if (pool.keepsMembers) throw refusal("ELB.8907", `The members of pool ${pool.id} are protected from removal.`, 409);
}

/** One answer for each, as HTTP 200 even where a member could not be removed. */
function removeMembers(asked: Asked): JsonObject {
  const pool = poolNamed(asked);
  checkRemoval(pool);
  const members = records(asked.body, "members").map((one) => {
    const id = text(one, "id") ?? "";
    const member = asked.state.poolMembers.get(id);
    if (member?.poolId !== pool.id) return { id, ret_status: "failed", ret_code: "ELB.8904" };
    asked.state.poolMembers.delete(id);
    asked.effect(member.serverId ?? id);
    return { id, ret_status: "successful" };
  });
  return { request_id: asked.requestId, members };
}

function removeMember(asked: Asked): undefined {
  const pool = poolNamed(asked);
  checkRemoval(pool);
  const member = existing(asked.state.poolMembers, asked.path.member_id ?? "", "ELB.8904", "member");
  asked.state.poolMembers.delete(member.id);
  asked.effect(member.serverId ?? member.id);
  return undefined;
}

/** Weights and names: what else a member is cannot be changed. */
function updateMember(asked: Asked): JsonObject {
  poolNamed(asked);
  const { state } = asked;
  const member = existing(state.poolMembers, asked.path.member_id ?? "", "ELB.8904", "member");
  const weight = number(record(asked.body, "member"), "weight") ?? member.weight;
  change(state.poolMembers, member.id, { weight });
  asked.effect(member.serverId ?? member.id);
  return { request_id: asked.requestId, member: memberWire(state, { ...member, weight }) };
}

/** By server, or by address alone. An address of a server's port finds its server by itself. */
function memberFrom(asked: Asked, pool: Pool, wanted: JsonObject): PoolMember {
  const { state, ids, now } = asked;
  const address = text(wanted, "address") ?? "";
  const port = number(wanted, "protocol_port") ?? 0;
  const isThere = [...state.poolMembers.values()].some(
    (one) => one.poolId === pool.id && one.address === address && one.port === port,
  );
  if (isThere) throw refusal("ELB.8905", "There is such a member already.", 409);
  const isByServer = text(wanted, "subnet_cidr_id") !== undefined;
  const owner = [...state.ports.values()].find(({ ips, vpcId }) => ips.includes(address) && vpcId === pool.vpcId);
  const weight = number(wanted, "weight") ?? 1;
  const member = {
    id: ids.assign("member"),
    poolId: pool.id,
    serverId: isByServer ? owner?.serverId : undefined,
    address,
    port,
    weight,
    createdAt: now,
  };
  state.poolMembers.set(member.id, member);
  asked.effect(member.serverId ?? member.id);
  return member;
}

function addMember(asked: Asked): JsonObject {
  const member = memberFrom(asked, poolNamed(asked), record(asked.body, "member"));
  return { request_id: asked.requestId, member: memberWire(asked.state, member) };
}

function addMembers(asked: Asked): JsonObject {
  const pool = poolNamed(asked);
  const members = records(asked.body, "members").map((wanted) => memberFrom(asked, pool, wanted));
  return { request_id: asked.requestId, members: members.map((one) => memberWire(asked.state, one)) };
}

function listBalancers({ state, query, requestId }: Asked): JsonObject {
  const found = resourcesOf(state, "load-balancer").filter(({ id }) => passes(query, "id", id));
  const { rows, info } = markerPage(found, query, 2_000);
  return { request_id: requestId, loadbalancers: rows.map(({ wire }) => wire), page_info: info };
}

/** The older API shows pools with no more than the ids of their members. */
function olderPools({ state, query }: Asked): JsonObject {
  const found = [...state.pools.values()].filter((pool) => {
    const members = [...state.poolMembers.values()].filter(({ poolId }) => poolId === pool.id);
    return passes(query, "member_device_id", ...members.map(({ serverId }) => serverId));
  });
  const { rows } = markerPage(found, query, 2_000);
  return { pools: rows.map((pool) => poolWire(state, pool)) };
}

const page = "limit:n0-2000 marker page_reverse:b";
const member = "name address! protocol_port:n subnet_cidr_id weight:n0-100 admin_state_up:b";

/** Load balancers of both kinds, dedicated and shared. */
export const balancerActions: HuaweiActions = {
  "elb:GET /v3/{project_id}/elb/members": elb.read(
    `${page} name[] weight[] subnet_cidr_id[] address[] protocol_port[] id[] operating_status[] member_type[] ` +
      "enterprise_project_id[] ip_version[] pool_id[] loadbalancer_id[] instance_id[] device_id[]",
    (asked) => listMembers(asked),
  ),
  "elb:GET /v3/{project_id}/elb/pools": elb.read(
    `${page} id[] name[] loadbalancer_id[] listener_id[] vpc_id[] member_address[] member_device_id[] ` +
      "member_instance_id[] member_deletion_protection_enable:b protection_status[] enterprise_project_id[]",
    listPools,
  ),
  "elb:GET /v3/{project_id}/elb/pools/{pool_id}": elb.read("", (asked) => ({
    request_id: asked.requestId,
    pool: poolWire(asked.state, poolNamed(asked)),
  })),
  "elb:GET /v3/{project_id}/elb/pools/{pool_id}/members": elb.read(`${page} address[] id[]`, (asked) =>
    listMembers(asked, asked.path.pool_id),
  ),
  "elb:POST /v3/{project_id}/elb/pools/{pool_id}/members": elb.write(`member{${member}}!`, addMember, {
    success: 201,
  }),
  "elb:PUT /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}": elb.write(
    "member{name weight:n0-100 admin_state_up:b}!",
    updateMember,
  ),
  "elb:DELETE /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}": elb.remove("", removeMember),
  "elb:POST /v3/{project_id}/elb/pools/{pool_id}/members/batch-add": elb.write(`members[200]{${member}}!`, addMembers, {
    success: 201,
  }),
  "elb:POST /v3/{project_id}/elb/pools/{pool_id}/members/batch-delete": elb.write("members[200]{id!}!", removeMembers),
  "elb:GET /v3/{project_id}/elb/loadbalancers": elb.read(
    `${page} id[] name[] vpc_id[] include_recycle_bin:b`,
    listBalancers,
  ),
  "elb:GET /v2/{project_id}/elb/pools": elb.read(`${page} member_device_id member_address`, olderPools),
};
