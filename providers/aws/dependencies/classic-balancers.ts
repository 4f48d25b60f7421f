import { type Finding, findingsOf } from "../../../src/findings.js";
import type { AwsCall } from "../call.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource } from "./survey.js";

const source = "elb:DescribeLoadBalancers";
/** Largest page of the classic DescribeLoadBalancers (Elastic Load Balancing API reference 2012-06-01, PageSize). */
const balancerPageLimit = 400;

/** Registrations with load balancers of the first generation. */
export const classicBalancerSources: readonly AwsSource[] = [
  {
    kind: "load-balancer-target",
    source,
    gate: "required",
    hidesRows,
    read: async ({ call, instances }) => {
      const asked = new Set(instances.map(({ record }) => record.id));
      const balancers = await readClassicBalancers(call);
      return findingsOf(
        source,
        balancers.flatMap(({ name, instanceIds }) =>
          instanceIds.filter((id) => asked.has(id)).map((id) => registration(name, id, instanceIds, asked)),
        ),
      );
    },
  },
];

/** A classic load balancer and what is registered with it. */
export interface ClassicBalancer {
  readonly name: string;
  readonly instanceIds: readonly string[];
}

/** All classic load balancers of the region. */
export async function readClassicBalancers(call: AwsCall): Promise<readonly ClassicBalancer[]> {
  const parameters = { PageSize: balancerPageLimit };
  const rows = await call.pages("elb", "DescribeLoadBalancers", parameters, "LoadBalancerDescriptions");
  return rows.map((row) => ({
    name: row.need("LoadBalancerName"),
    instanceIds: row.needList("Instances").flatMap((instance) => instance.text("InstanceId") ?? []),
  }));
}

function registration(
  name: string,
  instanceId: string,
  members: readonly string[],
  asked: ReadonlySet<string>,
): Finding {
  const last = members.every((id) => asked.has(id)) ? " No other instance is registered there." : "";
  return {
    instanceId,
    node: { kind: "load-balancer-target", id: name, name, billing: "unknown" },
    edge: {
      relation: "member",
      effect: "release-first",
      // It stays in the list, out of service (moto and the console agree; the API reference says nothing).
      atTermination: "kept",
      why: `It is registered with the classic load balancer ${name}.${last}`,
    },
  };
}
