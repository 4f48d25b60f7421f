import type { JournalEntry } from "../journal.js";
import type { TimelineEntry } from "./receipt.js";

/** A journal line as a line of an instance's story; `undefined` for lines that tell a reader nothing new. */
export function tell(entry: JournalEntry): Omit<TimelineEntry, "at"> | undefined {
  switch (entry.type) {
    case "gate": {
      const { problem } = entry;
      if (entry.passed) return { kind: "gate-passed", said: "Passed the final gate" };
      return {
        kind: "gate-refused",
        said: `Held back by the final gate: ${problem?.message ?? ""}`,
        ...(problem ? { problem } : {}),
      };
    }
    case "attempt":
      return { kind: "saved-anew", said: `To be saved anew: ${entry.why}` };
    case "closed": {
      const { status, problem } = entry;
      return {
        kind: "closed",
        said: `Ended as ${status}${problem ? `: ${problem.message}` : ""}`,
        status,
        ...(problem ? { problem } : {}),
      };
    }
    case "intent":
      return { kind: "sent", said: `Sent ${entry.intent.api}`, subject: entry.intent.api };
    case "verdict": {
      const { status } = entry.verdict;
      return { kind: "looked", said: `Looked: ${status}${entry.verdict.clean ? ", clean" : ""}`, status };
    }
    case "outcome":
      return tellOutcome(entry);
    default:
      return undefined;
  }
}

function tellOutcome({ operation, outcome }: Extract<JournalEntry, { type: "outcome" }>): Omit<TimelineEntry, "at"> {
  const problem = "problem" in outcome ? { problem: outcome.problem } : {};
  const requestId =
    "requestId" in outcome && typeof outcome.requestId === "string" ? { requestId: outcome.requestId } : {};
  const why = "problem" in outcome ? `: ${outcome.problem.message}` : "";
  if (operation === "revert") {
    const subject = `${outcome.effect.kind} ${outcome.effect.resource.id}`;
    const cause = "why" in outcome ? `: ${outcome.why}` : why;
    return {
      kind: "gave-back",
      said: `Gave back ${subject}: ${outcome.status}${cause}`,
      subject,
      status: outcome.status,
      ...problem,
    };
  }
  const said = `${operation}: ${outcome.status}${why}`;
  return { kind: "outcome", said, subject: operation, status: outcome.status, ...problem, ...requestId };
}
