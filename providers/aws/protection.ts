import { mapConcurrent } from "../../src/batch.js";
import type { Tristate } from "../../src/common.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import type { InstanceRecord } from "../../src/instances.js";
import type { AwsCall } from "./call.js";
import type { SeenInstance } from "./record.js";

/** The two switches that make EC2 refuse a termination. */
export interface Protection {
  readonly termination: Tristate;
  readonly stop: Tristate;
}

/** What was read of the protection of several instances. */
export interface ProtectionReading {
  /** By id, for every instance asked about. */
  readonly byId: ReadonlyMap<string, Protection>;
  /** Why it could not be read, by id. */
  readonly unread: ReadonlyMap<string, Problem>;
}

/**
 * Requests under way at a time. One attribute of one instance is a request ("DescribeInstanceAttribute", EC2 API
 * reference), and the account shares the rate with everybody else who works in it.
 */
const concurrency = 5;

/**
 * Reads both protections. Spot instances can have neither, and instances with an instance-store root no stop
 * protection ("Change instance termination protection" and "Enable stop protection", EC2 User Guide), so those are not
 * asked about. What could not be read is `"unknown"`; a denial ends the reading, since every further one would be denied
 * as well.
 */
export async function readProtection(call: AwsCall, instances: readonly SeenInstance[]): Promise<ProtectionReading> {
  const byId = new Map<string, Protection>();
  const unread = new Map<string, Problem>();
  let denied: Problem | undefined;
  await mapConcurrent(instances, concurrency, async (seen) => {
    const { id } = seen.record;
    byId.set(id, unknownProtection);
    if (denied) return void unread.set(id, denied);
    try {
      byId.set(id, await protectionOf(call, seen));
    } catch (error) {
      const problem = readingProblem(error);
      unread.set(id, problem);
      if (problem.code === "access-denied" || problem.code === "authentication") denied = problem;
    }
  });
  return { byId, unread };
}

/** The record with its protection written in. */
export function withProtection(record: InstanceRecord, reading: ProtectionReading): InstanceRecord {
  const protection = reading.byId.get(record.id);
  return protection ? { ...record, protection: { ...record.protection, ...protection } } : record;
}

const unknownProtection: Protection = { termination: "unknown", stop: "unknown" };

async function protectionOf(call: AwsCall, { record, facts }: SeenInstance): Promise<Protection> {
  if (record.billing.unified === "spot") return { termination: false, stop: false };
  const [termination, stop] = await Promise.all([
    readSwitch(call, record.id, "disableApiTermination", "DisableApiTermination"),
    facts.rootDevice === "instance-store" ? false : readSwitch(call, record.id, "disableApiStop", "DisableApiStop"),
  ]);
  return { termination, stop };
}

async function readSwitch(call: AwsCall, instanceId: string, attribute: string, field: string): Promise<Tristate> {
  const parameters = { InstanceId: instanceId, Attribute: attribute };
  const { body } = await call.read("ec2", "DescribeInstanceAttribute", parameters);
  // An answer without the switch says nothing about it.
  return body.object(field)?.flag("Value") ?? "unknown";
}

function readingProblem(error: unknown): Problem {
  if (DecommissionError.isInstance(error) && error.code !== "aborted") return error.problem;
  throw error;
}
