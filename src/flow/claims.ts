import type { Claim } from "../claim.js";

/** Whether two claims are by the same run under the same journal. The epoch only tells one owner of it from the next. */
export function sameClaimHolder(
  one: Pick<Claim, "runId" | "journalId">,
  other: Pick<Claim, "runId" | "journalId">,
): boolean {
  return one.runId === other.runId && one.journalId === other.journalId;
}
