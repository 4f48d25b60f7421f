/**
 * What went wrong, as a closed set. Stable within a major version; a cloud code nobody mapped is
 * `unexpected` and is never retried.
 */
export type ProblemCode =
  | "access-denied"
  | "authentication"
  | "protected"
  | "locked"
  | "owned"
  | "dependency"
  | "prepaid"
  | "data-loss"
  | "missing-snapshot-proof"
  | "recycle-bin-unavailable"
  | "wrong-state"
  | "not-found"
  | "throttled"
  | "quota"
  | "conflict"
  | "invalid-request"
  | "unsupported"
  | "missing-package"
  | "wrong-account"
  | "drifted"
  | "plan-expired"
  | "plan-mismatch"
  | "approval-missing"
  | "approval-invalid"
  | "journal-corrupt"
  | "journal-busy"
  | "limit-exceeded"
  | "outside-window"
  | "frozen"
  | "budget-exhausted"
  | "network"
  | "timeout"
  | "aborted"
  | "service"
  | "unexpected";
/** One difficulty as plain data. Holds no credential, header or signed URL. */
export interface Problem {
  readonly code: ProblemCode;
  /** What was being done, and to what. May improve between releases; branch on `code`. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly hint: string;
  /** The cloud's own code, untouched. */
  readonly cloudCode?: string;
  readonly cloud?: string;
  readonly requestId?: string;
  readonly instanceIds?: readonly string[];
}

const mark = Symbol.for("cloud-decom.DecommissionError");

/** Thrown when a call as a whole could not run. What befell one instance is its outcome, never an exception. */
export class DecommissionError extends Error {
  /** What went wrong, as plain data. */
  readonly problem: Problem;

  constructor(problem: Problem, options?: { readonly cause?: unknown }) {
    super(problem.hint === "" ? problem.message : `${problem.message} ${problem.hint}`, options);
    this.name = "DecommissionError";
    this.problem = problem;
    Object.defineProperty(this, mark, { value: true });
  }

  /** The problem's code: what to branch on. */
  get code(): ProblemCode {
    return this.problem.code;
  }

  /** What the reader can do about it. */
  get hint(): string {
    return this.problem.hint;
  }

  /** Whether a value is this error, also when it comes from another installed copy of the package. */
  static isInstance(value: unknown): value is DecommissionError {
    return typeof value === "object" && value !== null && mark in value;
  }
}

/** Shorthand for the error most often thrown: input that is refused before anything is sent. */
export function invalidRequest(message: string, hint: string): DecommissionError {
  return new DecommissionError({ code: "invalid-request", message, hint });
}

/** The problem a thrown value carries. Anything that is not ours is `unexpected`; its text is kept, its fields are not. */
export function problemOf(error: unknown): Problem {
  if (DecommissionError.isInstance(error)) return error.problem;
  const message = error instanceof Error ? error.message : String(error);
  return { code: "unexpected", message, hint: "This looks like a defect. Report it with the message above." };
}
