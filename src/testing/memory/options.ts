import type { Capabilities, QuarantineFact, RetentionFact } from "../../capabilities.js";
import type { FakeOptions } from "../world.js";

/** Options of the world in memory. Default: no bin, nothing prepaid, rules with ids. */
export interface MemoryWorldOptions extends FakeOptions {
  /** What this made-up cloud can and cannot do. What is left out is as {@link memoryCapabilities} has it. */
  readonly capabilities?: Partial<Capabilities>;
  /** `by-position`: rules have no ids, their place in the group's list is who they are. Default: `by-id`. */
  readonly rules?: "by-id" | "by-position";
}

/** What the cloud and its adapter agree on, with nothing left open. */
export interface MemoryFeatures {
  readonly capabilities: Capabilities;
  readonly rules: "by-id" | "by-position";
}

const made = { source: "the memory world is made up", asOf: "2026-01-01T00:00:00Z" } as const;
const none: RetentionFact = { ...made, bin: "none", countsFrom: "termination" };
const holdable: QuarantineFact = { supported: true, refusedWhen: [], chargingContinues: true };

/** Ids that one request may name. */
export const batchSize = 100;
/** Items that one page of a listing holds. */
export const pageSize = 100;

/** What the memory cloud can do unless told otherwise: about as much as the plainest of the real ones. */
export const memoryCapabilities: Capabilities = {
  retention: { "on-demand": none, prepaid: none, spot: none },
  recycleBin: { restore: false, restoreCostsMoney: false, purge: false, billsWhileInside: false },
  prepaidExits: [],
  scheduledRelease: false,
  quarantine: { stop: holdable, isolate: holdable },
  snapshotConsistency: "instance",
  dryRun: { checks: "permission" },
  stopProtection: true,
  refundQuote: false,
  repeat: {
    terminate: "safe",
    unsubscribe: "safe",
    convert: "safe",
    renew: "safe",
    purge: "safe",
    snapshot: "look-up-first",
  },
  consistencyWindowMs: 5_000,
  limits: {
    "cloud:TerminateInstances": { ...made, batchSize, perSecond: 50, burst: 50 },
    "cloud:SetTags": { ...made, batchSize, perSecond: 50, burst: 50 },
    "cloud:CreateSnapshots": { ...made, perSecond: 50, burst: 50 },
  },
};

/** Fills in what the options leave open. */
export function featuresOf(options: MemoryWorldOptions): MemoryFeatures {
  return {
    capabilities: { ...memoryCapabilities, ...options.capabilities },
    rules: options.rules ?? "by-id",
  };
}
