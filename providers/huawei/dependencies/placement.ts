import { type Finding, findingsOf } from "../../../src/findings.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const groupSource = "ecs:ListServerGroups";
const hostSource = "deh:ListDedicatedHosts";
const eventSource = "ecs:ListScheduledEvents";
/** Largest page of server groups (limit). */
const groupPageLimit = 1000;
/** Rows of one page of dedicated hosts and of events, which every account takes. */
const smallPageLimit = 100;

/** Where servers are placed, and what the cloud plans to do with them. */
export const placementSources: readonly HuaweiSource[] = [
  {
    kind: "placement",
    source: groupSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(groupSource, await serverGroups(survey)),
  },
  {
    kind: "dedicated-host",
    source: hostSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(hostSource, await dedicatedHosts(survey)),
  },
  {
    kind: "event-window",
    source: eventSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(eventSource, await scheduledEvents(survey)),
  },
];

async function serverGroups({ call, instances }: HuaweiSurvey): Promise<readonly Finding[]> {
  const list = { field: "server_groups", limit: groupPageLimit };
  const rows = await call.pages("ecs", "GET /v1/{project_id}/cloudservers/os-server-groups", {}, list);
  const asked = new Set(instances.map(({ record }) => record.id));
  return rows.flatMap((row) =>
    row
      .needTexts("members")
      .filter((id) => asked.has(id))
      .map((instanceId): Finding => {
        const name = row.text("name");
        return {
          instanceId,
          node: { kind: "placement", id: row.need("id"), ...(name === undefined ? {} : { name }), billing: "none" },
          edge: {
            relation: "member",
            effect: "report",
            atTermination: "kept",
            why: "It is in this server group, which stays without it.",
          },
        };
      }),
  );
}

async function dedicatedHosts({ call, instances }: HuaweiSurvey): Promise<readonly Finding[]> {
  const list = { field: "dedicated_hosts", id: "dedicated_host_id", limit: smallPageLimit };
  const rows = await call.pages("deh", "GET /v1.0/{project_id}/dedicated-hosts", {}, list);
  const asked = new Set(instances.map(({ record }) => record.id));
  return rows.flatMap((row) =>
    row
      .texts("instance_uuids")
      .filter((id) => asked.has(id))
      .map((instanceId): Finding => {
        const name = row.text("name");
        return {
          instanceId,
          node: {
            kind: "dedicated-host",
            id: row.need("dedicated_host_id"),
            ...(name === undefined ? {} : { name }),
            billing: "continues",
          },
          edge: {
            relation: "attached",
            effect: "report",
            atTermination: "kept",
            why: "It runs on this dedicated host, which bills on whatever runs on it.",
          },
        };
      }),
  );
}

/** States of an event that is still to come ("Querying scheduled events", state). */
const toCome = new Set(["inquiring", "scheduled", "executing"]);

async function scheduledEvents({ call, instances }: HuaweiSurvey): Promise<readonly Finding[]> {
  const list = { field: "events", limit: smallPageLimit };
  const rows = await call.pages("ecs", "GET /v3/{project_id}/instance-scheduled-events", {}, list);
  const asked = new Set(instances.map(({ record }) => record.id));
  return rows.flatMap((row) => {
    const instanceId = row.text("instance_id") ?? "";
    if (!asked.has(instanceId) || !toCome.has(row.text("state") ?? "")) return [];
    const type = row.text("type") ?? "event";
    return [
      {
        instanceId,
        node: { kind: "event-window" as const, id: row.need("id"), name: type, billing: "none" as const },
        edge: {
          relation: "references" as const,
          effect: "report" as const,
          atTermination: "deleted" as const,
          why: `The cloud plans for it: ${type} (${row.text("state")}).`,
        },
      },
    ];
  });
}
