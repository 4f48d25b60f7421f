import { isoNow } from "../../src/clock.js";
import type { AbsenceReads } from "../../src/departed.js";
import type { ControlRead } from "../../src/dependencies.js";
import type { HuaweiCall } from "./call.js";
import { readStates } from "./instances.js";
import { isServer } from "./record.js";
import { readRecycled } from "./recycled.js";

/** How absence is looked into on ECS: there is no tombstone, and an unknown id is an entry without a status. */
export function absenceReads(call: HuaweiCall): AbsenceReads {
  return {
    requests: call.requests,
    lookAgain: async (ids) => {
      const { byId, evidence } = await readStates(call, ids);
      return { presentIds: new Set(byId.keys()), evidence };
    },
    control: () => controlRead(call),
  };
}

/**
 * A row that these credentials see, so that an empty answer is known to mean "none": another server of the project, or a
 * security group, which a project with servers always has. Where the bin cannot be looked into, nothing is proved: what
 * is missing may be there. A bin that cannot be read throws.
 */
export async function controlRead(call: HuaweiCall): Promise<ControlRead | undefined> {
  const at = isoNow(call.requests.clock);
  await readRecycled(call);
  const query = { limit: 1 };
  const servers = await call.read("ecs", "GET /v1/{project_id}/cloudservers/detail", { query });
  const server = servers.body.needList("servers").find(isServer)?.text("id");
  if (server !== undefined) return { by: "row", row: "other", id: server, at };
  const groups = await call.read("vpc", "GET /v3/{project_id}/vpc/security-groups", { query });
  const group = groups.body.needList("security_groups")[0]?.text("id");
  return group === undefined ? undefined : { by: "row", row: "default-group", id: group, at };
}
