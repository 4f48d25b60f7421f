import type { JsonObject } from "../../../../src/common.js";
import { isRecord, record, records, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { startJob } from "../jobs.js";
import { setState, start } from "../lifecycle.js";
import type { Server } from "../records.js";
import { type Asked, ecs } from "../service.js";
import type { HuaweiActions } from "../state.js";
import { timings } from "../timings.js";
import { namedServers, refuseBinned, refuseLocked } from "./guard.js";

type Power = "os-stop" | "os-start" | "reboot";

/** How each action begins, and what it ends in. */
const ways = {
  "os-stop": { from: ["ACTIVE"], task: "powering-off" },
  "os-start": { from: ["SHUTOFF"], task: "powering-on" },
  reboot: { from: ["ACTIVE"], task: "rebooting" },
} as const;

/** One request for up to 1,000 servers, in which exactly one action stands. */
function operate(asked: Asked): JsonObject {
  const [name, another] = Object.keys(asked.body);
  if (another !== undefined || (name !== "os-stop" && name !== "os-start" && name !== "reboot"))
    throw refusal("Ecs.0005", "The body holds one of os-stop, os-start and reboot.", 400);
  const order = record(asked.body, name);
  const isHard = text(order, "type") === "HARD";
  const ids = records(order, "servers").map(({ id }) => String(id));
  const servers = namedServers(asked, ids);
  refuseLocked(servers);
  refuseBinned(servers);
  const work = servers.map((server) => workOn(asked, server, name, isHard));
  return { job_id: startJob(asked, "ecs", "serversAction", work) };
}

function workOn(asked: Asked, server: Server, name: Power, isHard: boolean) {
  const { id } = server;
  const entities = { server_id: id };
  const isThere = server.status === (name === "os-start" ? "ACTIVE" : "SHUTOFF");
  const durationMs = name === "os-stop" && isHard ? timings.stopHardMs : timings.stopMs;
  // Stopping what is stopped is no error, and changes nothing.
  if (server.taskState === null && isThere && name !== "reboot") return { entities, durationMs: 1_000 };
  const from: readonly string[] = ways[name].from;
  if (server.taskState !== null || !from.includes(server.status)) {
    const message = `The ECS status does not meet the requirements: ${server.status}.`;
    return { entities, durationMs, refused: refusal("Ecs.0100", message, 400) };
  }
  asked.effect(id);
  const turn = setState(asked, id, server.status, ways[name].task);
  const done = () => {
    if (asked.state.servers.get(id)?.turn !== turn) return;
    if (name === "os-stop") setState(asked, id, "SHUTOFF");
    else start(asked, id);
  };
  return { entities, durationMs, done };
}

/** Nova's actions of one server answer 202 with nothing and no job. */
export function novaPower(asked: Asked, server: Server, name: Power): undefined {
  const { refused, done, durationMs } = { refused: undefined, done: undefined, ...workOn(asked, server, name, false) };
  if (refused) throw refusal(refused.cloudCode, `Cannot '${name}' while it is in vm_state ${server.status}`, 409);
  if (done) asked.later(durationMs, done);
  return undefined;
}

/** Whether a body is one of Nova's power actions. */
export function novaPowerName(body: JsonObject): Power | undefined {
  if ("os-stop" in body) return "os-stop";
  if ("os-start" in body) return "os-start";
  return "reboot" in body && isRecord(body.reboot) ? "reboot" : undefined;
}

const servers = "servers[1000]{id!}!";

/** Start, stop and reboot of many. */
export const powerActions: HuaweiActions = {
  "ecs:POST /v1/{project_id}/cloudservers/action": ecs.write(
    `os-stop{${servers} type=SOFT|HARD} os-start{${servers}} reboot{${servers} type=SOFT|HARD!}`,
    operate,
  ),
};
