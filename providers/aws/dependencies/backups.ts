import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { matchesPolicy, readSelection } from "./backup-selection.js";
import { hidesRows } from "./hides-rows.js";
import { holdersByDisk } from "./holders.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const protectedSource = "backup:ListProtectedResources";
const planSource = "backup:GetBackupSelection";
const policySource = "dlm:GetLifecyclePolicy";
/** Largest page of the AWS Backup listings (AWS Backup API reference, MaxResults). */
const backupPageLimit = 1000;
const concurrency = 4;

/** Recovery points of instances and volumes, and what makes more of them. */
export const backupSources: readonly AwsSource[] = [
  {
    kind: "backup",
    source: protectedSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(protectedSource, await protectedThings(survey)),
  },
  {
    kind: "backup-policy",
    source: planSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(planSource, await plansFor(survey)),
  },
  {
    kind: "backup-policy",
    source: policySource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(policySource, await lifecyclePolicies(survey)),
  },
];

async function protectedThings({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const disks = holdersByDisk(instances);
  const asked = new Set(instances.map(({ record }) => record.id));
  const rows = await call.pages("backup", "ListProtectedResources", { MaxResults: backupPageLimit }, "Results");
  return rows.flatMap((row) => {
    const arn = row.need("ResourceArn");
    const id = arn.split("/").at(-1) ?? "";
    const holders = asked.has(id) ? [id] : (disks.get(id) ?? []);
    const since = row.date("LastBackupTime");
    return holders.map(
      (instanceId): Finding => ({
        instanceId,
        node: { kind: "backup", id: arn, ...(since === undefined ? {} : { since }), billing: "continues" },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: `AWS Backup holds recovery points of ${id}: they stay as long as their plan says, and bill.`,
        },
      }),
    );
  });
}

async function plansFor({ call, instances, seen }: AwsSurvey): Promise<readonly Finding[]> {
  const page = { MaxResults: backupPageLimit };
  const plans = await call.pages("backup", "ListBackupPlans", page, "BackupPlansList");
  const found = await mapConcurrent(plans, concurrency, async (plan) => {
    const planId = plan.need("BackupPlanId");
    const selections = await readSelections(call, planId);
    const chosen = instances.filter(({ record }) => {
      const things = [
        { arn: arnOf(call, "instance", record.id), tags: record.tags },
        ...(seen.volumesOf.get(record.id) ?? []).map(({ id, tags }) => ({ arn: arnOf(call, "volume", id), tags })),
      ];
      return selections.some((selection) => things.some((thing) => matchesPolicy(selection, thing)));
    });
    return chosen.map(({ record }) => policyFinding(record.id, planId, plan.text("BackupPlanName"), "backup plan"));
  });
  return found.flat();
}

async function readSelections(call: AwsCall, planId: string) {
  const parameters = { BackupPlanId: planId, MaxResults: backupPageLimit };
  const rows = await call.pages("backup", "ListBackupSelections", parameters, "BackupSelectionsList");
  return await mapConcurrent(rows, concurrency, async (row) => {
    const asked = { BackupPlanId: planId, SelectionId: row.need("SelectionId") };
    const { body } = await call.read("backup", "GetBackupSelection", asked);
    return readSelection(body.object("BackupSelection"));
  });
}

/** Policies of Data Lifecycle Manager choose volumes or instances by tag; one of their tags is enough. */
async function lifecyclePolicies({ call, instances, seen }: AwsSurvey): Promise<readonly Finding[]> {
  const { body } = await call.read("dlm", "GetLifecyclePolicies", { State: "ENABLED" });
  const found = await mapConcurrent(body.needList("Policies"), concurrency, async (summary) => {
    const id = summary.need("PolicyId");
    const details = (await call.read("dlm", "GetLifecyclePolicy", { PolicyId: id })).body.object("Policy");
    const everything = summary.flag("DefaultPolicy") === true;
    const wanted = details?.object("PolicyDetails");
    const chosen = instances.filter(({ record }) => {
      const volumes = (seen.volumesOf.get(record.id) ?? []).map(({ tags }) => tags);
      const things = wanted?.texts("ResourceTypes").includes("VOLUME") ? volumes : [record.tags];
      return everything || things.some((tags) => hasOneOf(tags, wanted?.list("TargetTags") ?? []));
    });
    return chosen.map(({ record }) => policyFinding(record.id, id, summary.text("Description"), "lifecycle policy"));
  });
  return found.flat();
}

function hasOneOf(tags: Readonly<Record<string, string>>, wanted: readonly Wire[]): boolean {
  return wanted.some((tag) => tags[tag.need("Key")] === (tag.text("Value") ?? ""));
}

function policyFinding(instanceId: string, id: string, name: string | undefined, what: string): Finding {
  return {
    instanceId,
    node: { kind: "backup-policy", id, ...(name === undefined ? {} : { name }), billing: "none" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `The ${what} ${name ?? id} saves it or its volumes: no more copies are made once it is gone.`,
    },
  };
}

function arnOf({ scope }: AwsCall, kind: "instance" | "volume", id: string): string {
  return `arn:aws:ec2:${scope.region}:${scope.accountId}:${kind}/${id}`;
}
