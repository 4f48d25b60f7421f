import { type Finding, findingsOf } from "../../../src/findings.js";
import { readBulk } from "../bulk.js";
import { filterLimit } from "../instances.js";
import { type AwsSource, type AwsSurvey, hidesRows, holdersByDisk } from "./survey.js";

const tasks = "ec2:DescribeReplaceRootVolumeTasks";
const modifications = "ec2:DescribeVolumesModifications";
/** Largest page of DescribeReplaceRootVolumeTasks (EC2 API reference, MaxResults). */
const taskPageLimit = 50;
/** Largest page of DescribeVolumesModifications (EC2 API reference, MaxResults). */
const modificationPageLimit = 500;

/** Work under way on an instance or its volumes, which a termination would cut short. */
export const pendingSources: readonly AwsSource[] = [
  {
    kind: "pending-operation",
    source: tasks,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(tasks, await rootReplacements(survey)),
  },
  {
    kind: "pending-operation",
    source: modifications,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(modifications, await volumeChanges(survey)),
  },
];

async function rootReplacements({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const whole = { MaxResults: taskPageLimit };
  const { items } = await readBulk(
    call,
    {
      service: "ec2",
      action: "DescribeReplaceRootVolumeTasks",
      list: "ReplaceRootVolumeTasks",
      whole,
      some: (ids) => ({ ...whole, Filters: [{ Name: "instance-id", Values: [...ids] }] }),
      batch: filterLimit,
      keysOf: (task) => [task.text("InstanceId") ?? ""],
    },
    instances.map(({ record }) => record.id),
  );
  return items
    .filter((task) => underWay.has(task.text("TaskState") ?? "unknown"))
    .map((task) =>
      pendingFinding(task.need("InstanceId"), task.need("ReplaceRootVolumeTaskId"), "replaces its root volume"),
    );
}

/** States of a task that has not ended (EC2 API reference, ReplaceRootVolumeTask); one nobody knows counts as such. */
const underWay = new Set(["pending", "in-progress", "failing", "unknown"]);

/** Filtered by state: changes that have ended are listed for 90 days. */
async function volumeChanges({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const parameters = {
    Filters: [{ Name: "modification-state", Values: ["modifying"] }],
    MaxResults: modificationPageLimit,
    IncludeManagedResources: true,
  };
  const rows = await call.pages("ec2", "DescribeVolumesModifications", parameters, "VolumesModifications");
  const holders = holdersByDisk(instances);
  return rows.flatMap((row) => {
    const id = row.need("VolumeId");
    return (holders.get(id) ?? []).map((instanceId) => pendingFinding(instanceId, id, `changes its volume ${id}`));
  });
}

function pendingFinding(instanceId: string, id: string, doing: string): Finding {
  return {
    instanceId,
    node: { kind: "pending-operation", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `EC2 still ${doing}.`,
      unblock: "Wait until that has ended.",
    },
  };
}
