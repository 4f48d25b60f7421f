/*
 * How long things take on the fake's clock. Alibaba Cloud promises few times; the others are within what its guides
 * and the Terraform provider's waits suggest.
 */
const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** How long things take, in milliseconds of the fake's clock. */
export const timings = {
  launchMs: 20 * second,
  startMs: 20 * second,
  /** A clean shutdown of the guest. */
  stopMs: 30 * second,
  /** A power-off. */
  powerOffMs: 5 * second,
  /** From power-off to the moment the id is no longer listed. */
  releaseMs: 15 * second,
  /** `ForceStop=false`: "causes the release operation to take several minutes" (DeleteInstancesRequest). */
  cleanReleaseMs: 3 * minute,
  /** What was kept is attached a little longer than its instance is listed. */
  letGoMs: 10 * second,
  /** "wait approximately one minute for the detachment to complete" (DetachDisk). */
  detachDiskMs: 60 * second,
  snapshotMs: 60 * second,
  /** Until a paid-in-advance instance reads PostPaid. */
  conversionMs: 40 * second,
  /** Deletes go on answering LastTokenProcessing for a while after that. */
  lastTokenMs: 10 * second,
  /** Until a refund order is carried out; a second one is taken meanwhile. */
  refundMs: 10 * second,
  unassociateMs: 5 * second,
  drainMs: 15 * second,
  detachFromGroupMs: 20 * second,
  /** Until a scaling group notices a loss and launches another. */
  replacementMs: 60 * second,
  /** "release 15 days after expiry" (ECS user guide, Subscription). */
  keptAfterExpiryMs: 15 * day,
  /** How long a refunded instance is kept with `ImmediatelyRelease=0` is not published. */
  keptAfterRefundMs: 15 * day,
  /** Auto-renewal is charged nine days before expiry. */
  renewalLeadMs: 9 * day,
  /** A preemptible instance is taken back five minutes after its lock says so. */
  reclaimMs: 5 * minute,
  /** "at least 30 minutes from the current time", "no more than three years" (ModifyInstanceAutoReleaseTimeRequest). */
  minimumReleaseLeadMs: 30 * minute,
  maximumReleaseLeadMs: 3 * 365 * day,
} as const;
