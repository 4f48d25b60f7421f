import type { CoverageLine, DependencyEdge, DependencyKind, DependencyReport } from "../dependencies.js";
import type { Problem, ProblemCode } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import { commonBlocker } from "../preconditions.js";
import type { Blocker } from "./plan.js";
import type { CompletePolicy, StandingWaiver, Waiver, WaiverCause } from "./policy.js";
import { matchesSelector } from "./scopes.js";

/** What decides whether a blocker is waived. */
export interface Consents {
  readonly waivers: readonly Waiver[];
  /** From the executor's guard. Default: none. */
  readonly standing?: readonly StandingWaiver[];
  readonly now: number;
}

/** Why an instance cannot go, as its record, its edges and what was not looked at say. */
export function blockersOf(
  record: InstanceRecord,
  report: Pick<DependencyReport, "edges" | "coverage">,
  policy: CompletePolicy,
  consents: Consents,
): readonly Blocker[] {
  return [
    ...recordBlockers(record, policy),
    ...edgeBlockers(record, report.edges, policy, consents),
    ...coverageBlockers(record, report.coverage, consents),
  ];
}

/** A blocker that no waiver lifts. */
export function firmBlocker(problem: Problem): Blocker {
  return { problem, waivable: false, waived: false };
}

/** A blocker that a waiver of that kind and cause lifts. */
export function waivableBlocker(
  problem: Problem,
  waiver: NonNullable<Blocker["waiver"]>,
  record: InstanceRecord,
  consents: Consents,
): Blocker {
  return { problem, waivable: true, waived: isWaived(waiver, record, consents), waiver };
}

/** Whether somebody consented to this, for this instance, and still does. */
export function isWaived(
  { kind, cause }: { readonly kind: Waiver["kind"]; readonly cause: WaiverCause },
  record: InstanceRecord,
  { waivers, standing = [], now }: Consents,
): boolean {
  const holds = (waiver: Pick<Waiver, "kind" | "cause" | "expiresAt">) =>
    waiver.kind === kind && waiver.cause === cause && Date.parse(waiver.expiresAt) > now;
  const named = (waiver: Waiver) => waiver.instanceIds === "all" || waiver.instanceIds.includes(record.id);
  return (
    waivers.some((waiver) => holds(waiver) && named(waiver)) ||
    standing.some((waiver) => holds(waiver) && inScope(waiver.scope, record))
  );
}

function inScope(scope: StandingWaiver["scope"], record: InstanceRecord): boolean {
  return (
    scope.cloud === record.cloud &&
    (scope.accountId ?? record.accountId) === record.accountId &&
    (scope.region ?? record.region) === record.region &&
    (scope.project ?? record.project) === record.project
  );
}

/** Why the policy spares this instance whatever else holds: `exclude` and `protectTags`. */
export function sparedBy(
  record: InstanceRecord,
  policy: Pick<CompletePolicy, "exclude" | "protectTags">,
): string | undefined {
  if (policy.exclude.some((selector) => matchesSelector(record, selector))) return "it matches `exclude`";
  const tag = Object.entries(policy.protectTags).find(([key, value]) => {
    const present = record.tags[key];
    return present !== undefined && (value === "*" || present === value);
  });
  return tag && `it carries the protected tag ${tag[0]}`;
}

function recordBlockers(record: InstanceRecord, policy: CompletePolicy): readonly Blocker[] {
  const problem = (code: ProblemCode, message: string, hint: string): Blocker =>
    firmBlocker({ code, message: `${record.id} ${message}`, hint, cloud: record.cloud, instanceIds: [record.id] });
  const spared = sparedBy(record, policy);
  if (spared !== undefined) return [problem("protected", `is left alone: ${spared}.`, "Change the policy or the tag.")];
  const { unified, raw } = record.state;
  if (unified === "gone" || unified === "terminating") return [];
  if (unified === "recycled") {
    if (policy.terminate.recycleBin === "purge") return [];
    return [problem("wrong-state", "is in the recycle bin already.", 'Recover it, or ask for `recycleBin: "purge"`.')];
  }
  if (unified === "pending") return [problem("wrong-state", `is still starting (${raw}).`, "Plan again once it runs.")];
  const common = commonBlocker(record, policy.terminate);
  return [
    ...(common ? [firmBlocker(common)] : []),
    ...(neverStopped(record, policy)
      ? [
          problem(
            "wrong-state",
            `is to be saved while stopped, but isolating leaves it ${unified}.`,
            'Use the quarantine mode "stop".',
          ),
        ]
      : []),
    ...hostDisks(record, policy).map((id) =>
      problem(
        "data-loss",
        `holds ${id} on its host: no snapshot can save it.`,
        "Name the disk in `terminate.acceptDataLoss`.",
      ),
    ),
  ];
}

