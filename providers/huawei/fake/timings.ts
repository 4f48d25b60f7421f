/*
 * How long things take on the fake's clock. Huawei Cloud promises no times. A recorded power action took 41 seconds;
 * Terraform's provider waits 15 to 35 seconds for others, goes on asking after a job's success since the server "may
 * still exist", and retries a group's removal on 409 until its ports have vanished, seconds later.
 */
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How long things take, in milliseconds of the fake's clock. */
export const timings = {
  launchMs: 20 * second,
  startMs: 20 * second,
  stopMs: 25 * second,
  stopHardMs: 5 * second,
  deleteMs: 30 * second,
  /** The server is still there for this long after the job said SUCCESS. */
  lingersMs: 5 * second,
  /** Its ports, and with them the use of its groups, a little longer. */
  portsLingerMs: 5 * second,
  revertMs: 20 * second,
  purgeMs: 15 * second,
  attachMs: 5 * second,
  detachMs: 5 * second,
  diskDeleteMs: 10 * second,
  interfaceMs: 5 * second,
  snapshotMs: 60 * second,
  groupMs: 60 * second,
  backupMs: 3 * minute,
  /** "Querying Task Execution Status": finished jobs are kept for one day. */
  jobKeptMs: day,
  /** An order is worked on, then the resource is released, then the order is done. */
  orderMs: minute,
  orderReleaseMs: 20 * second,
  conversionMs: 2 * minute,
  scalingRemoveMs: 20 * second,
  /** Until a scaling group launches what it lost. */
  replacementMs: minute,
  hourMs: hour,
  dayMs: day,
  /** "Subscription expiration": the grace period of the international site; then as long again in retention. */
  graceMs: 15 * day,
  retentionMs: 15 * day,
} as const;
