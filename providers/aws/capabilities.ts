import type { Capabilities, RetentionFact } from "../../src/capabilities.js";

const asOf = "2026-11-23T00:00:00Z";

const noBin: RetentionFact = {
  bin: "none",
  countsFrom: "termination",
  source: "EC2 API reference, TerminateInstances; EC2 User Guide, Terminate Amazon EC2 instances",
  asOf,
  note: "A terminated instance stays visible for about an hour and cannot come back. Recycle Bin rules keep volumes, snapshots and images only, where the account has set them up.",
};

const throttling = "EC2 Developer Guide, Request throttling for the Amazon EC2 API";
/** Reads: 100 at once, refilled with 20 a second. */
const describe = { perSecond: 20, burst: 100, source: throttling, asOf };
/** Writes: the guide gives about 5 a second for most of them. */
const write = { perSecond: 5, burst: 50, source: throttling, asOf };

/** Requests that name instances take a token for each: 1,000 at once, refilled slowly. */
const perInstance = (perSecond: number) => ({ perSecond, burst: 1000, source: throttling, asOf });

/** What EC2 can and cannot do. */
export const awsCapabilities: Capabilities = {
  retention: { "on-demand": noBin, prepaid: noBin, spot: noBin },
  recycleBin: { restore: false, restoreCostsMoney: false, purge: false, billsWhileInside: false },
  prepaidExits: [],
  scheduledRelease: false,
  quarantine: {
    stop: {
      supported: true,
      refusedWhen: [
        "instance-store root",
        "spot instance",
        "member of a scaling group",
        "stop protection, unless cleared",
      ],
      chargingContinues: false,
    },
    isolate: {
      supported: true,
      refusedWhen: ["member of a scaling group", "managed by another service"],
      chargingContinues: true,
    },
  },
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
  // "Eventual consistency in the Amazon EC2 API" gives no figure; SDK waiters and Terraform allow for seconds.
  consistencyWindowMs: 15_000,
  limits: {
    "ec2:DescribeInstances": { ...describe, batchSize: 200, pageSize: 1000 },
    "ec2:DescribeInstanceAttribute": {
      perSecond: 10,
      burst: 50,
      source: throttling,
      asOf,
      note: "Kept below the documented rate: it is asked once per instance and attribute.",
    },
    "ec2:DescribeVolumes": { ...describe, batchSize: 200, pageSize: 500 },
    "ec2:TerminateInstances": {
      ...perInstance(20),
      batchSize: 100,
      note: "Each instance takes a token. Up to 1,000 ids are taken; smaller batches are recommended.",
    },
    "ec2:StopInstances": { ...perInstance(20), batchSize: 50 },
    "ec2:StartInstances": { ...perInstance(2), batchSize: 50 },
    "ec2:CreateSnapshots": write,
    "autoscaling:DescribeAutoScalingInstances": { ...describe, batchSize: 50, pageSize: 50 },
    // Route 53 takes five requests a second from an account, whatever they are.
    "route53:ListHostedZones": { perSecond: 1, burst: 2, source: "Route 53 Developer Guide, Quotas", asOf },
    "route53:ListResourceRecordSets": { perSecond: 4, burst: 4, source: "Route 53 Developer Guide, Quotas", asOf },
    "cloudwatch:DescribeAlarms": {
      perSecond: 9,
      burst: 9,
      source: "Amazon CloudWatch User Guide, CloudWatch service quotas",
      asOf,
    },
    "elasticloadbalancing:DescribeTargetHealth": {
      perSecond: 10,
      burst: 40,
      source: "Elastic Load Balancing API reference, Throttling",
      asOf,
    },
  },
};

/** The rate of an API that has no line of its own: that of reads, or that of writes. */
export function defaultLimit(api: string): { readonly perSecond: number; readonly burst: number } {
  return /:(Describe|List|Get)/.test(api) ? describe : write;
}
