/*
 * How long things take on the fake's clock. EC2 promises no times; these are inside the ranges that its guides give
 * ("terminated instances stay visible for about an hour", "Your instance might take a few minutes to stop").
 */
const second = 1_000;

/** How long things take, in milliseconds of the fake's clock. */
export const timings = {
  launchMs: 10 * second,
  startMs: 15 * second,
  stopMs: 20 * second,
  shutDownMs: 30 * second,
  /** A stopped instance is terminated almost at once. */
  shutDownStoppedMs: 2 * second,
  /** Volumes and interfaces are held a little longer than the instance. */
  releaseMs: 5 * second,
  volumeDeletionMs: 10 * second,
  volumeDetachMs: 5 * second,
  /** "Terminated instances remain visible after termination (for approximately one hour)". */
  tombstoneMs: 60 * 60 * second,
  snapshotMs: 60 * second,
  /** About one snapshot of a volume in this time, else SnapshotCreationPerVolumeRateExceeded. */
  snapshotSpacingMs: 15 * second,
  /** Deregistration delay of a target group that sets none. */
  drainMs: 300 * second,
  /** Until a scaling group, a fleet or a persistent Spot request launches what it lost. */
  replacementMs: 60 * second,
  detachFromGroupMs: 10 * second,
} as const;
