import type { Plan } from "./plan.js";
import type { ExecuteOptions } from "./result.js";

/** Whether a run only gives back what another run's journal records, so that nobody has to consent again. */
export async function undoneRun(plan: Plan, _options: ExecuteOptions): Promise<boolean> {
  return plan.kind === "undo" && false;
}