function neverStopped({ state }: InstanceRecord, { snapshot, quarantine }: CompletePolicy): boolean {
  return (
    !("skip" in snapshot) &&
    snapshot.from === "stopped" &&
    state.unified !== "stopped" &&
    quarantine?.mode === "isolate"
  );
}

/** Disks that live on the host, and that nobody gave up. They go with a stop as well as with the termination. */
function hostDisks({ id, disks }: InstanceRecord, { snapshot, terminate }: CompletePolicy): readonly string[] {
  if ("skip" in snapshot) return [];
  const given = new Set(
    terminate.acceptDataLoss.filter(({ instanceId }) => instanceId === id).map(({ diskId }) => diskId),
  );
  return disks.filter((disk) => disk.ephemeral && !given.has(disk.id)).map((disk) => disk.id);
}

function edgeBlockers(
  record: InstanceRecord,
  edges: readonly DependencyEdge[],
  policy: CompletePolicy,
  consents: Consents,
): readonly Blocker[] {
  return edges
    .filter((edge) => edge.instanceId === record.id && edge.effect !== "report")
    .filter((edge) => edge.effect === "blocks" || !policy.release.before.includes(edge.node.kind))
    .filter((edge) => !alreadyJudged(record, edge))
    .map((edge) => {
      const hint =
        edge.effect === "release-first"
          ? `Name ${edge.node.kind} in \`release.before\`, or take it off by hand.`
          : (edge.unblock ?? "See the cloud's page in the documentation.");
      const problem: Problem = {
        code: codeOf(edge.node.kind),
        message: `${record.id}: ${edge.node.kind} ${edge.node.id} stands in the way: ${edge.why}`,
        hint,
        cloud: record.cloud,
        instanceIds: [record.id],
      };
      if (neverWaived(edge)) return firmBlocker(problem);
      return waivableBlocker(problem, { kind: edge.node.kind, cause: "blocks" }, record, consents);
    });
}

/** Protection is judged from the record, where a policy can clear it by id; the edge only shows it to the reader. */
function alreadyJudged(record: InstanceRecord, edge: DependencyEdge): boolean {
  const { termination, stop, locks } = record.protection;
  return edge.node.kind === "protection" && (termination === true || stop === true || locks.length > 0);
}

function neverWaived({ node, effect }: DependencyEdge): boolean {
  return node.kind === "protection" && effect === "blocks";
}

const ownerKinds: ReadonlySet<DependencyKind> = new Set([
  "auto-scaling-group",
  "spot-request",
  "fleet",
  "cluster-node",
  "stack",
  "managed-service",
]);

/** Whether things of this kind can replace an instance or bring back what was taken from it. */
export function isOwnerKind(kind: DependencyKind): boolean {
  return ownerKinds.has(kind);
}

function codeOf(kind: DependencyKind): ProblemCode {
  if (isOwnerKind(kind)) return "owned";
  if (kind === "pending-operation") return "wrong-state";
  return kind === "protection" ? "protected" : "dependency";
}

/** What a required line that is not `checked` keeps from going, unless waived. */
export function coverageBlockers(
  record: InstanceRecord,
  coverage: readonly CoverageLine[],
  consents: Consents,
): readonly Blocker[] {
  return coverage.flatMap((line) => {
    if (line.gate !== "required" || line.status === "checked") return [];
    if (line.instanceIds && !line.instanceIds.includes(record.id)) return [];
    const problem: Problem = {
      code: line.status === "denied" ? "access-denied" : "dependency",
      message: `${record.id}: ${line.kind} was not fully looked at (${line.source}: ${line.status}).`,
      hint: `${line.reason ?? "No reason was given."} Or waive it for this instance (kind ${line.kind}, cause ${line.status}).`,
      cloud: record.cloud,
      instanceIds: [record.id],
    };
    return [waivableBlocker(problem, { kind: line.kind, cause: line.status }, record, consents)];
  });
}

/** The kinds that everybody concerned agreed to leave out: they are not read at all. */
export function skippedKinds(instanceIds: readonly string[], { waivers, now }: Consents): readonly DependencyKind[] {
  const left = waivers.filter(
    ({ cause, expiresAt, instanceIds: named }) =>
      cause === "skipped" &&
      Date.parse(expiresAt) > now &&
      (named === "all" || instanceIds.every((id) => named.includes(id))),
  );
  return [...new Set(left.flatMap(({ kind }) => (kind === "permission" ? [] : [kind])))];
}
