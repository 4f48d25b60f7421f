import type { Tristate } from "../../src/common.js";
import { DecommissionError } from "../../src/errors.js";
import { Wire } from "../../src/wire.js";
import type { HuaweiCall } from "./call.js";

/** Servers of one page of the bin. The largest is not documented; the listing's neighbour of v1.1 takes a hundred. */
const binPageLimit = 100;

/** The project's recycle bin for servers. */
export interface RecycleBin {
  /** `"unknown"` where the answer does not say: that is never taken for off. */
  readonly enabled: Tristate;
  readonly retentionHours?: number;
  /** Servers younger than that are deleted for good at once. */
  readonly minimumAgeDays?: number;
}

/** Every server in the bin, as ECS shows it there. None where the region offers no bin. */
export async function readRecycled(call: HuaweiCall): Promise<readonly Wire[]> {
  try {
    const list = { field: "servers", limit: binPageLimit };
    const rows = await call.pages("ecs", "GET /v1/{project_id}/recycle-bin/cloudservers", {}, list);
    // What the bin lists is in the bin, whatever its status still reads.
    return rows.map((row) => new Wire({ ...row.toJson(), in_recycle_bin: true }, "ListRecycleBinServers"));
  } catch (error) {
    if (notOffered(error)) return [];
    throw error;
  }
}

/** How the bin is set. Answers come flat or inside `recycle_bin` ("ShowRecycleBin", SDK and API reference differ). */
export async function readRecycleBin(call: HuaweiCall): Promise<RecycleBin> {
  try {
    const { body } = await call.read("ecs", "GET /v1/{project_id}/recycle-bin", {});
    const bin = body.object("recycle_bin") ?? body;
    const word = bin.text("switch");
    const policy = bin.object("policy");
    const retentionHours = policy?.number("retention_hour");
    const minimumAgeDays = policy?.number("recycle_threshold_day");
    return {
      enabled: word === "on" ? true : word === "off" ? false : "unknown",
      ...(retentionHours === undefined ? {} : { retentionHours }),
      ...(minimumAgeDays === undefined ? {} : { minimumAgeDays }),
    };
  } catch (error) {
    if (notOffered(error)) return { enabled: false };
    throw error;
  }
}

/** The bin exists in some regions only: elsewhere the API itself is not there. A missing permission is something else. */
function notOffered(error: unknown): boolean {
  return DecommissionError.isInstance(error) && error.code === "unsupported";
}
