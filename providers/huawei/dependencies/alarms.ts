import { type Finding, findingsOf } from "../../../src/findings.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const source = "ces:ListAlarmRules";
/** Largest page of alarm rules ("Querying alarm rules", limit). */
const alarmPageLimit = 100;

/** Alarm rules that watch the servers. */
export const alarmSources: readonly HuaweiSource[] = [
  {
    kind: "alarm",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(source, await alarmsFor(survey)),
  },
];

async function alarmsFor({ call, instances }: HuaweiSurvey): Promise<readonly Finding[]> {
  const list = { field: "alarms", id: "alarm_id", limit: alarmPageLimit, by: "offset" } as const;
  const rows = await call.pages("ces", "GET /v2/{project_id}/alarms", {}, list);
  const asked = new Set(instances.map(({ record }) => record.id));
  return rows.flatMap((row) => {
    const watched = row
      .list("resources")
      .flatMap((resource) => resource.list("dimensions"))
      .flatMap((dimension) => (dimension.text("name") === "instance_id" ? (dimension.text("value") ?? []) : []));
    const name = row.text("name");
    return [...new Set(watched)]
      .filter((id) => asked.has(id))
      .map(
        (instanceId): Finding => ({
          instanceId,
          node: { kind: "alarm", id: row.need("alarm_id"), ...(name === undefined ? {} : { name }), billing: "none" },
          edge: {
            relation: "references",
            effect: "report",
            atTermination: "kept",
            why: "It watches this server, and stays without data once it is gone.",
          },
        }),
      );
  });
}
