import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge, DependencyNode } from "../../../src/dependencies.js";

/** A thing and its relation to one instance, as one source says. */
export interface Finding {
  readonly instanceId: string;
  readonly node: DependencyNode;
  readonly edge: Pick<DependencyEdge, "relation" | "effect" | "atTermination" | "why" | "unblock">;
}

/** Sorts findings of one source into nodes and edges. */
export function findingsOf(source: string, findings: readonly Finding[]): Findings {
  return {
    nodes: findings.map(({ node }) => node),
    edges: findings.map(({ instanceId, node, edge }) => ({
      instanceId,
      node: { kind: node.kind, id: node.id },
      ...edge,
      source,
    })),
  };
}
