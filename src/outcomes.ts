import type { Effect } from "./effects.js";
import type { Problem, ProblemCode } from "./errors.js";
import type { Blocked, Failed, Undetermined } from "./snapshots.js";

/** Codes that name something about the instance itself, which somebody can change. All others are the cloud's trouble. */
const preconditions: ReadonlySet<ProblemCode> = new Set([
  "protected",
  "locked",
  "owned",
  "dependency",
  "prepaid",
  "data-loss",
  "missing-snapshot-proof",
  "recycle-bin-unavailable",
  "wrong-state",
  "not-found",
  "conflict",
  "unsupported",
  "wrong-account",
]);

/** Nothing was changed, for a reason that names what has to change first. */
export function blocked(instanceId: string, problem: Problem): Blocked {
  return { status: "blocked", instanceId, problem: about(instanceId, problem), effects: [] };
}

/** The cloud refused, and a re-read shows the instance unchanged: `blocked` for a precondition, else `failed`. */
export function refused(instanceId: string, problem: Problem, effects: readonly Effect[] = []): Blocked | Failed {
  const status = preconditions.has(problem.code) ? "blocked" : "failed";
  return { status, instanceId, problem: about(instanceId, problem), effects };
}

/** The answer was lost, and reading again could not tell. */
export function undetermined(instanceId: string, problem: Problem, effects: readonly Effect[] = []): Undetermined {
  return { status: "unknown", instanceId, problem: about(instanceId, problem), effects };
}

/** A batch's problem as that of one of its instances. */
function about(instanceId: string, problem: Problem): Problem {
  return { ...problem, instanceIds: [instanceId] };
}
