import type { Capabilities, RetentionFact } from "../../src/capabilities.js";

const asOf = "2026-11-25T00:00:00Z";

const binSource =
  "ECS user guide, Recycle bin (ecs_07_0101 to ecs_07_0104); ECS API reference, recycle bin (ecs_02_2301 to ecs_02_2306)";

const bypassed = [
  "younger than the bin's minimum age",
  "account in arrears, restricted or frozen",
  "faulty server",
  "release by a timer",
  "already in its retention period",
];

const bin: RetentionFact = {
  bin: "opt-in",
  countsFrom: "termination",
  hours: { minimum: 1, maximum: 720, default: 168 },
  bypassedWhen: bypassed,
  source: binSource,
  asOf,
  note: "Open beta in some regions and off by default, for each project. While a server waits there its disks are billed and it counts against quotas.",
};

/** A default of 200 a second for each API, less for some users and services ("Request throttling", API gateway). */
const rateSource = { source: "Huawei Cloud API gateway, error APIGW.0308 and default throttling", asOf } as const;
const reads = { perSecond: 20, burst: 40, ...rateSource };
const writes = { perSecond: 5, burst: 10, ...rateSource };

/** What ECS can and cannot do. */
export const huaweiCapabilities: Capabilities = {
  retention: {
    "on-demand": bin,
    prepaid: { ...bin, bypassedWhen: [...bypassed, "expired before it was unsubscribed"] },
    spot: {
      bin: "none",
      countsFrom: "termination",
      source: binSource,
      asOf,
      note: "A spot server never goes into the recycle bin.",
    },
  },
  // Bringing a server back is free in itself; what is kept for it bills at pay-per-use rates meanwhile.
  recycleBin: { restore: true, restoreCostsMoney: false, purge: true, billsWhileInside: true },
  prepaidExits: ["unsubscribe"],
  // UpdateServerAutoTerminateTime takes moments from one hour to three years ahead, of pay-per-use servers.
  scheduledRelease: {
    minimumLeadMinutes: 60,
    maximumLeadMinutes: 3 * 365 * 24 * 60,
    bypassesBin: true,
    billing: ["on-demand"],
  },
  quarantine: {
    stop: {
      supported: true,
      refusedWhen: ["spot instance", "member of a scaling group", "locked", "in the recycle bin"],
      // Processors and memory of most flavors stop billing; disks, addresses and flavors with disks of the host do not.
      chargingContinues: true,
    },
    isolate: {
      supported: true,
      refusedWhen: ["member of a scaling group", "locked", "in the recycle bin"],
      chargingContinues: true,
    },
  },
  snapshotConsistency: "instance",
  dryRun: { checks: "none" },
  stopProtection: false,
  refundQuote: false,
  repeat: {
    // Not documented: what DeleteServers does with a server that is in the bin already. It may be gone for good.
    terminate: { "on-demand": "destroys", spot: "safe", prepaid: "safe" },
    unsubscribe: "refunds-twice",
    convert: "safe",
    renew: "safe",
    purge: "destroys",
    snapshot: "look-up-first",
  },
  // Terraform goes on polling after a job's success, since a server "may still exist" then; polls are 5 s apart.
  consistencyWindowMs: 15_000,
  limits: {
    "ecs:GET /v1/{project_id}/cloudservers/detail": { ...reads, batchSize: 100, pageSize: 1000 },
    "ecs:GET /v1.1/{project_id}/cloudservers/detail": { ...reads, pageSize: 100 },
    "ecs:POST /v1/{project_id}/cloudservers/delete": {
      ...writes,
      batchSize: 100,
      note: "It takes up to 1,000; one bad id among many is easier to tell in a hundred.",
    },
    "ecs:POST /v1/{project_id}/cloudservers/action": { ...writes, batchSize: 100 },
    "evs:GET /v2/{project_id}/cloudvolumes/detail": { ...reads, pageSize: 1000 },
    "vpc:GET /v1/{project_id}/ports": { ...reads, pageSize: 2000 },
    "bss:POST /v2/orders/suscriptions/resources/query": { ...reads, batchSize: 50 },
    "bss:POST /v2/orders/subscriptions/resources/unsubscribe": { perSecond: 1, burst: 1, ...rateSource, batchSize: 10 },
  },
};

/** The rate of an API that has no line of its own. */
export function defaultLimit(api: string): { readonly perSecond: number; readonly burst: number } {
  return /:GET /.test(api) ? reads : writes;
}
