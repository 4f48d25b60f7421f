import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { pageLimit } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { SecurityGroup } from "./security-groups.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const instanceSource = "rds:DescribeDBInstances";
const clusterSource = "rds:DescribeDBClusters";
const mountSource = "ec2:DescribeNetworkInterfaces";
/** Largest page of the RDS listings (RDS API reference, MaxRecords). */
const databasePageLimit = 100;

/** What the instances may talk to, guessed from groups: databases and file systems name no clients. */
export const sharedServiceSources: readonly AwsSource[] = [
  {
    kind: "database",
    source: instanceSource,
    gate: "report",
    hidesRows,
    read: (survey) => databases(survey, instanceSource, "DescribeDBInstances", "DBInstances", "DBInstanceIdentifier"),
  },
  {
    kind: "database",
    source: clusterSource,
    gate: "report",
    hidesRows,
    read: (survey) => databases(survey, clusterSource, "DescribeDBClusters", "DBClusters", "DBClusterIdentifier"),
  },
  {
    kind: "file-system",
    source: mountSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(mountSource, await fileSystems(survey)),
  },
];

async function databases(survey: AwsSurvey, source: string, action: string, list: string, idField: string) {
  const rows = await survey.call.pages("rds", action, { MaxRecords: databasePageLimit }, list);
  const groups = await survey.reads.securityGroups();
  const findings = findingsOf(
    source,
    rows.flatMap((row) => {
      const held = row.list("VpcSecurityGroups").flatMap((group) => group.text("VpcSecurityGroupId") ?? []);
      const id = row.need(idField);
      return letIn(held, groups, survey.instances).map((instanceId) =>
        guess(instanceId, { kind: "database", id, billing: "continues" }, `database ${id}`),
      );
    }),
  );
  // One outside any VPC has groups of another kind instead (RDS API reference, DBSecurityGroupMembership).
  const told = (row: Wire) => row.has("VpcSecurityGroups") || row.list("DBSecurityGroups").length > 0;
  const silent = rows.filter((row) => !told(row)).map((row) => row.need(idField));
  if (silent.length === 0) return findings;
  return { ...findings, partial: { reason: `The groups of ${silent.join(", ")} were not told.` } };
}

/** Mount targets are interfaces, and their description names the file system ("EFS mount target for fs-…"). */
async function fileSystems({ call, instances, reads }: AwsSurvey): Promise<readonly Finding[]> {
  const parameters = {
    Filters: [{ Name: "description", Values: ["EFS mount target for *"] }],
    MaxResults: pageLimit,
    IncludeManagedResources: true,
  };
  const rows = await call.pages("ec2", "DescribeNetworkInterfaces", parameters, "NetworkInterfaces");
  if (rows.length === 0) return [];
  const groups = await reads.securityGroups();
  return rows.flatMap((row) => {
    const id = /^EFS mount target for (\S+)/.exec(row.text("Description") ?? "")?.[1];
    const held = row.needList("Groups").map((group: Wire) => group.need("GroupId"));
    if (id === undefined) return [];
    return letIn(held, groups, instances).map((instanceId) =>
      guess(instanceId, { kind: "file-system", id, billing: "continues" }, `file system ${id}`),
    );
  });
}

/** Instances that share a group with something, or whose group one of its groups names. */
function letIn(
  held: readonly string[],
  groups: ReadonlyMap<string, SecurityGroup>,
  instances: readonly SeenInstance[],
): readonly string[] {
  const welcome = new Set([
    ...held,
    ...held.flatMap((id) =>
      (groups.get(id)?.peers ?? []).flatMap((peer) => (peer.kind === "group" ? [peer.groupId] : [])),
    ),
  ]);
  return instances
    .filter(({ record }) => record.securityGroupIds.some((id) => welcome.has(id)))
    .map(({ record }) => record.id);
}

function guess(instanceId: string, node: Finding["node"], what: string): Finding {
  return {
    instanceId,
    node,
    edge: {
      relation: "inferred",
      effect: "report",
      atTermination: "kept",
      why: `The ${what} shares a group with it, or lets its group in: it may be one of its clients.`,
    },
  };
}
