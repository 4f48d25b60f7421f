import type { JsonObject } from "../../../../src/common.js";
import { record, records, text, valuesAt } from "../../../../src/testing/fake-json.js";
import { markerPage, passes } from "../list.js";
import { cidrOf } from "../network.js";
import type { RouteTable } from "../records.js";
import { type Asked, vpc } from "../service.js";
import { change, existing, type HuaweiActions, type HuaweiState, resourcesOf } from "../state.js";
import { bareSeconds } from "../times.js";

const epoch = Date.parse("2020-01-01T00:00:00Z");

function vpcWire(state: HuaweiState, id: string): JsonObject {
  return {
    id,
    name: state.vpcs.get(id)?.name ?? "",
    description: "",
    cidr: cidrOf(state, id),
    status: "OK",
    routes: [],
    enterprise_project_id: "0",
    tenant_id: state.projectId,
    created_at: bareSeconds(epoch),
    updated_at: bareSeconds(epoch),
  };
}

function listVpcs({ state, query }: Asked): JsonObject {
  const { rows } = markerPage(
    [...state.vpcs.keys()].map((id) => ({ id })),
    query,
    2_000,
  );
  return { vpcs: rows.filter(({ id }) => passes(query, "id", id)).map(({ id }) => vpcWire(state, id)) };
}

function listSubnets({ state, query }: Asked): JsonObject {
  const all = [...state.vpcs].map(([vpc_id, { subnetId, name }]) => ({ id: subnetId, vpc_id, name }));
  const { rows } = markerPage(
    all.filter(({ vpc_id }) => passes(query, "vpc_id", vpc_id)),
    query,
    2_000,
  );
  const subnets = rows.map((one) => ({
    ...one,
    description: "",
    cidr: cidrOf(state, one.vpc_id).replace("/16", "/20"),
    gateway_ip: cidrOf(state, one.vpc_id).replace(".0.0/16", ".0.1"),
    status: "ACTIVE",
    neutron_network_id: one.id,
    neutron_subnet_id: one.id,
    tenant_id: state.projectId,
  }));
  return { subnets };
}

function tableWire({ projectId, vpcs }: HuaweiState, table: RouteTable): JsonObject {
  return {
    id: table.id,
    name: table.name,
    vpc_id: table.vpcId,
    default: table.isDefault,
    subnets: [{ id: vpcs.get(table.vpcId)?.subnetId ?? "" }],
    description: "",
    tenant_id: projectId,
    created_at: bareSeconds(table.createdAt),
    updated_at: bareSeconds(table.createdAt),
  };
}

/** The list does not show the routes: each table has to be asked for. */
function listTables({ state, query }: Asked): JsonObject {
  const found = [...state.routeTables.values()].filter(
    ({ id, vpcId }) => passes(query, "id", id) && passes(query, "vpc_id", vpcId),
  );
  const { rows } = markerPage(found, query, 2_000);
  return { routetables: rows.map((table) => tableWire(state, table)) };
}

function tableNamed({ state, path }: Asked): RouteTable {
  return existing(state.routeTables, path.routetable_id ?? "", "VPC.2701", "route table");
}

function showTable(asked: Asked): JsonObject {
  const table = tableNamed(asked);
  const local = ["127.0.0.0/8", "100.64.0.0/10", cidrOf(asked.state, table.vpcId)];
  const routes = [
    ...local.map((destination) => ({ type: "local", destination, nexthop: "-" })),
    ...table.routes.map((route) => ({ ...route, description: "" })),
  ];
  return { routetable: { ...tableWire(asked.state, table), routes } };
}

/** Routes are added and taken out by naming them; a route is known by its destination. */
function updateTable(asked: Asked): JsonObject {
  const table = tableNamed(asked);
  const changes = record(record(asked.body, "routetable"), "routes");
  const dropped = records(changes, "del").map((route) => text(route, "destination"));
  const added = records(changes, "add").map((route) => ({
    type: text(route, "type") ?? "ecs",
    destination: text(route, "destination") ?? "",
    nexthop: text(route, "nexthop") ?? "",
  }));
  const kept = table.routes.filter(({ destination }) => !dropped.includes(destination));
  change(asked.state.routeTables, table.id, { routes: [...kept, ...added] });
  asked.effect(table.id);
  return showTable(asked);
}

function listPeerings({ state, query }: Asked): JsonObject {
  const { rows, more } = markerPage(resourcesOf(state, "peering"), query, 2_000);
  const found = rows
    .map(({ wire }) => wire)
    .filter((wire) =>
      passes(
        query,
        "vpc_id",
        ...valuesAt(wire, "request_vpc_info.vpc_id"),
        ...valuesAt(wire, "accept_vpc_info.vpc_id"),
      ),
    );
  const href = `https://vpc/v2.0/vpc/peerings?marker=${rows.at(-1)?.id}`;
  return { peerings: found, ...(more ? { peerings_links: [{ rel: "next", href }] } : {}) };
}

const page = "limit:n0-2000 marker";
const route = "type! destination! nexthop! description";

/** Networks, routes and what connects networks. */
export const networkActions: HuaweiActions = {
  "vpc:GET /v1/{project_id}/vpcs": vpc.read(`${page} id enterprise_project_id`, listVpcs),
  "vpc:GET /v1/{project_id}/subnets": vpc.read(`${page} vpc_id`, listSubnets),
  "vpc:GET /v1/{project_id}/routetables": vpc.read(`${page} id vpc_id subnet_id`, listTables),
  "vpc:GET /v1/{project_id}/routetables/{routetable_id}": vpc.read("", showTable),
  "vpc:PUT /v1/{project_id}/routetables/{routetable_id}": vpc.write(
    `routetable{name description routes{add[]{${route}} mod[]{${route}} del[]{type destination! nexthop description}}}!`,
    updateTable,
  ),
  "vpc:GET /v2.0/vpc/peerings": vpc.read(`${page} id name status tenant_id vpc_id`, listPeerings),
};
