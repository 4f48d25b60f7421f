import type { JsonObject } from "../../../../src/common.js";
import { number, record, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { startJob } from "../jobs.js";
import { destroy, restore, setState } from "../lifecycle.js";
import { markerPage, passes, wanted } from "../list.js";
import { portsOf } from "../network.js";
import type { Bins, Server } from "../records.js";
import { type Asked, ecs } from "../service.js";
import { binsOf, type HuaweiActions, type HuaweiState } from "../state.js";
import { timings } from "../timings.js";
import { serverOf } from "./describe.js";
import { detail, tagTexts } from "./shapes.js";

/** At the top level, as Terraform's provider reads it; later definitions show it inside `recycle_bin`. */
function showBin({ state }: Asked): JsonObject {
  const { isOn, hours, thresholdDays } = binsOf(state).ecs;
  return {
    project_id: state.projectId,
    switch: isOn ? "on" : "off",
    policy: { retention_hour: hours, recycle_threshold_day: thresholdDays },
  };
}

function setBin({ state }: Asked, values: Partial<Bins["ecs"]>): void {
  const bins = binsOf(state);
  state.bins.set("bins", { ...bins, ecs: { ...bins.ecs, ...values } });
}

/** It can be switched off only when nothing is in it, and on only with the bin of EVS ("Enabling the Recycle Bin"). */
function switchBin(asked: Asked): undefined {
  const isOn = text(record(asked.body, "recycle_bin"), "switch") === "on";
  const isFull = [...asked.state.servers.values()].some(({ bin }) => bin);
  if (!isOn && isFull) throw refusal("Ecs.0100", "The recycle bin is not empty.", 400);
  if (isOn && !binsOf(asked.state).evs.isOn) throw refusal("Ecs.0005", "Enable the recycle bin of EVS first.", 400);
  setBin(asked, { isOn });
  asked.effect(asked.state.projectId);
  return undefined;
}

function setPolicy(asked: Asked): undefined {
  const policy = record(asked.body, "policy");
  const { hours, thresholdDays } = binsOf(asked.state).ecs;
  setBin(asked, {
    hours: number(policy, "retention_hour") ?? hours,
    thresholdDays: number(policy, "recycle_threshold_day") ?? thresholdDays,
  });
  asked.effect(asked.state.projectId);
  return undefined;
}

function listBinned({ state, query, requestId }: Asked): JsonObject {
  const ip = text(query, "ip_address");
  const name = text(query, "name");
  const found = [...state.servers.values()].filter(
    (server) =>
      server.bin !== undefined &&
      (name === undefined || server.name.includes(name)) &&
      (ip === undefined || portsOf(state, server).some(({ ips }) => ips.includes(ip))) &&
      passes(query, "availability_zone", server.zone) &&
      (wanted(query, "tags") ?? []).every((tag) => tagTexts(server).includes(tag)) &&
      (wanted(query, "tags_key") ?? []).every((key) => key in server.tags),
  );
  const { rows } = markerPage(found, query, 100);
  return { request_id: requestId, servers: rows.map((server) => detail(state, server)) };
}

function binnedServer(asked: Asked): Server {
  const server = serverOf(asked);
  if (!server.bin) throw refusal("Ecs.0114", "The ECS does not exist in the recycle bin.", 404);
  if (server.taskState !== null) throw refusal("Ecs.0100", "The ECS is being worked on.", 400);
  return server;
}

function atTurn(state: HuaweiState, id: string, turn: number): Server | undefined {
  const server = state.servers.get(id);
  return server?.turn === turn ? server : undefined;
}

function revert(asked: Asked): JsonObject {
  const server = binnedServer(asked);
  const { id } = server;
  asked.effect(id);
  const turn = setState(asked, id, "SOFT_DELETED", "restoring");
  const done = () => {
    const present = atTurn(asked.state, id, turn);
    if (present) restore(asked, present);
  };
  const work = { entities: { server_id: id }, durationMs: timings.revertMs, done };
  return { job_id: startJob(asked, "ecs", "revertServer", [work]) };
}

function purge(asked: Asked): JsonObject {
  const server = binnedServer(asked);
  const { id } = server;
  asked.effect(id);
  const turn = setState(asked, id, "SOFT_DELETED", "deleting");
  const done = () => {
    const present = atTurn(asked.state, id, turn);
    // Data disks that came into the bin with it go with it.
    if (present) destroy(asked, present, { disks: true, addresses: false });
  };
  const work = { entities: { server_id: id }, durationMs: timings.purgeMs, done };
  return { job_id: startJob(asked, "ecs", "deleteRecycleBinServer", [work]) };
}

/** The recycle bin. */
export const binActions: HuaweiActions = {
  "ecs:GET /v1/{project_id}/recycle-bin": ecs.read("", showBin),
  "ecs:PUT /v1/{project_id}/recycle-bin": ecs.write("recycle_bin{switch=on|off!}!", switchBin, { success: 204 }),
  "ecs:PUT /v1/{project_id}/recycle-bin/policy": ecs.write(
    "policy{retention_hour:n1-720 recycle_threshold_day:n1-1000}!",
    setPolicy,
    { success: 204 },
  ),
  "ecs:GET /v1/{project_id}/recycle-bin/cloudservers": ecs.read(
    "all_tenants availability_zone expect-fields[] ip_address limit:n marker name offset tags[] tags_key[]",
    listBinned,
  ),
  "ecs:POST /v1/{project_id}/recycle-bin/cloudservers/{server_id}/actions/revert": ecs.write("", revert),
  "ecs:DELETE /v1/{project_id}/recycle-bin/cloudservers/{server_id}": ecs.remove("", purge),
};
