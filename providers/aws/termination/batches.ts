import type { Effect } from "../../../src/effects.js";
import type { AwsCall } from "../call.js";
import { changeState } from "../power.js";
import type { SeenInstance } from "../record.js";
import { refusalOf, splitting, type Verdict } from "../splitting.js";

/**
 * Ends the members of a batch of one zone. EC2 refuses all of a zone for one protected member, and everything for one
 * unknown id, naming the culprit in the text at best (EC2 API reference, TerminateInstances).
 */
export async function endBatch(
  call: AwsCall,
  batch: readonly SeenInstance[],
  shutdown: "graceful" | "forced",
): Promise<ReadonlyMap<string, Verdict>> {
  // Only what is asked for is sent: both skip the guest's own shutdown and can lose what it has not written.
  const options = shutdown === "forced" ? { Force: true, SkipOsShutdown: true } : {};
  return await splitting(call, batch, (piece) =>
    changeState(call, piece, {
      action: "TerminateInstances",
      options,
      effectsOf: (id) => [terminationEffect(call, id)],
    }),
  );
}

/** The effect of a termination. */
export function terminationEffect(call: AwsCall, id: string): Effect {
  return {
    ...call.scope,
    kind: "instance-terminated",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { impossible: "EC2 keeps nothing of a terminated instance." },
  };
}

/** As {@link endBatch}, as EC2's dry run: it checks the permission alone, not the protection (EC2 API reference, DryRun). */
export async function tryBatch(call: AwsCall, batch: readonly SeenInstance[]): Promise<ReadonlyMap<string, Verdict>> {
  return await splitting(call, batch, async (piece) => {
    const ids = piece.map(({ record }) => record.id);
    const parameters = { InstanceIds: ids, DryRun: true };
    const problem = await refusalOf(() => call.requests.tryOut("ec2", "TerminateInstances", parameters));
    const verdict: Verdict = problem ? { kind: "refused", problem } : { kind: "accepted" };
    return new Map(ids.map((id) => [id, verdict]));
  });
}
