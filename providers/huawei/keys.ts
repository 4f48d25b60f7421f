import { mapConcurrent, unique } from "../../src/batch.js";
import type { Tristate } from "../../src/common.js";
import { DecommissionError } from "../../src/errors.js";
import type { HuaweiCall } from "./call.js";

const concurrency = 4;
/** State of a key that can be used ("Querying the Information About a CMK", key_state). */
const enabled = "2";

/** Whether keys can be used now, by id. One that cannot be asked about is `"unknown"`; one that is gone cannot be used. */
export async function readKeyStates(
  call: HuaweiCall,
  keyIds: readonly string[],
): Promise<ReadonlyMap<string, Tristate>> {
  const ids = unique(keyIds);
  const states = await mapConcurrent(ids, concurrency, (id) => readKeyState(call, id));
  return new Map(ids.map((id, index) => [id, states[index] ?? "unknown"]));
}

async function readKeyState(call: HuaweiCall, keyId: string): Promise<Tristate> {
  try {
    const action = "POST /v1.0/{project_id}/kms/describe-key";
    const { body } = await call.read("kms", action, { body: { key_id: keyId } });
    const state = body.object("key_info")?.text("key_state");
    return state === undefined ? "unknown" : state === enabled;
  } catch (error) {
    if (!DecommissionError.isInstance(error) || call.requests.stopped()) throw error;
    return error.code === "not-found" ? false : "unknown";
  }
}
