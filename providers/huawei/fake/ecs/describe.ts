import type { JsonObject } from "../../../../src/common.js";
import { flag, number, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { markerPage, passes } from "../list.js";
import { portsOf } from "../network.js";
import type { Server } from "../records.js";
import { type Asked, ecs } from "../service.js";
import type { HuaweiActions, HuaweiState } from "../state.js";
import { detail, expectedFields, ghost, metadataOf, summary, tagTexts } from "./shapes.js";

/** "ListServersDetails": at most 100 ids a request, so that the URL stays short. */
const mostIds = 100;

/** The newest first, as the console lists them. */
function serversOf(state: HuaweiState): readonly Server[] {
  return [...state.servers.values()].reverse();
}

/** Filters that several lists share. Tags: `key=value`, or a key alone. */
function fits(state: HuaweiState, server: Server, query: JsonObject): boolean {
  const name = text(query, "name");
  const ip = text(query, "ip");
  const ips = portsOf(state, server).flatMap((port) => port.ips);
  return (
    (name === undefined || server.name.includes(name)) &&
    (ip === undefined || ips.some((one) => one.includes(ip))) &&
    passes(query, "ip_eq", ...ips) &&
    passes(query, "status", server.status) &&
    passes(query, "flavor", server.flavor) &&
    hasTags(server, text(query, "tags")) &&
    (query["not-tags"] === undefined || !hasTags(server, text(query, "not-tags")))
  );
}

function hasTags(server: Server, asked: string | undefined): boolean {
  if (asked === undefined) return true;
  const own = new Set([...tagTexts(server), ...Object.keys(server.tags)]);
  return asked.split(",").every((tag) => own.has(tag));
}

/**
 * Pages are numbered from 1, with 25 servers unless more are asked for. With `server_id` every other filter is
 * overlooked, an id that is no server gets an entry all the same, and a server in the bin shows. Without it, the bin
 * does not.
 */
function listDetails({ state, query, requestId }: Asked): JsonObject {
  const asked = text(query, "server_id")?.split(",");
  const limit = number(query, "limit") ?? 25;
  const page = Math.max(1, number(query, "offset") ?? 1);
  if (asked === undefined) {
    const found = serversOf(state).filter((server) => !server.bin && fits(state, server, query));
    const marked = text(query, "marker") === undefined ? undefined : markerPage(found, { ...query, limit }, limit);
    const rows = marked?.rows ?? found.slice((page - 1) * limit, page * limit);
    return { request_id: requestId, count: found.length, servers: rows.map((server) => detail(state, server)) };
  }
  if (asked.length > mostIds) throw refusal("Ecs.0005", `At most ${mostIds} server ids a request.`, 400);
  const [sample] = state.servers.values();
  const ids = [...new Set(asked)];
  const servers = ids.slice((page - 1) * limit, page * limit).map((id) => {
    const server = state.servers.get(id);
    return server ? detail(state, server) : ghost(state, sample, id);
  });
  return { request_id: requestId, count: ids.length, servers };
}

/** Ten servers unless more are asked for, those in the bin among them unless the filter says otherwise. */
function listCloudServers({ state, query, requestId }: Asked): JsonObject {
  const fields = texts(query, "expect-fields").flatMap((one) => one.split(","));
  const unknown = fields.find((field) => !expectedFields.includes(field));
  if (unknown !== undefined) throw refusal("Ecs.0005", `expect-fields does not know ${unknown}.`, 400);
  const inBin = flag(query, "in_recycle_bin");
  const found = serversOf(state).filter(
    (server) =>
      fits(state, server, query) &&
      passes(query, "id", server.id) &&
      passes(query, "charging_mode", server.chargingMode) &&
      passes(query, "key_name", server.keyName) &&
      passes(query, "flavor_name", server.flavor) &&
      passes(query, "availability_zone_eq", server.zone) &&
      hasMetadata(server, query) &&
      (inBin === undefined || inBin === (server.bin !== undefined)),
  );
  const { rows, more } = markerPage(found, query, 10);
  const next = {
    rel: "next",
    href: `https://ecs/v1.1/${state.projectId}/cloudservers/detail?marker=${rows.at(-1)?.id}`,
  };
  return {
    request_id: requestId,
    servers: rows.map((server) => summary(state, server, fields)),
    servers_links: more ? [next] : [],
  };
}

function hasMetadata(server: Server, query: JsonObject): boolean {
  const metadata = metadataOf(server);
  const pair = text(query, "metadata");
  const key = text(query, "metadata-key");
  const own = Object.entries(metadata).map(([name, value]) => `${name}=${value}`);
  return (pair === undefined || own.includes(pair)) && (key === undefined || key in metadata);
}

/** A server that was asked for by its id; one in the bin shows as SOFT_DELETED. */
export function serverOf({ state, path }: Pick<Asked, "state" | "path">): Server {
  const server = state.servers.get(path.server_id ?? "");
  if (!server) throw refusal("Ecs.0114", "The ECS does not exist.", 404);
  return server;
}

/** The only read that shows user data, in base64, whatever is in it. */
function showServer(asked: Asked): JsonObject {
  const server = serverOf(asked);
  const userData = Buffer.from(server.userData ?? "").toString("base64");
  return { server: { ...detail(asked.state, server), "OS-EXT-SRV-ATTR:user_data": userData } };
}

function listByTag({ state, body }: Asked): JsonObject {
  const tags = Array.isArray(body.tags) ? body.tags : [];
  const found = serversOf(state).filter((server) =>
    tags.every(({ key, values = [] }) => {
      const value = server.tags[String(key)];
      return value !== undefined && (values.length === 0 || values.includes(value));
    }),
  );
  if (body.action === "count") return { total_count: found.length };
  const offset = Number(body.offset ?? 0);
  const resources = found.slice(offset, offset + Number(body.limit ?? 1_000)).map((server) => ({
    resource_id: server.id,
    resource_name: server.name,
    resource_detail: "",
    tags: Object.entries(server.tags).map(([key, value]) => ({ key, value })),
  }));
  return { resources, total_count: found.length };
}

/** Queries that change nothing. */
export const describeActions: HuaweiActions = {
  "ecs:GET /v1/{project_id}/cloudservers/detail": ecs.read(
    "enterprise_project_id flavor ip ip_eq limit:n1-1000 marker name not-tags offset:n reservation_id server_id status tags",
    listDetails,
  ),
  "ecs:GET /v1.1/{project_id}/cloudservers/detail": ecs.read(
    "id name status in_recycle_bin:b spod_id flavor_name image_id metadata metadata-key tags not-tags availability_zone " +
      "availability_zone_eq charging_mode=0|1|2 key_name launched_since enterprise_project_id expect-fields[] " +
      "limit:n1-100 marker",
    listCloudServers,
  ),
  "ecs:GET /v1/{project_id}/cloudservers/{server_id}": ecs.read("", showServer),
  "ecs:POST /v1/{project_id}/cloudservers/resource_instances/action": ecs.ask(
    "action=filter|count! limit offset tags[]{key! values[]} not_tags[]{key! values[]} matches[]{key! value!}",
    listByTag,
  ),
};
