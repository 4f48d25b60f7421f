import { describe, it } from "vitest";
import type { RetentionFact } from "../../src/capabilities.js";
import {
  describeAdapterContract,
  type MemoryWorldOptions,
  memoryCapabilities,
  memoryWorld,
} from "../../src/testing/index.js";

const made = { source: "made up for this test", asOf: "2026-01-01T00:00:00Z" };
const hours = { minimum: 1, maximum: 720, default: 168 };
const none: RetentionFact = memoryCapabilities.retention["on-demand"];
const optIn: RetentionFact = { ...made, bin: "opt-in", countsFrom: "termination", hours };
const always: RetentionFact = { ...made, bin: "always", countsFrom: "termination", hours };
const unsupported = { supported: false, refusedWhen: ["always"], chargingContinues: "unknown" } as const;

/** Clouds of different kinds, so that each branch of the suite is taken by one of them. */
const clouds: Readonly<Record<string, MemoryWorldOptions>> = {
  "a plain cloud": {},

  // Free to switch on, free to restore; subscriptions can only be returned; a repeated return refunds twice.
  "a cloud with a bin to switch on": {
    project: "p-1",
    capabilities: {
      retention: { "on-demand": optIn, prepaid: optIn, spot: none },
      recycleBin: { restore: true, restoreCostsMoney: false, purge: true, billsWhileInside: true },
      prepaidExits: ["unsubscribe"],
      stopProtection: false,
      dryRun: { checks: "none" },
      repeat: { ...memoryCapabilities.repeat, unsubscribe: "refunds-twice", snapshot: "token" },
    },
  },

  // Subscriptions end in a bin whatever the account says, and a repeat purges them; timers; rules known by their place.
  "a cloud of subscriptions and timers": {
    rules: "by-position",
    capabilities: {
      retention: { "on-demand": none, prepaid: always, spot: none },
      recycleBin: { restore: true, restoreCostsMoney: true, purge: true, billsWhileInside: false },
      prepaidExits: ["unsubscribe", "convert", "expire", "release-expired"],
      scheduledRelease: {
        minimumLeadMinutes: 5,
        maximumLeadMinutes: 60 * 24 * 365,
        bypassesBin: true,
        billing: ["on-demand"],
      },
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
  },

  // Bills nothing in its bin and gives nothing back; every read lags behind what was done.
  "a cloud that lags and gives nothing back": {
    staleReadsMs: 3_000,
    capabilities: {
      retention: { "on-demand": optIn, prepaid: none, spot: none },
      recycleBin: { restore: false, restoreCostsMoney: false, purge: false, billsWhileInside: "unknown" },
      quarantine: { stop: unsupported, isolate: memoryCapabilities.quarantine.isolate },
      dryRun: { checks: "none" },
    },
  },
};

for (const [name, options] of Object.entries(clouds)) {
  describeAdapterContract({ describe, it }, `${name} in memory`, () => memoryWorld(options));
}
