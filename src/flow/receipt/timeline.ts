import type { JournalEntry } from "../journal.js";

/** A journal line in a sentence; `undefined` for lines that tell a reader nothing new. */
export function tell(entry: JournalEntry): { readonly said: string; readonly requestId?: string } | undefined {
  switch (entry.type) {
    case "gate":
      return { said: entry.passed ? "Final gate passed" : `Final gate refused: ${entry.problem?.message ?? ""}` };
    case "closed":
      return {
        said: entry.problem ? `Ended as ${entry.status}: ${entry.problem.message}` : `Ended as ${entry.status}`,
      };
    case "intent":
      return { said: `Sending ${entry.intent.api}` };
    case "verdict":
      return { said: `Looked: ${entry.verdict.status}${entry.verdict.clean ? ", clean" : ""}` };
    case "outcome": {
      const { operation, outcome } = entry;
      const problem = "problem" in outcome ? `: ${outcome.problem.message}` : "";
      const requestId =
        "requestId" in outcome && typeof outcome.requestId === "string" ? { requestId: outcome.requestId } : {};
      return { said: `${operation}: ${outcome.status}${problem}`, ...requestId };
    }
    default:
      return undefined;
  }
}
