import type { InstanceRecord } from "./instances.js";

/** The tag that holds a claim. */
export const claimTag = "cloud-decom:claim";

/**
 * Who holds an instance: the value of its claim tag, written as `runId/journalId/epoch` before its first
 * mutation. Another live claim, or the own run's claim or artifacts without their journal, is `conflict`
 * until approvals name the adoption.
 */
export interface Claim {
  readonly runId: string;
  readonly journalId: string;
  readonly epoch: number;
}

/** The claim on an instance, if any. A tag that is not of our form is no claim. */
export function claimOf(record: Pick<InstanceRecord, "tags">): Claim | undefined {
  const [runId, journalId, epoch, ...rest] = record.tags[claimTag]?.split("/") ?? [];
  if (!runId || !journalId || !epoch || rest.length > 0 || !/^\d+$/.test(epoch)) return undefined;
  return { runId, journalId, epoch: Number(epoch) };
}

/** A claim as its tag holds it. */
export function formatClaim(claim: Claim): string {
  return `${claim.runId}/${claim.journalId}/${claim.epoch}`;
}
