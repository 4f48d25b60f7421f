import type { IsoDate } from "../common.js";
import { DecommissionError, type Problem } from "../errors.js";

/** How a run ends before its plan does. The same call goes on later. */
export type HaltState =
  | { readonly status: "waiting"; readonly until: IsoDate }
  | { readonly status: "paused" | "stopped"; readonly problem: Problem };

/**
 * Ends a phase early and cleanly. `final`: no forward step of this run will follow, so what was done to instances
 * still standing is given back; else it stays, since the run goes on from there.
 */
export class Halt extends Error {
  readonly state: HaltState;
  readonly final: boolean;

  constructor(state: HaltState, final: boolean) {
    super(state.status === "waiting" ? `Waiting until ${state.until}.` : state.problem.message);
    this.name = "Halt";
    this.state = state;
    this.final = final;
  }

  /** The same as an error, for whoever asked whether a request may leave. */
  toError(): DecommissionError {
    const problem: Problem =
      this.state.status === "waiting"
        ? { code: "outside-window", message: this.message, hint: "Run the same command then." }
        : this.state.problem;
    return new DecommissionError(problem, { cause: this });
  }
}

/** Ends the phase in any state. */
export function halted(state: HaltState, final: boolean): Halt {
  return new Halt(state, final);
}

/** Ends the run for now; what it did so far stays. */
export function pause(problem: Problem): Halt {
  return new Halt({ status: "paused", problem }, false);
}

/** Ends the run by somebody's decision or a limit. */
export function stop(problem: Problem, final: boolean): Halt {
  return new Halt({ status: "stopped", problem }, final);
}
