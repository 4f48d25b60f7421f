import type { Survey } from "./coverage.js";
import type {
  CoverageLine,
  DependencyEdge,
  DependencyKind,
  DependencyNode,
  DependencyReport,
  NodeRef,
} from "./dependencies.js";
import type { Leftover, VerifyOptions } from "./verification.js";

/** What a cloud found of instances that are gone. */
export interface Aftermath extends Survey {
  /** Copies that this library made: they never stand against a clean end. */
  readonly ourIds: ReadonlySet<string>;
}

/** What one ended instance left, and whether that is a clean end. */
export interface Remains {
  readonly leftovers: readonly Leftover[];
  readonly replacedBy: readonly string[];
  readonly coverage: readonly CoverageLine[];
  readonly clean: boolean;
}

/** The report of before, where it is about this instance: one about others says nothing of what hung on it. */
export function reportOn(instanceId: string, before: DependencyReport | undefined): DependencyReport | undefined {
  const isThere = before?.instances.some((one) => one.status === "found" && one.record.id === instanceId);
  return isThere ? before : undefined;
}

/** Sorts an aftermath out for one instance, adding what only the report of before knows. */
export function remainsOf(
  instanceId: string,
  aftermath: Aftermath,
  options: Pick<VerifyOptions, "before" | "stays" | "skip">,
  rechecked: ReadonlySet<DependencyKind>,
): Remains {
  const before = reportOn(instanceId, options.before);
  const nodes = new Map([...(before?.nodes ?? []), ...aftermath.nodes].map((node) => [nameOf(node), node]));
  const found = aftermath.edges.filter((edge) => edge.instanceId === instanceId);
  const kept = (before?.edges ?? []).filter(
    (edge) => edge.instanceId === instanceId && !rechecked.has(edge.node.kind) && staysBehind(edge, nodes),
  );
  const leftovers = new Map<string, Leftover>();
  for (const edge of [...found, ...kept]) {
    if (!leftovers.has(nameOf(edge.node))) leftovers.set(nameOf(edge.node), leftoverOf(edge, nodes));
  }
  const coverage = coverageOf(instanceId, aftermath.coverage, before);
  const against = leftoversAgainst(leftovers, found, aftermath.ourIds, options.stays ?? []);
  const skip = new Set(options.skip);
  return {
    leftovers: [...leftovers.values()],
    replacedBy: found.filter((edge) => edge.node.kind === "instance").map((edge) => edge.node.id),
    coverage,
    clean: against.length === 0 && coverage.every((line) => line.status === "checked" || skip.has(line.kind)),
  };
}

/** Kinds that name addresses: a record or list that does is worth telling although it costs nothing. */
const namingKinds: ReadonlySet<DependencyKind> = new Set([
  "dns-record",
  "address-list",
  "service-discovery",
  "nat-rule",
  "route",
]);

/** Owners are no leftovers: what they do about an ended instance is a replacement, and looked for as such. */
const owners: ReadonlySet<DependencyKind> = new Set([
  "auto-scaling-group",
  "fleet",
  "cluster-node",
  "stack",
  "managed-service",
  "spot-request",
  "load-balancer-target",
  "other",
]);

function staysBehind(edge: DependencyEdge, nodes: ReadonlyMap<string, DependencyNode>): boolean {
  if (edge.relation === "inferred" || edge.atTermination === "deleted" || owners.has(edge.node.kind)) return false;
  const billing = nodes.get(nameOf(edge.node))?.billing ?? "unknown";
  return billing === "continues" || billing === "unknown" || namingKinds.has(edge.node.kind);
}

function leftoverOf(edge: DependencyEdge, nodes: ReadonlyMap<string, DependencyNode>): Leftover {
  const node = nodes.get(nameOf(edge.node));
  return {
    ...edge.node,
    ...(node?.sizeGiB === undefined ? {} : { sizeGiB: node.sizeGiB }),
    ...(node?.since === undefined ? {} : { since: node.since }),
    billing: node === undefined ? "unknown" : node.billing === "stops" ? "none" : node.billing,
    why: edge.why,
  };
}

/** What stands against a clean end: what bills, and what the aftermath holds against it, unless it was to stay or is ours. */
function leftoversAgainst(
  leftovers: ReadonlyMap<string, Leftover>,
  found: readonly DependencyEdge[],
  ourIds: ReadonlySet<string>,
  stays: readonly NodeRef[],
): readonly Leftover[] {
  const held = new Set(found.filter((edge) => edge.effect === "blocks").map((edge) => nameOf(edge.node)));
  const expected = new Set(stays.map(nameOf));
  return [...leftovers].flatMap(([name, leftover]) => {
    if (held.has(name)) return [leftover];
    return leftover.billing === "none" || expected.has(name) || ourIds.has(leftover.id) ? [] : [leftover];
  });
}

/** Kinds that mean nothing any more once an instance is gone. */
const moot: ReadonlySet<DependencyKind> = new Set(["instance", "protection", "pending-operation"]);

/** What was looked at now, and what was not looked at before and so cannot be known. */
function coverageOf(
  instanceId: string,
  now: readonly CoverageLine[],
  before: DependencyReport | undefined,
): readonly CoverageLine[] {
  const lines = now.map((line) => linesFor(instanceId, line));
  if (!before) return [...lines, noReport];
  const read = new Set(lines.map(sourceOf));
  const open = before.coverage
    .map((line) => linesFor(instanceId, line))
    .filter((line) => line.status !== "checked" && !moot.has(line.kind) && !read.has(sourceOf(line)));
  return [...lines, ...open.map((line): CoverageLine => ({ ...line, gate: "report" }))];
}

const noReport: CoverageLine = {
  kind: "other",
  source: "before",
  gate: "report",
  status: "partial",
  reason: "Without the report from before the end (`before`), not everything that can be left is known.",
};

/** A line as one instance sees it: what was not read of others was read of this one. */
function linesFor(instanceId: string, line: CoverageLine): CoverageLine {
  if (line.instanceIds === undefined || line.instanceIds.includes(instanceId)) return line;
  const { kind, source, gate } = line;
  return { kind, source, gate, status: "checked" };
}

function sourceOf(line: CoverageLine): string {
  return `${line.kind} ${line.source}`;
}

function nameOf(node: NodeRef): string {
  return `${node.kind} ${node.id}`;
}
