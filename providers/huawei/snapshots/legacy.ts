import type { HuaweiCall } from "../call.js";

/** Largest page of the old listing ("Querying Details About EVS Snapshots", limit). */
const pageLimit = 1000;

/** Ids of all snapshots of the old kind. This library makes none: they are destroyed with their disk. */
export async function readLegacyIds(call: HuaweiCall): Promise<readonly string[]> {
  const list = { field: "snapshots", limit: pageLimit, by: "offset" } as const;
  return (await call.pages("evs", "GET /v2/{project_id}/cloudsnapshots/detail", {}, list)).map((row) => row.need("id"));
}
