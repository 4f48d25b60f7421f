import type { Capabilities, RetentionFact } from "../../src/capabilities.js";

const asOf = "2026-11-23T00:00:00Z";

const noBin: RetentionFact = {
  bin: "none",
  countsFrom: "termination",
  source: "ECS API reference, DeleteInstance and DeleteInstances",
  asOf,
  note: "A released instance is gone at once and leaves no trace. `Recyclable` in DescribeInstances belongs to a preview by invitation: nothing is promised on it.",
};

const expiring: RetentionFact = {
  bin: "none",
  countsFrom: "expiry",
  source: "ECS user guide, Subscription",
  asOf,
  note: "What is unsubscribed is gone at once. One that expires is stopped and kept for about 15 days, during which it can be renewed; then it is released. The often quoted 30 days are an older rule for renewals whose payment failed.",
};

const unpublished = {
  source: "ECS API reference, API throttling: rates are not published per API, see Quota Center",
  asOf,
};
/** Reads. Console, other users and tools of the account count into the same quota, so this stays well below it. */
const describe = { perSecond: 20, burst: 40, ...unpublished };
/** Writes. */
const write = { perSecond: 5, burst: 20, ...unpublished };

/** What ECS can and cannot do. */
export const aliyunCapabilities: Capabilities = {
  retention: { "on-demand": noBin, prepaid: expiring, spot: noBin },
  recycleBin: { restore: false, restoreCostsMoney: false, purge: false, billsWhileInside: false },
  prepaidExits: ["unsubscribe", "convert", "expire", "release-expired"],
  // "at least 30 minutes from the current time", "no more than three years" (ModifyInstanceAutoReleaseTime).
  scheduledRelease: {
    minimumLeadMinutes: 30,
    maximumLeadMinutes: 3 * 365 * 24 * 60,
    bypassesBin: true,
    billing: ["on-demand", "spot"],
  },
  quarantine: {
    stop: {
      supported: true,
      refusedWhen: [
        "member of a scaling group",
        "managed by another service",
        "spot instance",
        "disks of the host, unless named in `acceptDataLoss`",
      ],
      // Economical mode would stop the charges for the instance, and give its public address up.
      chargingContinues: true,
    },
    isolate: {
      supported: true,
      refusedWhen: ["member of a scaling group", "managed by another service"],
      chargingContinues: true,
    },
  },
  snapshotConsistency: "instance",
  // DeleteInstances with DryRun looks at permission and parameters, not at the state of anything.
  dryRun: { checks: "permission" },
  stopProtection: false,
  refundQuote: true,
  repeat: {
    terminate: "token",
    // RefundInstance takes a token as well; money is not left to it alone.
    unsubscribe: "refunds-twice",
    convert: "refunds-twice",
    renew: "safe",
    purge: "safe",
    snapshot: "token",
  },
  // No page gives a figure. Terraform waits 10 s before it first believes that an instance is gone.
  consistencyWindowMs: 15_000,
  limits: {
    "ecs:DescribeInstances": { ...describe, batchSize: 100, pageSize: 100 },
    "ecs:DescribeDisks": { ...describe, batchSize: 1, pageSize: 500, note: "`InstanceId` takes one id." },
    "ecs:DescribeDisksFullStatus": { ...describe, batchSize: 100, pageSize: 100 },
    "ecs:DescribeNetworkInterfaces": { ...describe, batchSize: 100, pageSize: 500 },
    "ecs:DescribeSnapshots": { ...describe, batchSize: 100, pageSize: 100 },
    "ecs:DescribeSecurityGroupAttribute": { ...describe, batchSize: 1, pageSize: 1000 },
    "ecs:DescribeSecurityGroupReferences": { ...describe, batchSize: 10 },
    "ecs:DeleteInstances": { ...write, batchSize: 100 },
    "ecs:StopInstances": { ...write, batchSize: 100 },
    "ecs:RevokeSecurityGroup": { ...write, batchSize: 100 },
    "ecs:RevokeSecurityGroupEgress": { ...write, batchSize: 100 },
    "ecs:ModifyInstanceChargeType": { ...write, batchSize: 20 },
    "alb:ListServerGroupServers": { ...describe, batchSize: 40, pageSize: 100 },
    "nlb:ListServerGroupServers": { ...describe, batchSize: 40, pageSize: 100 },
    "gwlb:ListServerGroupServers": { ...describe, batchSize: 200, pageSize: 1000 },
    "ess:DescribeScalingInstances": { ...describe, batchSize: 20, pageSize: 100 },
  },
};

/** The rate of an API that has no line of its own: that of reads, or that of writes. */
export function defaultLimit(api: string): { readonly perSecond: number; readonly burst: number } {
  return /:(Describe|List|Get|Query)/.test(api) ? describe : write;
}
