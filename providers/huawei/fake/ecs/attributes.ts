import type { JsonObject } from "../../../../src/common.js";
import { record, records, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { watchAutoTermination } from "../lifecycle.js";
import { type Asked, ecs } from "../service.js";
import { change, type HuaweiActions } from "../state.js";
import { serverOf } from "./describe.js";
import { refuseBinned, refuseLocked } from "./guard.js";
import { detail } from "./shapes.js";

/** "Tag management": at most ten tags a server. */
const mostTags = 10;

/** One path for both: the action is in the body. */
function tagServer(asked: Asked): undefined {
  const server = serverOf(asked);
  refuseBinned([server]);
  const isDeletion = text(asked.body, "action") === "delete";
  const tags = { ...server.tags };
  for (const one of records(asked.body, "tags")) {
    const key = text(one, "key") ?? "";
    if (key === "" || key.length > 36 || (text(one, "value") ?? "").length > 43)
      throw refusal("Ecs.0005", `The tag ${key} is not valid.`, 400);
    if (isDeletion) delete tags[key];
    else tags[key] = text(one, "value") ?? "";
  }
  if (Object.keys(tags).length > mostTags) throw refusal("Ecs.0005", "The number of tags exceeds the limit.", 400);
  change(asked.state.servers, server.id, { tags });
  asked.effect(server.id);
  return undefined;
}

function showTags(asked: Asked): JsonObject {
  return { tags: Object.entries(serverOf(asked).tags).map(([key, value]) => ({ key, value })) };
}

function setMetadata(asked: Asked): JsonObject {
  const server = serverOf(asked);
  const entries = Object.entries(record(asked.body, "metadata")).map(([key, value]) => [key, String(value)]);
  const metadata = { ...server.metadata, ...Object.fromEntries(entries) };
  change(asked.state.servers, server.id, { metadata });
  asked.effect(server.id);
  return { metadata };
}

function deleteMetadata(asked: Asked): undefined {
  const server = serverOf(asked);
  const { [asked.path.key ?? ""]: removed, ...metadata } = server.metadata;
  if (removed === undefined) throw refusal("Ecs.0114", "The metadata item could not be found.", 404);
  change(asked.state.servers, server.id, { metadata });
  asked.effect(server.id);
  return undefined;
}

/** "Scheduled deletion": for pay-per-use servers, an empty text calls it off. */
function setAutoTermination(asked: Asked): undefined {
  const server = serverOf(asked);
  refuseLocked([server]);
  refuseBinned([server]);
  const word = asked.body.auto_terminate_time;
  const at = word === "" ? undefined : Date.parse(String(word));
  if (server.chargingMode !== "0") throw refusal("Ecs.0005", "Only pay-per-use ECSs can be released by time.", 400);
  if (at !== undefined && !(at > asked.now)) throw refusal("Ecs.0005", "auto_terminate_time is not valid.", 400);
  change(asked.state.servers, server.id, { autoTerminateAt: at });
  watchAutoTermination(asked, server.id);
  asked.effect(server.id);
  return undefined;
}

function renameServer(asked: Asked): JsonObject {
  const server = serverOf(asked);
  const values = record(asked.body, "server");
  const changed = change(asked.state.servers, server.id, { name: text(values, "name") ?? server.name });
  asked.effect(server.id);
  return { server: detail(asked.state, changed ?? server) };
}

/** What is written on a server. */
export const attributeActions: HuaweiActions = {
  "ecs:POST /v1/{project_id}/cloudservers/{server_id}/tags/action": ecs.write(
    "action=create|delete! tags[10]{key! value}!",
    tagServer,
  ),
  "ecs:GET /v1/{project_id}/cloudservers/{server_id}/tags": ecs.read("", showTags),
  "ecs:POST /v1/{project_id}/cloudservers/{server_id}/metadata": ecs.write("metadata{*}!", setMetadata),
  "ecs:DELETE /v1/{project_id}/cloudservers/{server_id}/metadata/{key}": ecs.remove("", deleteMetadata),
  "ecs:POST /v1/{project_id}/cloudservers/{server_id}/actions/update-auto-terminate-time": ecs.write(
    "auto_terminate_time!",
    setAutoTermination,
  ),
  "ecs:PUT /v1/{project_id}/cloudservers/{server_id}": ecs.write("server{name description hostname}!", renameServer),
};
