import type { Clock } from "../../src/clock.js";
import type { MutationIntent, MutationRecorder, MutationResult } from "../../src/effects.js";
import { DecommissionError, type Problem, type ProblemCode } from "../../src/errors.js";
import type { InstanceRecord } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { openRequests, type Requests } from "../../src/requests.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import { fakeClock } from "../../src/testing/fake-clock.js";
import type { ApiAnswer, ApiRequest, Transport } from "../../src/transport.js";

/** What a scripted cloud does with one request: answer, or throw. */
export type Reply =
  | ApiAnswer
  | { readonly throws: ProblemCode; readonly executed?: "no" | "maybe" }
  | { readonly hangs: true };

/** A transport that replies from a list, in order; the last reply repeats. Notes what was sent. */
export function scriptedTransport(replies: readonly Reply[]): Transport & { readonly sent: ApiRequest[] } {
  const sent: ApiRequest[] = [];
  return {
    sent,
    classify: ({ action, parameters }) => {
      if (action.startsWith("Describe")) return "read";
      return parameters.DryRun === true ? "dry-run" : "mutation";
    },
    send: async (request) => {
      const reply = replies[Math.min(sent.length, replies.length - 1)];
      sent.push(request);
      if (!reply) throw new Error("no reply scripted");
      if ("hangs" in reply) return await new Promise<never>(() => undefined);
      if ("throws" in reply) throw new Refusal(reply.throws, reply.executed ?? "maybe");
      return reply;
    },
    translate: (error) =>
      error instanceof Refusal
        ? { problem: problem(error.code), executed: error.executed }
        : { problem: problem("unexpected"), executed: "maybe" },
  };
}

class Refusal extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly executed: "no" | "maybe",
  ) {
    super(code);
  }
}

export function problem(code: ProblemCode): Problem {
  return { code, message: `made to fail: ${code}`, hint: "none" };
}

/** Requests over a scripted transport, on a clock that jumps when somebody waits. */
export function scripted(
  replies: readonly Reply[],
  options: CallOptions & { readonly mode?: "reads" | "all"; readonly totalMs?: number; readonly clock?: Clock } = {},
): { readonly requests: Requests; readonly sent: readonly ApiRequest[]; readonly clock: Clock } {
  const transport = scriptedTransport(replies);
  const clock = options.clock ?? fakeClock();
  const requests = openRequests(
    {
      cloud: "test",
      transport,
      clock,
      totalMs: options.totalMs ?? 1_000,
      consistencyWindowMs: 10_000,
      limiterKey: "test/key",
      limitOf: () => ({ perSecond: 1_000, burst: 1_000 }),
    },
    options.mode ?? "all",
    options,
  );
  return { requests, sent: transport.sent, clock };
}

/** A recorder that remembers the order of everything it is told. */
export function orderRecorder(
  fails: { readonly intent?: Problem; readonly settled?: Problem } = {},
): MutationRecorder & {
  readonly intents: MutationIntent[];
  readonly results: (MutationResult & { readonly key: string })[];
} {
  const intents: MutationIntent[] = [];
  const results: (MutationResult & { readonly key: string })[] = [];
  return {
    intents,
    results,
    intent: async (intent) => {
      if (fails.intent) throw new DecommissionError(fails.intent);
      intents.push(intent);
    },
    settled: async (key, result) => {
      if (fails.settled) throw new DecommissionError(fails.settled);
      results.push({ key, ...result });
    },
  };
}

/** A mutation that ends i-1, with what a test changes of it. */
export const endOne = {
  service: "ec2",
  action: "TerminateInstances",
  parameters: { InstanceIds: ["i-1"] },
  instanceIds: ["i-1"],
  effects: [],
} as const;

export const scope = { cloud: "test", accountId: "1", region: "r-1" } as const;

/** A running, unprotected instance with one disk that dies with it. */
export function record(changes: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    ...scope,
    id: "i-1",
    name: "web",
    state: { unified: "running", raw: "running" },
    billing: { unified: "on-demand", raw: "on-demand" },
    protection: { termination: false, stop: false, locks: [] },
    zone: "r-1a",
    privateIps: ["10.0.0.5"],
    publicAddresses: [],
    disks: [{ id: "d-1", role: "system", sizeGiB: 40, encrypted: false, ephemeral: false, deletedWithInstance: true }],
    networkInterfaces: [],
    securityGroupIds: [],
    tags: {},
    seenAt: "2026-01-02T03:04:05.000Z",
    ...changes,
  };
}

/** A complete proof of {@link record}'s disk. */
export function proof(changes: Partial<SnapshotProof> = {}): SnapshotProof {
  return {
    ...scope,
    id: "snap-1",
    kind: "disk-snapshot",
    instanceId: "i-1",
    diskId: "d-1",
    runId: "run-1",
    attempt: 1,
    sizeGiB: 40,
    encrypted: false,
    keyUsable: true,
    pointInTime: "2026-01-02T03:00:00.000Z",
    takenFrom: "running",
    completedAt: "2026-01-02T03:03:00.000Z",
    expiresBy: "sweep",
    ...changes,
  };
}

/** Records by id. */
export function instancesOf(records: readonly InstanceRecord[]): ReadonlyMap<string, InstanceRecord> {
  return new Map(records.map((one) => [one.id, one]));
}
