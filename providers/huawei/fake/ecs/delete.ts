import type { JsonObject } from "../../../../src/common.js";
import { flag, records } from "../../../../src/testing/fake-json.js";
import { startJob } from "../jobs.js";
import { finish, setState } from "../lifecycle.js";
import type { Server } from "../records.js";
import { type Asked, ecs } from "../service.js";
import type { HuaweiActions } from "../state.js";
import { timings } from "../timings.js";
import { batchRefusal, deletionTrouble, namedServers, refuseBinned, refuseLocked } from "./guard.js";

/**
 * "Deleting ECSs": for pay-per-use servers alone, at most 1,000, one pair of flags for all. An absent `delete_publicip`
 * leaves it to each address's own flag. What the whole batch is refused for and what fails one part of its job is not
 * documented; both happen here.
 */
function deleteServers(asked: Asked): JsonObject {
  const servers = namedServers(
    asked,
    records(asked.body, "servers").map(({ id }) => String(id)),
  );
  const prepaid = servers.filter(({ chargingMode }) => chargingMode === "1").map(({ id }) => id);
  if (prepaid.length > 0)
    throw batchRefusal("Ecs.0005", "Yearly/monthly ECSs cannot be deleted, unsubscribe from them.", 400, prepaid);
  refuseLocked(servers);
  refuseBinned(servers);
  const flags = { disks: flag(asked.body, "delete_volume") ?? false, addresses: flag(asked.body, "delete_publicip") };
  return {
    job_id: startJob(
      asked,
      "ecs",
      "deleteVMs",
      servers.map((server) => deletionOf(asked, server, flags)),
    ),
  };
}

function deletionOf(asked: Asked, server: Server, flags: Parameters<typeof finish>[2]) {
  const { state } = asked;
  const entities = { server_id: server.id };
  const durationMs = timings.deleteMs;
  const refused = deletionTrouble(state, server);
  if (refused) return { entities, durationMs, refused };
  asked.effect(server.id);
  // The status stays what it was; only the task shows that the server is on its way out.
  const turn = setState(asked, server.id, server.status, "deleting");
  const done = () => {
    const last = state.servers.get(server.id);
    if (last?.turn === turn) finish(asked, last, flags);
  };
  return { entities, durationMs, done };
}

/** Nova's own deletion of one server, deprecated: no flags, no job. */
export function novaDelete(asked: Asked, server: Server): undefined {
  refuseLocked([server]);
  refuseBinned([server]);
  const trouble = deletionTrouble(asked.state, server);
  if (trouble) throw batchRefusal(trouble.cloudCode, trouble.message, 409, [server.id]);
  const { done, durationMs } = { done: undefined, ...deletionOf(asked, server, { disks: false }) };
  if (done) asked.later(durationMs, done);
  return undefined;
}

/** Deletion of many. */
export const deleteActions: HuaweiActions = {
  "ecs:POST /v1/{project_id}/cloudservers/delete": ecs.write(
    "servers[1000]{id!}! delete_publicip:b delete_volume:b",
    deleteServers,
  ),
};
