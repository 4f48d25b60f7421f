import type { DependencyKind } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource } from "./survey.js";

const source = "ecs:ListServersDetails";

/** What a server itself tells: what it names and leaves behind, what is done with it, what will be. */
export const attributeSources: readonly HuaweiSource[] = [
  attribute("key-pair", ({ facts, record }) =>
    named(record.id, "key-pair", facts.keyName, "It was made with this key pair, which stays."),
  ),
  attribute("instance-role", ({ facts, record }) =>
    named(
      record.id,
      "instance-role",
      facts.agencyName,
      "It acts under this agency. The agency stays, and so does what it may do.",
    ),
  ),
  attribute("schedule", ({ record }) => releases(record.id, record.scheduledReleaseAt)),
  { ...attribute("pending-operation", pending), gate: "required" },
];

function attribute(kind: DependencyKind, finding: (seen: SeenInstance) => readonly Finding[]): HuaweiSource {
  return {
    kind,
    source,
    gate: "report",
    hidesRows,
    read: async ({ instances }) => findingsOf(source, instances.flatMap(finding)),
  };
}

function named(instanceId: string, kind: DependencyKind, id: string | undefined, why: string): readonly Finding[] {
  if (id === undefined) return [];
  return [
    {
      instanceId,
      node: { kind, id, billing: "none" },
      edge: { relation: "references", effect: "report", atTermination: "kept", why },
    },
  ];
}

function releases(instanceId: string, at: string | undefined): readonly Finding[] {
  if (at === undefined) return [];
  return [
    {
      instanceId,
      node: { kind: "schedule", id: `${instanceId}/auto-terminate`, billing: "none" },
      edge: {
        relation: "attached",
        effect: "report",
        atTermination: "deleted",
        why: `ECS deletes it by itself at ${at}, past the recycle bin.`,
      },
    },
  ];
}

/** Work under way, which ECS does not let a deletion interrupt (Ecs.0100). A deletion is no work of others. */
function pending({ record, facts }: SeenInstance): readonly Finding[] {
  const { unified } = record.state;
  if (facts.busy === undefined || unified === "terminating" || unified === "recycled") return [];
  return [
    {
      instanceId: record.id,
      node: { kind: "pending-operation", id: `${record.id}/${facts.busy}`, billing: "none" },
      edge: {
        relation: "references",
        effect: "blocks",
        atTermination: "unknown",
        why: `ECS is at work on it (${record.state.raw}).`,
        unblock: "Wait until that has ended; a resize waits for its confirmation.",
      },
    },
  ];
}
