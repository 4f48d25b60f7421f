import type { Scope } from "../common.js";
import type { DependencyEdge, DependencyRef } from "../dependencies.js";
import type { InstanceDisk, InstanceRecord } from "../instances.js";
import type { SecurityRule } from "../security-rules.js";
import type { DataLossConsent, TerminationPath, TerminationSettings } from "../termination.js";
import { mayComeBack } from "./fate.js";
import type { PlannedStep } from "./plan.js";
import type { CompletePolicy } from "./policy.js";

/** What is known of one instance when its steps are written down. */
export interface StepInput {
  readonly record: InstanceRecord;
  readonly edges: readonly DependencyEdge[];
  readonly policy: CompletePolicy;
  readonly reason: string;
  readonly how: TerminationPath;
  readonly dying: readonly InstanceDisk[];
  readonly rules: { readonly ownAddress: readonly SecurityRule[]; readonly exclusiveGroup: readonly SecurityRule[] };
}

/** The kinds whose release cannot be taken back, so that it waits for the final gate. */
const irreversible: ReadonlySet<string> = new Set(["spot-request", "fleet"]);
const reappearMinutes = 10;

/** The steps of one instance, in the order they will be taken. */
export function stepsFor(input: StepInput): readonly PlannedStep[] {
  const { record, policy, how } = input;
  const { unified } = record.state;
  const settings = settingsFor(record, policy);
  const data = "skip" in policy.snapshot ? { discard: policy.snapshot.skip } : ("run-proofs" as const);
  const end: PlannedStep = { step: "terminate", options: settings, data, how };
  // A release by the cloud's own timer leaves the server in service until then, so nothing is taken from it.
  const leavesServiceLater = how === "schedule" || how === "let-expire";
  if (unified === "gone" || unified === "terminating") return [end, verifyStep(input)];
  if (leavesServiceLater) return [{ step: "claim" }, ...snapshotSteps(input), end, verifyStep(input)];
  return [
    { step: "claim" },
    ...releaseSteps(input, "before"),
    ...quarantineSteps(input),
    ...(unified === "recycled" ? [] : snapshotSteps(input)),
    ...releaseSteps(input, "gated"),
    ...ruleSteps("own-address", input.rules.ownAddress),
    end,
    ...releaseSteps(input, "after"),
    ...ruleSteps("exclusive-group", input.rules.exclusiveGroup),
    verifyStep(input),
  ];
}

/** The policy's termination settings, narrowed to what concerns one instance. */
export function settingsFor(record: InstanceRecord, policy: CompletePolicy): TerminationSettings {
  const { protection, dataDisks, acceptDataLoss, ...others } = policy.terminate;
  const cloudOptions = policy.cloudOptions?.[record.cloud];
  const disks = new Set(record.disks.map((disk) => disk.id));
  const clears = typeof protection === "object" && protection.clear.includes(record.id);
  const deletes = typeof dataDisks === "object" ? dataDisks.delete.filter((id) => disks.has(id)) : [];
  return {
    ...others,
    protection: clears ? { clear: [record.id], reason: protection.reason } : "respect",
    dataDisks: typeof dataDisks !== "object" ? dataDisks : deletes.length > 0 ? { delete: deletes } : "as-flagged",
    acceptDataLoss: consentsFor(record, acceptDataLoss),
    ...(cloudOptions === undefined ? {} : { cloudOptions }),
  };
}

/** The consents to lose data that name this instance. */
export function consentsFor(
  record: Pick<InstanceRecord, "id"> & Scope,
  consents: readonly DataLossConsent[],
): readonly DataLossConsent[] {
  return consents.filter((consent) => consent.instanceId === record.id);
}

/** A snapshot of a stopped server needs it stopped: a quarantine without hours, where the policy has none. */
function quarantineSteps(input: StepInput): readonly PlannedStep[] {
  const { record, policy } = input;
  if (record.state.unified === "recycled") return [];
  if (policy.quarantine) return [quarantineStep(input, policy.quarantine)];
  const wantsStopped = !("skip" in policy.snapshot) && policy.snapshot.from === "stopped";
  return wantsStopped && record.state.unified !== "stopped"
    ? [quarantineStep(input, { mode: "stop", forHours: 0 })]
    : [];
}

function quarantineStep(
  { record, policy, reason }: StepInput,
  { mode, forHours }: NonNullable<CompletePolicy["quarantine"]>,
): PlannedStep {
  const { protection = "respect", acceptDataLoss = [] } = settingsFor(record, policy);
  return { step: "quarantine", options: { mode, reason, protection, acceptDataLoss }, forHours };
}

function snapshotSteps({ record, policy, dying }: StepInput): readonly PlannedStep[] {
  if ("skip" in policy.snapshot) return [];
  const consented = new Set(consentsFor(record, policy.terminate.acceptDataLoss).map((consent) => consent.diskId));
  if (dying.every((disk) => consented.has(disk.id))) return [];
  const { from: _from, maxAgeHours: _maxAgeHours, ...options } = policy.snapshot;
  const cloudOptions = policy.cloudOptions?.[record.cloud];
  return [{ step: "snapshot", options: { ...options, ...(cloudOptions === undefined ? {} : { cloudOptions }) } }];
}

function releaseSteps(input: StepInput, when: "before" | "gated" | "after"): readonly PlannedStep[] {
  const { record, policy } = input;
  const items = when === "after" ? releasedAfter(input) : releasedFirst(input, when);
  if (items.length === 0) return [];
  return [
    {
      step: "release-dependencies",
      when,
      items,
      options: when === "after" ? { acceptDataLoss: consentsFor(record, policy.terminate.acceptDataLoss) } : {},
    },
  ];
}

function releasedFirst({ record, edges, policy }: StepInput, when: "before" | "gated"): readonly DependencyRef[] {
  return edges
    .filter((edge) => edge.instanceId === record.id && edge.effect === "release-first")
    .filter((edge) => policy.release.before.includes(edge.node.kind))
    .filter((edge) => irreversible.has(edge.node.kind) === (when === "gated"))
    .map((edge) => ({ ...edge.node, instanceId: record.id }));
}

/** What the policy names to go once the instance is gone, and that does hang on this instance. */
export function releasedAfter({
  record,
  edges,
  policy,
}: Pick<StepInput, "record" | "edges" | "policy">): readonly DependencyRef[] {
  const hangs = (kind: string, id: string) =>
    edges.some((edge) => edge.instanceId === record.id && edge.node.kind === kind && edge.node.id === id) ||
    record.disks.some((disk) => kind === "disk" && disk.id === id) ||
    record.publicAddresses.some((address) => kind === "public-address" && address.id === id);
  return policy.release.after
    .filter(({ kind, id }) => hangs(kind, id))
    .map(({ kind, id }) => ({ kind, id, instanceId: record.id }));
}

function ruleSteps(scope: "own-address" | "exclusive-group", rules: readonly SecurityRule[]): readonly PlannedStep[] {
  return rules.length === 0 ? [] : [{ step: "release-rules", scope, rules }];
}

function verifyStep({ record, edges, how }: StepInput): PlannedStep {
  const until = how === "schedule" || how === "let-expire" ? "accepted" : "gone";
  return {
    step: "verify",
    until,
    ...(until === "gone" && mayComeBack(record, edges) ? { againAfterMinutes: reappearMinutes } : {}),
  };
}
