import { chunk, mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { collectPages } from "../../../src/paginate.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const source = "ecs:DescribeContainerInstances";
/** Page and batch of the ECS APIs (ECS API reference: maxResults, and up to 100 containerInstances). */
const ecsPageLimit = 100;
/** Up to so many instances are asked for by name; more, and the cluster's own list is shorter than the question. */
const namedAtMost = 50;
const concurrency = 4;

/** Instances that are nodes of an ECS cluster, with what runs on them. */
export const containerSources: readonly AwsSource[] = [
  {
    kind: "cluster-node",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(source, await nodes(survey)),
  },
];

async function nodes({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const ids = instances.map(({ record }) => record.id);
  const asked = new Set(ids);
  const filter = ids.length <= namedAtMost ? { filter: `ec2InstanceId in [${ids.join(", ")}]` } : {};
  const clusters = await textPages(call, "ListClusters", {}, "clusterArns");
  const found = await mapConcurrent(clusters, concurrency, async (cluster) => {
    const arns = await textPages(call, "ListContainerInstances", { cluster, ...filter }, "containerInstanceArns");
    const rows = await Promise.all(chunk(arns, ecsPageLimit).map((piece) => describe(call, cluster, piece)));
    return rows.flat().flatMap((row) => {
      const id = row.text("ec2InstanceId") ?? "";
      return asked.has(id) ? [nodeFinding(id, cluster, row)] : [];
    });
  });
  return found.flat();
}

async function describe(call: AwsCall, cluster: string, arns: readonly string[]): Promise<readonly Wire[]> {
  const parameters = { cluster, containerInstances: [...arns] };
  const { body } = await call.read("ecs", "DescribeContainerInstances", parameters);
  return body.needList("containerInstances");
}

/** All texts of a listing: ECS lists names, not objects. */
async function textPages(
  call: AwsCall,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
  list: string,
): Promise<readonly string[]> {
  return await collectPages(`ecs:${action}`, async (nextToken) => {
    const { body } = await call.read("ecs", action, {
      ...parameters,
      maxResults: ecsPageLimit,
      ...(nextToken ? { nextToken } : {}),
    });
    return { items: body.needTexts(list), next: body.text("nextToken") };
  });
}

function nodeFinding(instanceId: string, cluster: string, row: Wire): Finding {
  const running = row.number("runningTasksCount");
  return {
    instanceId,
    node: { kind: "cluster-node", id: cluster, name: cluster.split("/").at(-1) ?? cluster, billing: "unknown" },
    edge: {
      relation: "member",
      effect: "blocks",
      atTermination: "detached",
      why: `It is a node of this ECS cluster (${row.text("status") ?? "state unknown"}), with ${running ?? "an unknown number of"} tasks running.`,
      unblock: "Drain it (UpdateContainerInstancesState DRAINING), wait for its tasks, then deregister it.",
    },
  };
}
