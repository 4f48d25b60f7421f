import type { CloudAdapter } from "../adapter.js";
import { isoNow, systemClock } from "../clock.js";
import type { DependencyReport, InstanceSighting } from "../dependencies.js";
import { DecommissionError, type Problem } from "../errors.js";
import type { InstanceRecord, InstanceTarget } from "../instances.js";
import type { CallOptions } from "../options.js";
import { checkReason } from "../termination-options.js";
import { blockersOf, type Consents, firmBlocker, skippedKinds } from "./blockers.js";
import { countLive, endingInstances } from "./census.js";
import { completePolicy } from "./complete-policy.js";
import { sealInstance, sealPlan } from "./digest.js";
import { forecastRules, type Rehearsal, type RuleForecast, rehearseTermination } from "./dry-runs.js";
import { type Emit, emitter } from "./emit.js";
import { dyingWith, fateOf, recoverableAfter } from "./fate.js";
import { permissionBlocker, unprovenActions } from "./permission.js";
import type { Blocker, Plan, PlannedInstance, PlannedStep, PlanOptions, PlanScope } from "./plan.js";
import { claimWarning, matchedNothing, retentionWarnings } from "./plan-warnings.js";
import type { CompletePolicy, ScopedSelector } from "./policy.js";
import { type PlacedTargets, placeTargets, scopeKey } from "./scopes.js";
import { releasedAfter, stepsFor } from "./steps.js";
import { libraryVersion } from "./version.js";

const hourMs = 3_600_000;

/** What planning one scope needs besides its targets. */
interface Planning {
  readonly policy: CompletePolicy;
  readonly reason: string;
  readonly consents: Consents;
  readonly call: CallOptions;
  readonly emit: Emit;
}

/** Reads everything and writes nothing. A bare id needs exactly one adapter, else `invalid-request`: it cannot be placed. */
export async function planDecommission(
  adapters: readonly CloudAdapter[],
  targets: readonly (InstanceTarget | ScopedSelector)[],
  options: PlanOptions,
): Promise<Plan> {
  checkReason("reason", options?.reason);
  const clock = options.clock ?? systemClock;
  const policy = completePolicy(options.policy ?? {});
  const call: CallOptions = { signal: options.signal, onEvent: options.onEvent };
  const consents: Consents = { waivers: policy.waivers, now: clock.now() };
  const planning: Planning = { policy, reason: options.reason, consents, call, emit: emitter(clock, options.onEvent) };
  const placed = await placeTargets(adapters, targets, call);
  const total = placed.reduce((sum, scope) => sum + scope.targets.length, 0);
  if (policy.maxInstances !== undefined && total > policy.maxInstances) throw tooMany(total, policy.maxInstances);
  const drafts = await Promise.all(placed.map((scope) => planScope(scope, planning)));
  const startsBy = clock.now() + policy.planTtlHours * hourMs;
  return sealPlan({
    v: 1,
    kind: "decommission",
    ...(options.plannerKeyId === undefined ? {} : { plannerKeyId: options.plannerKeyId }),
    scopes: drafts.map((draft) => draft.scope),
    policy,
    reason: options.reason,
    ...(options.ticket === undefined ? {} : { ticket: options.ticket }),
    warnings: drafts.flatMap((draft) => draft.warnings),
    versions: { "cloud-decom": libraryVersion },
    createdAt: isoNow(clock),
    expiresAt: new Date(startsBy).toISOString(),
    finishBefore: new Date(startsBy + policy.runHours * hourMs).toISOString(),
  });
}

async function planScope(
  placed: PlacedTargets,
  planning: Planning,
): Promise<{ readonly scope: PlanScope; readonly warnings: readonly Problem[] }> {
  const { adapter, scope, principal, targets, unmatched } = placed;
  const { policy, consents, call, emit } = planning;
  const ids = targets.map((target) => (typeof target === "string" ? target : target.id));
  const skip = skippedKinds(ids, consents);
  emit({ type: "progress", operation: "plan", done: 0, total: ids.length, scope, waitingFor: "dependencies" });
  const protectionCheck = policy.terminate.protectionCheck;
  const report = await adapter.listDependencies(targets, { ...call, protectionCheck, skip });
  const records = report.instances.flatMap((sighting) => (sighting.status === "found" ? [sighting.record] : []));
  const liveInstances = await liveShare(placed, records, planning);
  const ending = await endingInstances(adapter, records, call);
  const open = records.filter((record) => mayStillGo(record, report, planning));
  const rules = await forecastRules(adapter, open.filter(isStanding), report, skip, call);
  const rehearsals = await rehearseTermination(adapter, open, policy, call);
  const instances = report.instances.map((sighting) =>
    planInstance(sighting, {
      ...planning,
      adapter,
      report,
      ending,
      rules: rules.byId,
      rulesChecked: rules.checked,
      rehearsals,
    }),
  );
  emit({ type: "progress", operation: "plan", done: ids.length, total: ids.length, scope });
  const planned: PlanScope = {
    ...scope,
    principal,
    instances,
    nodes: report.nodes,
    coverageGaps: report.coverage.filter((line) => line.status !== "checked"),
    ...(liveInstances === undefined ? {} : { liveInstances }),
  };
  const warnings = [
    ...unmatched.map((selector) => matchedNothing(selector, scopeKey(scope))),
    ...(rules.problem ? [rules.problem] : []),
    ...records.flatMap(claimWarning),
    ...retentionWarnings(policy, instances),
  ];
  return { scope: planned, warnings };
}

