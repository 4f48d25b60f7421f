import type { Capabilities, RetentionFact } from "../../src/capabilities.js";

const asOf = "2026-11-23T00:00:00Z";

const noBin: RetentionFact = {
  bin: "none",
  countsFrom: "termination",
  source: "cvm 2017-03-12, TerminateInstances; CVM documentation, Terminating instances (213/4931)",
  asOf,
  note: 'The console\'s "release after 2 hours" is no parameter of the API. Should an instance nevertheless show SHUTDOWN afterwards, it is reported as recycled.',
};

const apiGuide = "CVM API documentation, request rate of each operation";
const rate = { perSecond: 20, burst: 20, source: apiGuide, asOf };
const slowRate = { perSecond: 10, burst: 10, source: apiGuide, asOf };

/** What CVM can and cannot do. */
export const tencentCapabilities: Capabilities = {
  retention: {
    "on-demand": noBin,
    spot: noBin,
    prepaid: {
      bin: "always",
      countsFrom: "termination",
      hours: { minimum: 168, maximum: 168, default: 168 },
      source: "CVM documentation, Reclaiming instances; cvm 2017-03-12, TerminateInstances",
      asOf,
      note: "The first termination returns the instance: it waits 7 days in the recycle bin. The second one destroys it.",
    },
  },
  recycleBin: {
    // Inferred: RenewInstances is documented for isolated instances, and the console calls recovery a renewal.
    restore: true,
    restoreCostsMoney: true,
    purge: true,
    billsWhileInside: "unknown",
  },
  prepaidExits: ["unsubscribe", "convert", "expire"],
  scheduledRelease: { minimumLeadMinutes: 5, maximumLeadMinutes: 525_600, bypassesBin: true, billing: ["on-demand"] },
  quarantine: {
    stop: {
      supported: true,
      refusedWhen: ["spot instance", "member of a scaling group", "in the recycle bin"],
      // Stopping without charges drops an ordinary public address and refuses snapshots' neighbours: charges are kept.
      chargingContinues: true,
    },
    isolate: {
      supported: true,
      refusedWhen: ["member of a scaling group", "in the recycle bin"],
      chargingContinues: true,
    },
  },
  snapshotConsistency: "disk",
  dryRun: { checks: "none" },
  stopProtection: false,
  refundQuote: true,
  repeat: {
    // For what is paid by use a page and Terraform know a bin as well ("TerminateInstances", 213/33234): a second request
    // could then destroy what the first one kept. No page says that it cannot.
    terminate: "destroys",
    unsubscribe: "destroys",
    convert: "look-up-first",
    renew: "refunds-twice",
    purge: "destroys",
    snapshot: "look-up-first",
  },
  // Recorded postpaid terminations were gone at the next read 11 s later; states lag by seconds.
  consistencyWindowMs: 15_000,
  limits: {
    "cvm:DescribeInstances": { ...rate, batchSize: 100, pageSize: 100 },
    "cvm:TerminateInstances": { ...slowRate, batchSize: 100 },
    "cbs:DescribeDisks": { ...rate, batchSize: 100, pageSize: 100 },
    "cbs:DescribeSnapshots": { ...rate, batchSize: 100, pageSize: 100 },
  },
};

/** The rate of an API that has no line of its own. */
export function defaultLimit(): { readonly perSecond: number; readonly burst: number } {
  return rate;
}
