import type { CompletePolicy } from "./policy.js";

const minuteMs = 60_000;

/** How long each step may take unless the policy says otherwise. Snapshots of large disks take hours, bare metal ends slowly. */
const defaultMinutes = {
  claim: 10,
  release: 30,
  quarantine: 30,
  snapshot: 360,
  gate: 10,
  rules: 30,
  terminate: 60,
  gone: 90,
  verify: 30,
  revert: 30,
} as const;

/** A step with a deadline of its own. */
export type TimedStep = keyof typeof defaultMinutes;

/** A step's budget in milliseconds. */
export function deadlineOf(step: TimedStep, policy: Pick<CompletePolicy, "stepDeadlineMinutes">): number {
  return (policy.stepDeadlineMinutes ?? defaultMinutes[step]) * minuteMs;
}
