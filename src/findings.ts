import type { Findings } from "./coverage.js";
import type { DependencyEdge, DependencyNode } from "./dependencies.js";

/** A thing and its relation to one instance, as one source says. */
export interface Finding {
  readonly instanceId: string;
  readonly node: DependencyNode;
  readonly edge: Pick<DependencyEdge, "relation" | "effect" | "atTermination" | "why" | "unblock">;
}

/** What keeps an instance from going comes first: of several findings about one thing and instance the first counts. */
const weight: Readonly<Record<DependencyEdge["effect"], number>> = { blocks: 0, "release-first": 1, report: 2 };

/** Sorts findings of one source into nodes and edges. */
export function findingsOf(source: string, findings: readonly Finding[]): Findings {
  const sorted = findings.toSorted((one, other) => weight[one.edge.effect] - weight[other.edge.effect]);
  return {
    nodes: sorted.map(({ node }) => node),
    edges: sorted.map(({ instanceId, node, edge }) => ({
      instanceId,
      node: { kind: node.kind, id: node.id },
      ...edge,
      source,
    })),
  };
}
