import { mapConcurrent, unique } from "../../src/batch.js";
import type { Tristate } from "../../src/common.js";
import { DecommissionError } from "../../src/errors.js";
import type { AliyunCall } from "./call.js";

/** Keys asked about at a time. DescribeKey takes one, and an account uses few for its disks. */
const concurrency = 5;

/**
 * Whether each of these KMS keys can decrypt now. A copy under a disabled key, or one that waits for its deletion, cannot
 * be restored ("Key states", KMS user guide). What could not be asked is `"unknown"`.
 */
export async function readKeyStates(
  call: AliyunCall,
  keyIds: readonly string[],
): Promise<ReadonlyMap<string, Tristate>> {
  const states = new Map<string, Tristate>();
  await mapConcurrent(unique(keyIds), concurrency, async (keyId) => {
    states.set(keyId, await keyUsable(call, keyId));
  });
  return states;
}

async function keyUsable(call: AliyunCall, keyId: string): Promise<Tristate> {
  try {
    const { body } = await call.read("kms", "DescribeKey", { KeyId: keyId });
    const state = body.object("KeyMetadata")?.text("KeyState");
    return state === undefined ? "unknown" : state === "Enabled";
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
    // A key that is not there any more is gone for good: nothing under it can be read again.
    return error.problem.cloudCode === "Forbidden.KeyNotFound" ? false : "unknown";
  }
}
