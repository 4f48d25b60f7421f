import type { HuaweiCall } from "../call.js";

/** Largest page of RDS ("Querying DB instances", limit). */
const databasePageLimit = 100;

/** A database of RDS. It has no list of addresses: groups decide who gets in. */
export interface Database {
  readonly id: string;
  readonly name: string;
  readonly groupIds: readonly string[];
  readonly privateIps: readonly string[];
}

/** All databases of the project. */
export async function readDatabases(call: HuaweiCall): Promise<readonly Database[]> {
  const list = { field: "instances", limit: databasePageLimit, by: "offset" } as const;
  const rows = await call.pages("rds", "GET /v3/{project_id}/instances", {}, list);
  return rows.map((row) => ({
    id: row.need("id"),
    name: row.text("name") ?? "",
    groupIds: (row.text("security_group_id") ?? "").split(",").filter((id) => id !== ""),
    privateIps: row.texts("private_ips"),
  }));
}
