import type {
  ControlRead,
  CoverageLine,
  DependencyEdge,
  DependencyKind,
  DependencyNode,
  ListDependenciesOptions,
} from "./dependencies.js";
import { DecommissionError, type Problem, problemOf } from "./errors.js";

/** What one source said about the instances asked for. */
export interface Findings {
  readonly nodes: readonly DependencyNode[];
  readonly edges: readonly DependencyEdge[];
  /**
   * What shows that an empty answer means "none". Needed only where the cloud hides rows from a scoped principal;
   * without it the line reads `partial`.
   */
  readonly control?: ControlRead;
  /** What could not be read although the request succeeded, in words. */
  readonly partial?: { readonly reason: string; readonly instanceIds?: readonly string[] };
  /** Left unread by the caller's choice, in words. */
  readonly skipped?: string;
}

/** One row of an adapter's dependency table: a kind, asked of one source. */
export interface DependencySource<Context> {
  readonly kind: DependencyKind;
  /** The API that says so, such as `ec2:DescribeVolumes`. */
  readonly source: string;
  readonly gate: CoverageLine["gate"];
  /** Whether the cloud hides rows from a scoped principal instead of denying. Unknown counts as true. */
  readonly hidesRows: boolean;
  read(context: Context): Promise<Findings>;
}

/** What all sources together said. */
export interface Survey {
  readonly nodes: readonly DependencyNode[];
  readonly edges: readonly DependencyEdge[];
  readonly coverage: readonly CoverageLine[];
}

/**
 * Asks every source of the table at once and notes for each what was and was not looked at. A source that fails is
 * a coverage line; only the caller's own stop ends the survey.
 */
export async function survey<Context>(
  table: readonly DependencySource<Context>[],
  context: Context,
  options: ListDependenciesOptions = {},
): Promise<Survey> {
  const skip = new Set(options.skip);
  const answers = await Promise.all(
    table.map(async (row) => {
      if (skip.has(row.kind)) return { row, line: lineOf(row, "skipped", "Left out by the caller.") };
      try {
        const findings = await row.read(context);
        return { row, findings, line: judge(row, findings) };
      } catch (error) {
        const problem = problemOf(error);
        if (problem.code === "aborted" || !DecommissionError.isInstance(error)) throw error;
        return { row, line: lineOf(row, statusOf(problem), `${problem.message} ${problem.hint}`.trim()) };
      }
    }),
  );
  return {
    nodes: mergeNodes(answers.flatMap((answer) => answer.findings?.nodes ?? [])),
    edges: mergeEdges(answers.flatMap((answer) => answer.findings?.edges ?? [])),
    coverage: answers.map((answer) => answer.line),
  };
}

function judge<Context>(row: DependencySource<Context>, findings: Findings): CoverageLine {
  if (findings.skipped !== undefined) return { ...lineOf(row, "skipped", findings.skipped), gate: "report" };
  const { partial } = findings;
  if (partial) {
    const line = lineOf(row, "partial", partial.reason);
    return partial.instanceIds === undefined ? line : { ...line, instanceIds: partial.instanceIds };
  }
  if (findings.edges.length > 0 || !row.hidesRows) return lineOf(row, "checked");
  if (findings.control) return { ...lineOf(row, "checked"), control: findings.control };
  return lineOf(
    row,
    "partial",
    "The answer was empty, and nothing shows that this principal would see a row if there were one.",
  );
}

function lineOf<Context>(
  row: DependencySource<Context>,
  status: CoverageLine["status"],
  reason?: string,
): CoverageLine {
  return { kind: row.kind, source: row.source, gate: row.gate, status, ...(reason === undefined ? {} : { reason }) };
}

function statusOf(problem: Problem): CoverageLine["status"] {
  switch (problem.code) {
    case "access-denied":
    case "authentication":
      return "denied";
    case "missing-package":
    case "unsupported":
      return "unavailable";
    default:
      return "partial";
  }
}

function mergeNodes(nodes: readonly DependencyNode[]): readonly DependencyNode[] {
  const merged = new Map<string, DependencyNode>();
  for (const node of nodes) {
    const key = `${node.kind}/${node.id}`;
    merged.set(key, { ...node, ...merged.get(key) });
  }
  return [...merged.values()];
}

function mergeEdges(edges: readonly DependencyEdge[]): readonly DependencyEdge[] {
  const merged = new Map<string, DependencyEdge>();
  for (const edge of edges) {
    const key = [edge.instanceId, edge.node.kind, edge.node.id, edge.relation, edge.source].join("/");
    if (!merged.has(key)) merged.set(key, edge);
  }
  return [...merged.values()];
}

/** The required lines that were not checked: what stands between an instance and its termination. */
export function gaps(coverage: readonly CoverageLine[]): readonly CoverageLine[] {
  return coverage.filter((line) => line.gate === "required" && line.status !== "checked");
}
