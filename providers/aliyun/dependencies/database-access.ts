import { groupBy } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { type DatabaseEngine, databaseEngines, groupSourceOf } from "./databases.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

/** Databases that let a group of the instances in. Whether an instance uses one is a guess. */
export const databaseAccessSources: readonly AliyunSource[] = databaseEngines.map((engine) => {
  const source = groupSourceOf(engine);
  return listing("database", source, "report", async (survey) => findingsOf(source, await letIn(survey, engine)));
});

async function letIn({ instances, reads }: AliyunSurvey, engine: DatabaseEngine): Promise<readonly Finding[]> {
  const allowed = groupBy(await reads.databases(engine).groups(), ({ groupId }) => groupId);
  return instances.flatMap(({ record }) =>
    record.securityGroupIds.flatMap((groupId) =>
      (allowed.get(groupId) ?? []).map(
        ({ database }): Finding => ({
          instanceId: record.id,
          node: {
            kind: "database",
            id: database.id,
            ...(database.name === undefined ? {} : { name: database.name }),
            billing: "continues",
          },
          edge: {
            relation: "inferred",
            effect: "report",
            atTermination: "kept",
            why: `It lets the group ${groupId} in, which the instance is in.`,
          },
        }),
      ),
    ),
  );
}