/** What planning one instance needs besides what was seen of it. */
interface InstancePlanning extends Planning {
  readonly adapter: CloudAdapter;
  readonly report: DependencyReport;
  readonly ending: ReadonlySet<string>;
  readonly rules: ReadonlyMap<string, RuleForecast>;
  readonly rehearsals: ReadonlyMap<string, Rehearsal>;
  /** Instances for whose rules the cloud confirmed that they may be taken away and put back. */
  readonly rulesChecked: ReadonlySet<string>;
}

function planInstance(sighting: InstanceSighting, planning: InstancePlanning): PlannedInstance {
  if (sighting.status === "not-found") return plannedAbsent(sighting);
  const { record } = sighting;
  const { policy, report, adapter, consents } = planning;
  const edges = report.edges.filter((edge) => edge.instanceId === record.id);
  const rehearsal = planning.rehearsals.get(record.id);
  const how = rehearsal?.how ?? "release";
  const dying = dyingWith(record, policy.terminate, planning.ending);
  const rules = planning.rules.get(record.id) ?? { ownAddress: [], exclusiveGroup: [] };
  const steps = stepsFor({ record, edges, policy, reason: planning.reason, how, dying, rules });
  const rulesChecked = planning.rulesChecked.has(record.id);
  const unproven =
    rehearsal && record.state.unified !== "gone" ? unprovenActions(adapter, steps, rehearsal, rulesChecked) : [];
  return sealInstance({
    instance: sighting,
    edges,
    steps,
    blockers: allBlockers(record, planning, rehearsal, unproven),
    ...fateOf(record, edges, report.nodes, releasedAfter({ record, edges, policy }), dying),
    recoverable: recoverableAfter(how),
    ...(rehearsal?.refund === undefined ? {} : { refund: rehearsal.refund }),
    unproven,
    ...lastCopy(policy, steps, consents.now),
    lost: [],
  });
}

/** The earliest day on which the cloud removes the last copy by itself. */
function lastCopy(
  { snapshot }: CompletePolicy,
  steps: readonly PlannedStep[],
  now: number,
): Pick<PlannedInstance, "lastCopyUntil"> {
  if ("skip" in snapshot || snapshot.expiry !== "cloud" || !steps.some(({ step }) => step === "snapshot")) return {};
  return { lastCopyUntil: new Date(now + snapshot.retentionDays * 24 * hourMs).toISOString() };
}

function allBlockers(
  record: InstanceRecord,
  { report, policy, consents, adapter }: InstancePlanning,
  rehearsal: Rehearsal | undefined,
  unproven: readonly string[],
): readonly Blocker[] {
  const own = [...blockersOf(record, report, policy, consents), ...quarantineBlockers(record, policy, adapter)];
  const refused = rehearsal?.problem;
  const known = refused && own.some((blocker) => blocker.problem.code === refused.code);
  return [
    ...own,
    ...(refused && !known ? [firmBlocker(refused)] : []),
    ...(unproven.length > 0 ? [permissionBlocker(record, unproven, consents)] : []),
  ];
}

function quarantineBlockers(
  record: InstanceRecord,
  { quarantine }: CompletePolicy,
  adapter: CloudAdapter,
): readonly Blocker[] {
  if (!quarantine || !isStanding(record) || adapter.capabilities.quarantine[quarantine.mode].supported) return [];
  const problem: Problem = {
    code: "unsupported",
    message: `${record.id}: ${record.cloud} has no quarantine by ${quarantine.mode}.`,
    hint: "Choose the other mode, or none.",
    cloud: record.cloud,
    instanceIds: [record.id],
  };
  return [firmBlocker(problem)];
}

function plannedAbsent(sighting: Extract<InstanceSighting, { status: "not-found" }>): PlannedInstance {
  const problem: Problem = {
    code: "not-found",
    message: `${sighting.instanceId} is not there, and was never seen here.`,
    hint: "Check the id, the region and the account. To prove that it is gone, pass the record of an earlier sighting.",
    instanceIds: [sighting.instanceId],
  };
  return sealInstance({
    instance: sighting,
    edges: [],
    steps: [],
    blockers: [firmBlocker(problem)],
    goes: [],
    stays: [],
    keepsBilling: [],
    recoverable: "no",
    unproven: [],
    lost: [],
  });
}

/** Whether it is worth asking the cloud about an instance: nothing stands in its way that no waiver lifts. */
function mayStillGo(record: InstanceRecord, report: DependencyReport, { policy, consents }: Planning): boolean {
  return blockersOf(record, report, policy, consents).every((blocker) => blocker.waivable);
}

function isStanding(record: InstanceRecord): boolean {
  return record.state.unified !== "gone" && record.state.unified !== "terminating";
}

async function liveShare(
  { adapter, scope }: PlacedTargets,
  records: readonly InstanceRecord[],
  { policy, call }: Planning,
): Promise<number | undefined> {
  if (policy.maxPercent === undefined) return undefined;
  const live = await countLive(adapter, call);
  const share = live === 0 ? 0 : (records.filter(isStanding).length / live) * 100;
  if (share <= policy.maxPercent) return live;
  throw new DecommissionError({
    code: "limit-exceeded",
    message: `The plan would end ${share.toFixed(1)} % of the ${live} live instances of ${scopeKey(scope)}.`,
    hint: `\`maxPercent\` is ${policy.maxPercent}. Name fewer instances, or raise it.`,
    cloud: scope.cloud,
  });
}

function tooMany(total: number, limit: number): DecommissionError {
  return new DecommissionError({
    code: "limit-exceeded",
    message: `${total} instances were named, \`maxInstances\` is ${limit}.`,
    hint: "Name fewer instances, or raise the limit.",
  });
}
