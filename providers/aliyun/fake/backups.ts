import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import type { BackupJob } from "./owners.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { numberedPage, tokenPage } from "./wire/pages.js";
import { need, number, records, text, texts } from "./wire/read.js";

function inSeconds(time: number): number {
  return Math.floor(time / 1_000);
}

function describePolicyBindings({ state, input }: AliyunRequestContext): JsonObject {
  const ids = texts(input, "DataSourceIds");
  const policyId = text(input, "PolicyId");
  const all = [...state.policyBindings].map(([id, binding]) => ({ id, ...binding }));
  const found = all.filter(
    (binding) => (!ids || ids.includes(binding.instanceId)) && (!policyId || binding.policyId === policyId),
  );
  const { rows, fields } = tokenPage(input, found, { size: "MaxResults", usual: 10, least: 10, most: 100 });
  const PolicyBindings = rows.map((binding) => ({
    PolicyId: binding.policyId,
    PolicyBindingId: `pb-${binding.instanceId}`,
    SourceType: "UDM_ECS",
    DataSourceId: binding.instanceId,
    Disabled: false,
    CreatedTime: inSeconds(binding.createdAt),
  }));
  return { ...fields, MaxResults: number(input, "MaxResults") ?? 10, TotalCount: found.length, PolicyBindings };
}

/** Without pages. Copies of files are not among them: they have their own list. */
function describeCopies({ state, input, scope }: AliyunRequestContext): JsonObject {
  if (need(input, "UdmRegionId") !== scope.region) return { TotalCount: 0, Snapshots: [] };
  const from = number(input, "StartTime") ?? 0;
  const to = number(input, "EndTime") ?? 0;
  const instanceId = text(input, "InstanceId");
  const found = [...state.backupJobs].filter(
    ([, job]) =>
      job.sourceType === need(input, "SourceType") &&
      job.endedAt !== undefined &&
      (!instanceId || job.instanceId === instanceId) &&
      inSeconds(job.createdAt) >= from &&
      inSeconds(job.createdAt) <= to,
  );
  const Snapshots = found.map(([id, job]) => ({
    SnapshotId: `s-${id.replace(/^job-/, "")}`,
    NativeSnapshotId: "",
    SnapshotHash: "",
    JobId: id,
    InstanceId: job.instanceId,
    DiskId: "",
    SourceType: job.sourceType,
    BackupType: "COMPLETE",
    Status: job.status,
    ActualBytes: "0",
    BytesTotal: 0,
    CreatedTime: inSeconds(job.createdAt),
    StartTime: inSeconds(job.createdAt),
    CompleteTime: inSeconds(job.endedAt ?? 0),
    Retention: 30,
  }));
  return { TotalCount: Snapshots.length, Snapshots };
}

type Test = (value: number | string, wanted: readonly string[]) => boolean;
const operators: Readonly<Record<string, Test>> = {
  EQUAL: (value, [wanted]) => String(value) === wanted,
  NOT_EQUAL: (value, [wanted]) => String(value) !== wanted,
  GREATER_THAN: (value, [wanted]) => Number(value) > Number(wanted),
  GREATER_THAN_OR_EQUAL: (value, [wanted]) => Number(value) >= Number(wanted),
  LESS_THAN: (value, [wanted]) => Number(value) < Number(wanted),
  LESS_THAN_OR_EQUAL: (value, [wanted]) => Number(value) <= Number(wanted),
  BETWEEN: (value, [from, to]) => Number(value) >= Number(from) && Number(value) <= Number(to),
  IN: (value, wanted) => wanted.includes(String(value)),
};
type Row = BackupJob & { readonly id: string };
const filterKeys: Readonly<Record<string, (job: Row) => number | string>> = {
  JobId: ({ id }) => id,
  InstanceId: ({ instanceId }) => instanceId,
  Status: ({ status }) => status,
  CreatedTime: ({ createdAt }) => inSeconds(createdAt),
  CompleteTime: ({ endedAt }) => inSeconds(endedAt ?? 0),
};

/** A job has to pass every filter. */
function passes(job: Row, filter: JsonObject): boolean {
  const field = filterKeys[text(filter, "Key") ?? ""];
  const test = operators[text(filter, "Operator") ?? "IN"];
  if (!field || !test) throw refusal("InvalidParameter", 'The specified parameter "Filters" is not valid.');
  return test(field(job), texts(filter, "Values") ?? []);
}

function describeJobs({ state, input }: AliyunRequestContext): JsonObject {
  const all = [...state.backupJobs].map(([id, job]): Row => ({ id, ...job }));
  const filters = records(input, "Filters") ?? [];
  const found = all.filter(
    (job) => job.sourceType === need(input, "SourceType") && filters.every((filter) => passes(job, filter)),
  );
  const { rows, fields } = numberedPage(input, found, 99);
  const BackupJob = rows.map((job) => ({
    JobId: job.id,
    JobName: "backup",
    SourceType: job.sourceType,
    InstanceId: job.instanceId,
    InstanceName: "",
    BackupType: "COMPLETE",
    Status: job.status,
    Progress: job.endedAt === undefined ? 1_200 : 10_000,
    VaultId: "",
    PlanId: "",
    CreatedTime: inSeconds(job.createdAt),
    StartTime: inSeconds(job.createdAt),
    UpdatedTime: inSeconds(job.endedAt ?? job.createdAt),
    CompleteTime: inSeconds(job.endedAt ?? 0),
    Paths: { Path: [] },
  }));
  return { ...fields, BackupJobs: { BackupJob } };
}

/** Cloud Backup: policies, copies of whole instances, jobs. */
export const backups: AliyunActions = {
  "hbr:DescribePolicyBindings": read(
    "PolicyId SourceType DataSourceIds:j100 MaxResults:n NextToken",
    describePolicyBindings,
  ),
  "hbr:DescribeUdmSnapshots": read(
    "SourceType! StartTime:n EndTime:n UdmRegionId! InstanceId DiskId JobId SnapshotIds",
    describeCopies,
  ),
  "hbr:DescribeBackupJobs2": read(
    "SourceType! Filters[20]{Key! Operator Values[100]} SortDirection Edition PageNumber:n PageSize:n",
    describeJobs,
  ),
};
