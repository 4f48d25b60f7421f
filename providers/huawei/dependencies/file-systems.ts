import type { HuaweiCall } from "../call.js";

/** Largest page of SFS Turbo ("Querying details about file systems", limit). */
const sharePageLimit = 200;

/** A file system of SFS Turbo, which servers mount over its network. */
export interface FileSystem {
  readonly id: string;
  readonly name: string;
  readonly groupIds: readonly string[];
}

/** All file systems of the project. */
export async function readFileSystems(call: HuaweiCall): Promise<readonly FileSystem[]> {
  const list = { field: "shares", limit: sharePageLimit, by: "offset" } as const;
  const rows = await call.pages("sfs-turbo", "GET /v1/{project_id}/sfs-turbo/shares/detail", {}, list);
  return rows.map((row) => {
    const groupId = row.text("security_group_id");
    return { id: row.need("id"), name: row.text("name") ?? "", groupIds: groupId === undefined ? [] : [groupId] };
  });
}
