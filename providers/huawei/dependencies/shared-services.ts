import { groupBy } from "../../../src/batch.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { readNetwork } from "../listings.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import { holdersByPort } from "./holders.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const databaseSource = "rds:ListInstances";
const fileSource = "sfs-turbo:ListShares";
const mirrorSource = "vpc:ListTrafficMirrorSessions";

/** What shares a group or a port with the servers, and so may need them. Guesses: they never block. */
export const sharedServiceSources: readonly HuaweiSource[] = [
  {
    kind: "database",
    source: databaseSource,
    gate: "report",
    hidesRows,
    read: async ({ instances, reads }) =>
      findingsOf(databaseSource, inGroups("database", instances, await reads.databases())),
  },
  {
    kind: "file-system",
    source: fileSource,
    gate: "report",
    hidesRows,
    read: async ({ instances, reads }) =>
      findingsOf(fileSource, inGroups("file-system", instances, await reads.fileSystems())),
  },
  {
    kind: "traffic-mirror",
    source: mirrorSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(mirrorSource, await mirrors(survey)),
  },
];

interface InGroups {
  readonly id: string;
  readonly name: string;
  readonly groupIds: readonly string[];
}

function inGroups(
  kind: DependencyKind,
  instances: readonly SeenInstance[],
  things: readonly InGroups[],
): readonly Finding[] {
  const pairs = instances.flatMap(({ record }) =>
    record.securityGroupIds.map((groupId) => ({ groupId, id: record.id })),
  );
  const members = groupBy(pairs, ({ groupId }) => groupId);
  return things.flatMap(({ id, name, groupIds }) => {
    const sharers = new Map(
      groupIds.flatMap((groupId) => (members.get(groupId) ?? []).map((pair) => [pair.id, groupId] as const)),
    );
    return [...sharers].map(
      ([instanceId, groupId]): Finding => ({
        instanceId,
        node: { kind, id, ...(name === "" ? {} : { name }), billing: "continues" },
        edge: {
          relation: "inferred",
          effect: "report",
          atTermination: "kept",
          why: `It shares the group ${groupId} with this server, which may use it.`,
        },
      }),
    );
  });
}

async function mirrors({ call, instances }: HuaweiSurvey): Promise<readonly Finding[]> {
  const action = "GET /v3/{project_id}/vpc/traffic-mirror-sessions";
  const rows = await readNetwork(call, action, "traffic_mirror_sessions");
  const ports = holdersByPort(instances);
  return rows.flatMap((row) => {
    const name = row.text("name");
    const ends = [...row.texts("traffic_mirror_sources"), row.text("traffic_mirror_target_id") ?? ""];
    return [...new Set(ends.flatMap((port) => ports.get(port) ?? []))].map(
      (instanceId): Finding => ({
        instanceId,
        node: { kind: "traffic-mirror", id: row.need("id"), ...(name === undefined ? {} : { name }), billing: "none" },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: "It copies traffic from or to a port of this server.",
        },
      }),
    );
  });
}
