import * as v from "valibot";
import type { DependencyKind } from "../dependencies.js";
import { DecommissionError } from "../errors.js";
import type { GuardPolicy, Policy } from "./policy.js";

/** Every kind, once. The compiler refuses this table when one is missing or too many. */
const kinds: Readonly<Record<DependencyKind, true>> = {
  disk: true,
  "network-interface": true,
  "public-address": true,
  "private-address": true,
  "virtual-ip": true,
  "load-balancer-target": true,
  "auto-scaling-group": true,
  "spot-request": true,
  fleet: true,
  "cluster-node": true,
  stack: true,
  "managed-service": true,
  database: true,
  "security-group": true,
  "security-rule": true,
  "address-list": true,
  snapshot: true,
  image: true,
  backup: true,
  "backup-policy": true,
  route: true,
  "nat-rule": true,
  "dns-record": true,
  "service-discovery": true,
  "key-pair": true,
  "instance-role": true,
  "encryption-key": true,
  placement: true,
  "dedicated-host": true,
  "capacity-reservation": true,
  commitment: true,
  "file-system": true,
  alarm: true,
  "event-window": true,
  schedule: true,
  "pending-operation": true,
  "traffic-mirror": true,
  instance: true,
  protection: true,
  "recycle-bin": true,
  other: true,
};
const kind = v.picklist(Object.keys(kinds));
const text = v.pipe(v.string(), v.trim(), v.nonEmpty("must not be empty"));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const count = v.pipe(amount, v.integer());
const moment = v.pipe(
  v.string(),
  v.check((value) => !Number.isNaN(Date.parse(value)), "must be an ISO 8601 time"),
);
const tags = v.record(text, v.string());
const money = v.strictObject({
  amount: v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/, "must be a decimal amount")),
  currency: text,
});
const ids = v.array(text);
const json: v.GenericSchema = v.lazy(() =>
  v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(json), v.record(v.string(), json)]),
);
const optional = v.optional;

const scope = { cloud: text, accountId: optional(text), region: optional(text), project: optional(text) };
const states = v.picklist(["pending", "running", "stopping", "stopped", "terminating", "recycled", "gone", "unknown"]);
/** A selector that names nothing would spare, or take, everything. */
const selector = v.pipe(
  v.strictObject({
    ...scope,
    states: optional(v.array(states)),
    ids: optional(ids),
    tags: optional(v.record(text, text)),
  }),
  v.check(
    (value) => (value.ids?.length ?? 0) + Object.keys(value.tags ?? {}).length > 0,
    "must name at least one id or tag",
  ),
);
const snapshot = v.union([
  v.strictObject({ skip: text }),
  v.strictObject({
    from: optional(v.picklist(["running", "stopped"])),
    maxAgeHours: optional(amount),
    retentionDays: optional(amount),
    expiry: optional(v.picklist(["sweep", "cloud"])),
    tags: optional(tags),
    encryption: optional(v.literal("required")),
    method: optional(text),
  }),
]);
const terminate = v.strictObject({
  protection: optional(v.union([v.literal("respect"), v.strictObject({ clear: ids, reason: text })])),
  protectionCheck: optional(v.picklist(["before", "by-cloud"])),
  prepaid: optional(v.picklist(["refuse", "unsubscribe", "convert", "expire", "release-expired"])),
  minimumRefund: optional(money),
  shutdown: optional(v.picklist(["graceful", "forced"])),
  recycleBin: optional(v.picklist(["if-available", "require", "purge"])),
  releaseAt: optional(moment),
  dataDisks: optional(v.union([v.picklist(["as-flagged", "keep"]), v.strictObject({ delete: ids })])),
  acceptDataLoss: optional(v.array(v.strictObject({ instanceId: text, diskId: text, reason: text }))),
});
const waiver = {
  kind: v.union([kind, v.literal("permission")]),
  cause: v.picklist(["blocks", "partial", "denied", "unavailable", "skipped"]),
  reason: text,
  expiresAt: moment,
};
const waves = v.pipe(
  v.array(v.union([v.pipe(count, v.minValue(1), v.maxValue(100)), v.literal("rest")])),
  v.minLength(1),
);

const shared = {
  snapshot: optional(snapshot),
  terminate: optional(terminate),
  cloudOptions: optional(v.record(text, v.record(v.string(), json))),
  release: optional(
    v.strictObject({
      before: optional(v.array(kind)),
      after: optional(v.array(v.strictObject({ kind, id: text }))),
    }),
  ),
  maxInstances: optional(count),
  maxPercent: optional(v.pipe(amount, v.maxValue(100))),
  exclude: optional(v.array(selector)),
  protectTags: optional(tags),
  window: optional(v.strictObject({ cron: text, timeZone: text })),
  quarantine: optional(v.strictObject({ mode: v.picklist(["stop", "isolate"]), forHours: amount })),
  waves: optional(waves),
  wavePauseMinutes: optional(amount),
  stopAfterFailures: optional(v.pipe(count, v.minValue(1))),
  planTtlHours: optional(amount),
  runHours: optional(amount),
  maxEvidenceAgeMinutes: optional(amount),
  stepDeadlineMinutes: optional(v.pipe(amount, v.gtValue(0))),
  approvals: optional(v.strictObject({ required: count })),
};
const policySchema = v.strictObject({
  ...shared,
  waivers: optional(v.array(v.strictObject({ ...waiver, instanceIds: v.union([ids, v.literal("all")]) }))),
});
const guardSchema = v.strictObject({
  ...shared,
  waivers: optional(
    v.array(v.strictObject({ ...waiver, scope: v.strictObject({ ...scope, endpoints: optional(tags) }) })),
  ),
});

/** Throws `invalid-request` for a policy with unknown keys, or with values that mean nothing. */
export function checkPolicyForm(policy: unknown): asserts policy is Policy {
  check(policySchema, policy, "policy");
}

/** Throws `invalid-request` for a guard with unknown keys, or with values that mean nothing. */
export function checkGuardForm(guard: unknown): asserts guard is GuardPolicy {
  check(guardSchema, guard, "guard");
}

function check(schema: v.GenericSchema, value: unknown, name: string): void {
  const result = v.safeParse(schema, value);
  if (result.success) return;
  const said = result.issues.slice(0, 5).map((issue) => `\`${v.getDotPath(issue) ?? name}\`: ${issue.message}`);
  throw new DecommissionError({
    code: "invalid-request",
    message: `The ${name} is not valid: ${said.join("; ")}.`,
    hint: "See `Policy` for what each field means. Unknown keys are refused, since a typo would be a rule that does not hold.",
  });
}
