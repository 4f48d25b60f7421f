import { mapConcurrent } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { readBulk } from "../bulk.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const policySource = "hbr:DescribePolicyBindings";
const copySource = "hbr:DescribeUdmSnapshots";
const jobSource = "hbr:DescribeBackupJobs2";
/** Ids of one DescribePolicyBindings; its largest page is as large (its request model). */
const bindingsPerRequest = 100;

/** What Cloud Backup does with the instances: its policies, its copies, and jobs that run. */
export const backupSources: readonly AliyunSource[] = [
  listing("backup-policy", policySource, "report", async (survey) =>
    findingsOf(policySource, await policiesOf(survey)),
  ),
  listing("backup", copySource, "report", copiesOf),
  listing("pending-operation", jobSource, "required", async (survey) => findingsOf(jobSource, await jobsOn(survey))),
];

async function policiesOf({ call, instances }: AliyunSurvey): Promise<readonly Finding[]> {
  const rows = await readBulk(
    call,
    {
      service: "hbr",
      action: "DescribePolicyBindings",
      whole: { SourceType: "UDM_ECS" },
      some: (ids) => ({ SourceType: "UDM_ECS", DataSourceIds: JSON.stringify(ids) }),
      batch: bindingsPerRequest,
      keysOf: (row) => [row.text("DataSourceId") ?? ""],
    },
    instances.map(({ record }) => record.id),
  );
  return rows.map((row) => ({
    instanceId: row.need("DataSourceId"),
    node: { kind: "backup-policy", id: row.need("PolicyId"), billing: "continues" },
    edge: {
      relation: "member",
      effect: "report",
      atTermination: "kept",
      why: "Cloud Backup keeps copies of it by this policy: binding and copies stay, and the copies bill.",
    },
  }));
}

/** From this many instances on, all copies of the region cost fewer requests than those of each. */
const askOneByOne = 20;
/** Reads at a time, where each is about one instance. */
const concurrency = 5;

/** Copies of whole instances, with how many there are of each: they are told without pages. */
async function copiesOf(survey: AliyunSurvey): Promise<Findings> {
  const asked = new Set(survey.instances.map(({ record }) => record.id));
  const answers = await readCopies(survey, [...asked]);
  const copies = answers.flatMap((body) => body.needList("Snapshots"));
  const told = answers.reduce((sum, body) => sum + (body.number("TotalCount") ?? 0), 0);
  const findings = findingsOf(
    copySource,
    copies.flatMap((row) => {
      const instanceId = row.text("InstanceId");
      // A failed copy is a row as well, and nothing that could be restored.
      if (instanceId === undefined || !asked.has(instanceId) || row.text("Status") === "FAILED") return [];
      return [copyFinding(row, instanceId)];
    }),
  );
  if (copies.length >= told) return findings;
  const reason = `Cloud Backup told of ${told} copies and showed ${copies.length}, and there is no asking for the rest.`;
  return { ...findings, partial: { reason } };
}

async function readCopies({ call }: AliyunSurvey, ids: readonly string[]): Promise<readonly Wire[]> {
  const { clock } = call.requests;
  const read = async (some: Readonly<Record<string, string>>) => {
    const { body } = await call.read("hbr", "DescribeUdmSnapshots", {
      SourceType: "UDM_ECS",
      UdmRegionId: call.scope.region,
      StartTime: 0,
      EndTime: Math.ceil(clock.now() / 1_000),
      ...some,
    });
    return body;
  };
  const oneByOne = () => mapConcurrent(ids, concurrency, (InstanceId) => read({ InstanceId }));
  if (ids.length <= askOneByOne) return await oneByOne();
  try {
    return [await read({})];
  } catch (error) {
    // Older pages of DescribeUdmSnapshots require an instance, newer ones do not; what a refusal looks like, none says.
    if (DecommissionError.isInstance(error) && ["invalid-request", "unexpected"].includes(error.code)) {
      return await oneByOne();
    }
    throw error;
  }
}

function copyFinding(row: Wire, instanceId: string): Finding {
  // A time that is not known yet is 0.
  const seconds = row.number("CompleteTime") || row.number("CreatedTime");
  return {
    instanceId,
    node: {
      kind: "backup",
      id: row.need("SnapshotId"),
      ...(seconds ? { since: new Date(seconds * 1_000).toISOString() } : {}),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "It is a copy of the instance in Cloud Backup: it stays until its retention ends, and bills.",
    },
  };
}

/** Whole instances, and files in them: the kinds of jobs that read from an instance. */
const jobKinds = ["UDM_ECS", "ECS_FILE"] as const;
/** How a job has ended ("Status", DescribeUdmSnapshots; the others are what the console shows). */
const ended: ReadonlySet<string> = new Set([
  "COMPLETE",
  "PARTIAL_COMPLETE",
  "FAILED",
  "UNAVAILABLE",
  "CANCELED",
  "EXPIRED",
]);
/** No job runs this long. */
const longestJobMs = 30 * 24 * 3_600_000;

/**
 * Jobs that have not ended. What an unfinished one is called is documented nowhere, so that none is asked for by name:
 * those are left out that are known to have ended, and what else comes is judged here. Every other word counts as running.
 */
async function jobsOn({ call, instances }: AliyunSurvey): Promise<readonly Finding[]> {
  const asked = new Set(instances.map(({ record }) => record.id));
  const since = Math.floor((call.requests.clock.now() - longestJobMs) / 1_000);
  const filters = [
    { Key: "CreatedTime", Operator: "GREATER_THAN_OR_EQUAL", Values: [since] },
    ...["COMPLETE", "PARTIAL_COMPLETE", "FAILED"].map((status) => ({
      Key: "Status",
      Operator: "NOT_EQUAL",
      Values: [status],
    })),
  ];
  const pieces = await Promise.all(
    jobKinds.map((SourceType) => call.pages("hbr", "DescribeBackupJobs2", { SourceType, Filters: filters })),
  );
  return pieces.flat().flatMap((row) => {
    const instanceId = row.text("InstanceId");
    const status = row.text("Status") ?? "unknown";
    return instanceId === undefined || !asked.has(instanceId) || ended.has(status)
      ? []
      : [jobFinding(row.need("JobId"), instanceId, status)];
  });
}

function jobFinding(id: string, instanceId: string, status: string): Finding {
  return {
    instanceId,
    node: { kind: "pending-operation", id, name: "backup job", billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `Cloud Backup is copying it (${status}): released now, it leaves no whole copy.`,
      unblock: "Wait until the backup job has ended, or cancel it.",
    },
  };
}
