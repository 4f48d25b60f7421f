/*
 * How long things take on the fake's clock. Tencent Cloud promises no times: where a recording shows one it is kept
 * (a terminated pay-as-you-go instance was absent 10 to 11 seconds after the call), the others are of the same order.
 */
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long things take, in milliseconds of the fake's clock. */
export const timings = {
  launchMs: 20 * second,
  startMs: 10 * second,
  stopMs: 15 * second,
  stopHardMs: 3 * second,
  /** The operation says SUCCESS while the state still says STOPPING (recorded 10 seconds after StopInstances). */
  stopReportedMs: 5 * second,
  /** An accepted termination shows in `LatestOperation` at once, in `InstanceState` only then. */
  stateLagMs: 2 * second,
  terminateMs: 10 * second,
  isolateMs: 8 * second,
  /** Small changes of attributes run as operations too. */
  attributeMs: second,
  renewMs: 3 * second,
  convertMs: 5 * second,
  /** "Reclaiming instances": seven days for a prepaid instance, two hours for the console's release of others. */
  prepaidBinMs: 7 * 24 * hour,
  consoleBinMs: 2 * hour,
  diskBinMs: 7 * 24 * hour,
  /** A dead instance's private address is taken for a while (DescribeUsedIpAddress), as is its group (ResourceInUse). */
  addressLingersMs: 60 * second,
  groupLingersMs: 2 * minute,
  attachMs: 5 * second,
  detachMs: 5 * second,
  diskReturnMs: 5 * second,
  snapshotMs: 60 * second,
  imageMs: 2 * minute,
  addressTaskMs: 3 * second,
  interfaceTaskMs: 3 * second,
  balancerTaskMs: 4 * second,
  scalingActivityMs: 10 * second,
  /** Until a scaling group launches what it lost. */
  replacementMs: minute,
  /** "ActionTime": more than five minutes ahead. */
  timerLeadMs: 5 * minute,
  /** "Deadline": at least one day ahead. */
  snapshotDeadlineMs: 24 * hour,
} as const;
