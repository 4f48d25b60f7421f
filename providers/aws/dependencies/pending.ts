import { type Finding, findingsOf } from "../../../src/findings.js";
import { readBulk } from "../bulk.js";
import { filterLimit } from "../instances.js";
import { hidesRows } from "./hides-rows.js";
import { holdersByDisk } from "./holders.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const tasks = "ec2:DescribeReplaceRootVolumeTasks";
const modifications = "ec2:DescribeVolumesModifications";
/** Largest page of DescribeVolumesModifications (EC2 API reference, MaxResults). */
const modificationPageLimit = 500;
/** Largest page of DescribeReplaceRootVolumeTasks (EC2 API reference, MaxResults). */
const taskPageLimit = 50;

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

/**
 * Filtered by state: changes that have ended stay listed. In `optimizing`, which can take a day, a volume has its new
 * size and can be copied ("Monitor the progress of EBS volume modifications"), so that alone does not block.
 */
async function volumeChanges({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const parameters = {
    Filters: [{ Name: "modification-state", Values: ["modifying", "optimizing"] }],
    MaxResults: modificationPageLimit,
    IncludeManagedResources: true,
  };
  const rows = await call.pages("ec2", "DescribeVolumesModifications", parameters, "VolumesModifications");
  const holders = holdersByDisk(instances);
  return rows.flatMap((row) => {
    const id = row.need("VolumeId");
    const blocks = row.text("ModificationState") !== "optimizing";
    return (holders.get(id) ?? []).map((instanceId) =>
      pendingFinding(instanceId, id, `changes its volume ${id}`, blocks),
    );
  });
}

function pendingFinding(instanceId: string, id: string, doing: string, blocks = true): Finding {
  return {
    instanceId,
    node: { kind: "pending-operation", id, billing: "none" },
    edge: {
      relation: "references",
      atTermination: "unknown",
      why: `EC2 still ${doing}.`,
      ...(blocks ? { effect: "blocks", unblock: "Wait until that has ended." } : { effect: "report" }),
    },
  };
}
