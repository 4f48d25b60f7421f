import { type Finding, findingsOf } from "../../../src/findings.js";
import { readBulk } from "../bulk.js";
import { filterLimit } from "../instances.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const tasks = "ec2:DescribeReplaceRootVolumeTasks";
/** Largest page of DescribeReplaceRootVolumeTasks (EC2 API reference, MaxResults). */
const taskPageLimit = 50;

/** Work under way on an instance, which a termination would cut short. */
export const pendingSources: readonly AwsSource[] = [
  {
    kind: "pending-operation",
    source: tasks,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(tasks, await rootReplacements(survey)),
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
