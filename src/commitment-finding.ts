import type { Finding } from "./findings.js";

/** What was paid for in advance may cover an instance, and bills on without it. `what` names it, `end` is its last moment. */
export function commitmentFinding(instanceId: string, id: string, end: string | undefined, what: string): Finding {
  return {
    instanceId,
    node: { kind: "commitment", id, billing: "continues" },
    edge: {
      relation: "inferred",
      effect: "report",
      atTermination: "kept",
      why: `The ${what} may cover it: the commitment${end === undefined ? "" : ` runs until ${end} and`} bills whether it is used or not.`,
    },
  };
}
