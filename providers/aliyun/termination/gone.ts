import { absenceGapMs } from "../../../src/absence.js";
import { controlRead } from "../absent.js";
import type { AliyunCall } from "../call.js";
import { readStates } from "../instances.js";

/**
 * Which of these instances, seen a moment ago in this very call, are gone: missing in two reads apart, while another row
 * of the region shows. ECS keeps no trace of a released one, so absence is all there is to see.
 */
export async function goneAmong(call: AliyunCall, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const first = await missing(call, ids);
  if (first.length === 0) return new Set();
  await call.requests.wait(absenceGapMs);
  const again = await missing(call, first);
  if (again.length === 0 || (await controlRead(call)) === undefined) return new Set();
  return new Set(again);
}

async function missing(call: AliyunCall, ids: readonly string[]): Promise<readonly string[]> {
  const { byId } = await readStates(call, ids);
  return ids.filter((id) => !byId.has(id));
}
