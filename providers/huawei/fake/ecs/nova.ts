import type { JsonObject } from "../../../../src/common.js";
import { record, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { markerPage, passes } from "../list.js";
import { groupIdsOf, portsOf } from "../network.js";
import type { SecurityGroup, Server } from "../records.js";
import { type Asked, ecs } from "../service.js";
import { change, type HuaweiActions, type HuaweiState } from "../state.js";
import { novaDelete } from "./delete.js";
import { refuseBinned, refuseLocked } from "./guard.js";
import { novaPower, novaPowerName } from "./power.js";
import { detail } from "./shapes.js";

function serverOf({ state, path }: Asked): Server {
  const server = state.servers.get(path.server_id ?? "");
  if (!server) throw refusal("itemNotFound", `Instance ${path.server_id} could not be found.`, 404);
  return server;
}

/** One action of one server: its name is the only key of the body, its value may be null. */
function act(asked: Asked): undefined {
  const server = serverOf(asked);
  const power = novaPowerName(asked.body);
  refuseBinned([server]);
  if (power) {
    refuseLocked([server]);
    return novaPower(asked, server, power);
  }
  if ("lock" in asked.body) return setLocked(asked, server, true);
  if ("unlock" in asked.body) return setLocked(asked, server, false);
  refuseLocked([server]);
  if ("addSecurityGroup" in asked.body) return addGroup(asked, server);
  if ("removeSecurityGroup" in asked.body) return removeGroup(asked, server);
  throw refusal("badRequest", "There is no such action.", 400);
}

/** A user's lock. That of an order is dropped by this as well: nothing stops whoever unlocks such a server. */
function setLocked({ state, effect }: Asked, { id, locks }: Server, isLocked: boolean): undefined {
  const isThere = locks.some(({ by }) => by === "user");
  if (isLocked && !isThere) change(state.servers, id, { locks: [...locks, { by: "user" }] });
  if (!isLocked) change(state.servers, id, { locks: [] });
  if (isLocked !== locks.length > 0) effect(id);
  return undefined;
}

/** By name or by id; a name that several groups have is refused. */
function groupNamed(state: HuaweiState, name: string): SecurityGroup {
  const known = state.groups.get(name);
  const [found, another] = known ? [known] : [...state.groups.values()].filter((group) => group.name === name);
  if (!found) throw refusal("itemNotFound", `Security group ${name} not found.`, 404);
  if (another) throw refusal("conflictingRequest", `Multiple security groups found matching ${name}.`, 409);
  return found;
}

function addGroup(asked: Asked, server: Server): undefined {
  const { id } = groupNamed(asked.state, text(record(asked.body, "addSecurityGroup"), "name") ?? "");
  const [primary] = portsOf(asked.state, server);
  if (!primary || primary.groupIds.includes(id)) return undefined;
  change(asked.state.ports, primary.id, { groupIds: [...primary.groupIds, id] });
  asked.effect(server.id);
  return undefined;
}

function removeGroup(asked: Asked, server: Server): undefined {
  const { id } = groupNamed(asked.state, text(record(asked.body, "removeSecurityGroup"), "name") ?? "");
  const holders = portsOf(asked.state, server).filter(({ groupIds }) => groupIds.includes(id));
  if (holders.length === 0) throw refusal("itemNotFound", `Security group ${id} is not associated.`, 404);
  if (holders.some(({ groupIds }) => groupIds.length === 1))
    throw refusal("badRequest", "An instance must belong to at least one security group.", 400);
  for (const port of holders)
    change(asked.state.ports, port.id, { groupIds: port.groupIds.filter((one) => one !== id) });
  asked.effect(server.id);
  return undefined;
}

/** The rules in it are of the older kind, without deny and priority, and left out here. */
function listGroups(asked: Asked): JsonObject {
  const { state } = asked;
  const groups = groupIdsOf(state, serverOf(asked)).flatMap((id) => state.groups.get(id) ?? []);
  return {
    security_groups: groups.map(({ id, name, description }) => ({
      id,
      name,
      description,
      tenant_id: state.projectId,
      rules: [],
    })),
  };
}

function listServers({ state, query }: Asked): JsonObject {
  const name = text(query, "name");
  const found = [...state.servers.values()].filter(
    (server) =>
      !server.bin && (name === undefined || server.name.includes(name)) && passes(query, "status", server.status),
  );
  const { rows, more } = markerPage(found, query, 1_000);
  const next = `https://ecs/v2.1/${state.projectId}/servers/detail?marker=${rows.at(-1)?.id}`;
  return {
    servers: rows.map((server) => detail(state, server)),
    ...(more ? { servers_links: [{ rel: "next", href: next }] } : {}),
  };
}

/** Nova's own API. Errors are in its own words: `itemNotFound` and the like. */
export const novaActions: HuaweiActions = {
  "ecs:POST /v2.1/{project_id}/servers/{server_id}/action": ecs.write(
    "lock:a unlock:a os-start:a os-stop:a reboot{type=SOFT|HARD!} addSecurityGroup{name!} removeSecurityGroup{name!}",
    act,
    { success: 202 },
  ),
  "ecs:DELETE /v2.1/{project_id}/servers/{server_id}": ecs.remove("", (asked) => novaDelete(asked, serverOf(asked))),
  "ecs:GET /v2.1/{project_id}/servers/detail": ecs.read(
    "changes-since flavor image ip limit:n1-1000 marker name not-tags reservation_id sort_key status tags",
    listServers,
  ),
  "ecs:GET /v2.1/{project_id}/servers/{server_id}": ecs.read("", (asked) => ({
    server: detail(asked.state, serverOf(asked)),
  })),
  "ecs:GET /v2.1/{project_id}/servers/{server_id}/os-security-groups": ecs.read("", listGroups),
};
