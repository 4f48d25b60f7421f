import { scopeOf } from "../common.js";
import type { RunState } from "../events.js";
import { effectsOf, hasEnded, type InstanceLedger, type Ledger, lastOutcome } from "./ledger.js";
import type { InstanceResult, RunResult } from "./result.js";

/** How instances stand by their journal. */
export function resultsOf(instances: readonly InstanceLedger[]): readonly InstanceResult[] {
  return instances.map((instance) => {
    const { scope, id, closed, proofs, verdict } = instance;
    return {
      ...scopeOf(scope),
      instanceId: id,
      // What the cloud took is told even where the run stopped before it could look.
      status:
        closed?.status ??
        (hasEnded(instance) ? lastOutcome(instance, "terminate")?.status : undefined) ??
        "not-started",
      ...(closed?.problem === undefined ? {} : { problem: closed.problem }),
      proofs,
      effects: effectsOf(instance),
      ...(verdict === undefined ? {} : { verdict }),
    };
  });
}

/** How a run stands by its journal. */
export function runResult(ledger: Ledger, runId: string, journalId: string, planDigest: string): RunResult {
  const instances = resultsOf(ledger.instances);
  const state: RunState = ledger.state ?? { status: "running" };
  const clean =
    state.status === "finished" && instances.length > 0 && instances.every(({ verdict }) => verdict?.clean === true);
  return { ...state, runId, journalId, planDigest, instances, clean };
}
