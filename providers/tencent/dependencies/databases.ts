import { chunk, groupBy, mapConcurrent } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { idLimit } from "../instances.js";
import { nothing } from "./controls.js";
import type { GroupUse } from "./group-users.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const statistics = "vpc:DescribeSecurityGroupAssociationStatistics";
const mysqlSource = "cdb:DescribeDBInstances";
const redisSource = "redis:DescribeInstanceSecurityGroup";
/** Largest page of cdb DescribeDBInstances, and of redis DescribeInstances. */
const mysqlPageLimit = 2_000;
const redisPageLimit = 1_000;
const concurrency = 8;

/** Product types of databases in the statistics of a group (recorded answer). MySQL and Redis can name their instances. */
const databases = new Set(
  "CDB DCDB MongoDB Mariadb Redis TBASE SQLSERVER CTSDBI POSTGRES CYNOSDBPG TDAPG ELASTICSEARCH KONISGRAPH TDSTORE".split(
    " ",
  ),
);
const byName = new Set(["CDB", "Redis"]);

/** Databases that share a group with an instance: a guess that they work together, never more. */
export const databaseSources: readonly TencentSource[] = [
  {
    kind: "database",
    source: statistics,
    gate: "report",
    hidesRows: false,
    read: async (survey) => {
      const shared = (await databaseUses(survey)).filter(({ id }) => !byName.has(id));
      return findingsOf(
        statistics,
        shared.flatMap((use) => guesses(survey, use.groupId, `${use.groupId}/${use.id}`, use.what)),
      );
    },
  },
  {
    kind: "database",
    source: mysqlSource,
    gate: "report",
    hidesRows: false,
    read: async (survey) => {
      const groups = await groupsWith(survey, "CDB");
      return named(mysqlSource, groups, await mysqlInstances(survey, groups));
    },
  },
  {
    kind: "database",
    source: redisSource,
    gate: "report",
    hidesRows: false,
    read: async (survey) => {
      const groups = await groupsWith(survey, "Redis");
      return groups.length === 0 ? nothing : named(redisSource, groups, await redisInstances(survey, new Set(groups)));
    },
  },
];

/** The cloud's counts are whole, whatever these credentials see: a database is not missed, only unnamed. */
async function databaseUses({ reads }: TencentSurvey): Promise<readonly GroupUse[]> {
  const { uses, unchecked } = await reads.groupUsers();
  const gap = unchecked.find(({ source }) => source === statistics);
  if (gap) throw new DecommissionError(gap.problem);
  return uses.filter(({ kind, id }) => kind === "product" && databases.has(id));
}

async function groupsWith(survey: TencentSurvey, product: string): Promise<readonly string[]> {
  return (await databaseUses(survey)).filter(({ id }) => id === product).map(({ groupId }) => groupId);
}

/** A database, and the group it is in. */
interface Sharing {
  readonly groupId: string;
  readonly findings: readonly Finding[];
}

/** The databases that a listing names. A group in which the cloud counts some, and none is named, is a gap. */
function named(source: string, groups: readonly string[], found: readonly Sharing[]): Findings {
  const findings = findingsOf(
    source,
    found.flatMap((one) => one.findings),
  );
  const silent = groups.filter((groupId) => found.every((one) => one.groupId !== groupId));
  if (silent.length === 0) return findings;
  return {
    ...findings,
    partial: { reason: `Databases are counted in ${silent.join(", ")}, and none of them is shown.` },
  };
}

async function mysqlInstances(survey: TencentSurvey, groups: readonly string[]): Promise<readonly Sharing[]> {
  const found = await mapConcurrent(groups, concurrency, async (groupId) => {
    const parameters = { SecurityGroupId: groupId, WithSecurityGroup: 1 };
    const list = { field: "Items", id: "InstanceId", limit: mysqlPageLimit };
    const rows = await survey.call.pages("cdb", "DescribeDBInstances", parameters, list);
    return rows.map((row) => {
      const id = row.need("InstanceId");
      return {
        groupId,
        findings: guesses(survey, groupId, id, `the MySQL instance ${row.text("InstanceName") ?? id}`),
      };
    });
  });
  return found.flat();
}

async function redisInstances(survey: TencentSurvey, groups: ReadonlySet<string>): Promise<readonly Sharing[]> {
  const { call } = survey;
  const list = { field: "InstanceSet", id: "InstanceId", limit: redisPageLimit };
  const ids = (await call.pages("redis", "DescribeInstances", {}, list)).map((row) => row.need("InstanceId"));
  const pieces = await Promise.all(
    chunk(ids, idLimit).map(async (piece) => {
      const { body } = await call.read("redis", "DescribeInstanceSecurityGroup", { InstanceIds: [...piece] });
      return body.needList("InstanceSecurityGroupsDetail");
    }),
  );
  return pieces.flat().flatMap((row) => {
    const id = row.need("InstanceId");
    const own = row.list("SecurityGroupDetails").map((group) => group.text("SecurityGroupId") ?? "");
    return own
      .filter((groupId) => groups.has(groupId))
      .map((groupId) => ({ groupId, findings: guesses(survey, groupId, id, `the Redis instance ${id}`) }));
  });
}

function guesses({ instances }: TencentSurvey, groupId: string, id: string, what: string): readonly Finding[] {
  const members = groupBy(
    instances.flatMap(({ record }) => record.securityGroupIds.map((group) => ({ group, id: record.id }))),
    ({ group }) => group,
  );
  return (members.get(groupId) ?? []).map(
    (member): Finding => ({
      instanceId: member.id,
      node: { kind: "database", id, name: what, billing: "continues" },
      edge: {
        relation: "inferred",
        effect: "report",
        atTermination: "kept",
        why: `It shares the group ${groupId} with ${what}: they may work together.`,
      },
    }),
  );
}
