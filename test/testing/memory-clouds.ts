import type { RetentionFact } from "../../src/capabilities.js";
import { type MemoryWorldOptions, memoryCapabilities } from "../../src/testing/index.js";

const made = { source: "made up for this test", asOf: "2026-01-01T00:00:00Z" };
const hours = { minimum: 1, maximum: 720, default: 168 };
const none: RetentionFact = memoryCapabilities.retention["on-demand"];
const optIn: RetentionFact = { ...made, bin: "opt-in", countsFrom: "termination", hours };
const always: RetentionFact = { ...made, bin: "always", countsFrom: "termination", hours };
const unsupported = { supported: false, refusedWhen: ["always"], chargingContinues: "unknown" } as const;

// Four kinds of cloud, so that every branch of the contract is taken by one of them. Each has its own test file, so
// that they can run side by side.

/** As plain as a cloud can be. */
export const plain: MemoryWorldOptions = {};

/** A bin free to switch on and to restore from; subscriptions can only be returned, and a repeated return refunds twice. */
export const binned: MemoryWorldOptions = {
  project: "p-1",
  capabilities: {
    retention: { "on-demand": optIn, prepaid: optIn, spot: none },
    recycleBin: { restore: true, restoreCostsMoney: false, purge: true, billsWhileInside: true },
    prepaidExits: ["unsubscribe"],
    stopProtection: false,
    dryRun: { checks: "none" },
    repeat: { ...memoryCapabilities.repeat, unsubscribe: "refunds-twice", snapshot: "token" },
  },
};

/** Subscriptions end in a bin whatever the account says, and a repeat purges them; timers; rules known by their place. */
export const subscribed: MemoryWorldOptions = {
  rules: "by-position",
  capabilities: {
    retention: { "on-demand": none, prepaid: always, spot: none },
    recycleBin: { restore: true, restoreCostsMoney: true, purge: true, billsWhileInside: false },
    prepaidExits: ["unsubscribe", "convert", "expire", "release-expired"],
    scheduledRelease: { minimumLeadMinutes: 5, maximumLeadMinutes: 525_600, bypassesBin: true, billing: ["on-demand"] },
    quarantine: { stop: memoryCapabilities.quarantine.stop, isolate: unsupported },
    snapshotConsistency: "disk",
    stopProtection: false,
    refundQuote: true,
    dryRun: { checks: "permission-and-state" },
    repeat: {
      ...memoryCapabilities.repeat,
      terminate: { "on-demand": "destroys", prepaid: "destroys", spot: "destroys" },
      unsubscribe: "destroys",
      convert: "look-up-first",
      renew: "look-up-first",
      purge: "destroys",
    },
  },
};

/** Every read lags behind what was done, and the bin gives nothing back. */
export const lagging: MemoryWorldOptions = {
  staleReadsMs: 3_000,
  capabilities: {
    retention: { "on-demand": optIn, prepaid: none, spot: none },
    recycleBin: { restore: false, restoreCostsMoney: false, purge: false, billsWhileInside: "unknown" },
    quarantine: { stop: unsupported, isolate: memoryCapabilities.quarantine.isolate },
    dryRun: { checks: "none" },
  },
};
