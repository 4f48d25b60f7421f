import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { readBulk } from "../bulk.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource } from "./survey.js";

const sessions = "ec2:DescribeTrafficMirrorSessions";
const targets = "ec2:DescribeTrafficMirrorTargets";
const logs = "ec2:DescribeFlowLogs";

/** What watches the interfaces of the instances, or sends them copies of other traffic. */
export const mirrorSources: readonly AwsSource[] = [
  row("traffic-mirror", sessions, "report", "DescribeTrafficMirrorSessions", "TrafficMirrorSessions", (wire) => ({
    id: wire.need("TrafficMirrorSessionId"),
    edge: {
      effect: "report",
      atTermination: "deleted",
      why: "This session mirrors the traffic of its interface.",
    },
  })),
  row("traffic-mirror", targets, "required", "DescribeTrafficMirrorTargets", "TrafficMirrorTargets", (wire) => ({
    id: wire.need("TrafficMirrorTargetId"),
    edge: {
      effect: "blocks",
      atTermination: "kept",
      why: "Mirrored traffic is sent to its interface, which cannot be deleted as long as it is a target.",
      unblock: "Delete the sessions that use the target, then the target.",
    },
  })),
  row("other", logs, "report", "DescribeFlowLogs", "FlowLogs", (wire) => ({
    id: wire.need("FlowLogId"),
    edge: {
      effect: "report",
      atTermination: "kept",
      why: "A flow log records the traffic of its interface. What was recorded stays, and bills.",
    },
  })),
];

type About = Pick<Finding["node"], "id"> & { readonly edge: Omit<Finding["edge"], "relation"> };

function row(
  kind: AwsSource["kind"],
  source: string,
  gate: AwsSource["gate"],
  action: string,
  list: string,
  about: (wire: Wire) => About,
): AwsSource {
  return {
    kind,
    source,
    gate,
    hidesRows,
    read: async ({ call, instances }) => {
      const owners = cardOwners(instances);
      const rows = await byCard(call, action, list, [...owners.keys()]);
      return findingsOf(
        source,
        rows.flatMap((wire) => {
          const instanceId = owners.get(cardOf(wire));
          if (instanceId === undefined) return [];
          const { id, edge } = about(wire);
          const billing = kind === "other" ? "continues" : "none";
          return [{ instanceId, node: { kind, id, billing }, edge: { relation: "references", ...edge } }];
        }),
      );
    },
  };
}

/** Flow logs name their resource, mirrors their interface. */
function cardOf(wire: Wire): string {
  return wire.text("NetworkInterfaceId") ?? wire.text("ResourceId") ?? "";
}

function cardOwners(instances: readonly SeenInstance[]): ReadonlyMap<string, string> {
  return new Map(instances.flatMap(({ record }) => record.networkInterfaces.map(({ id }) => [id, record.id] as const)));
}

/** DescribeFlowLogs calls its list of filters `Filter` (EC2 API reference). */
async function byCard(call: AwsCall, action: string, list: string, cards: readonly string[]): Promise<readonly Wire[]> {
  const flowLogs = action === "DescribeFlowLogs";
  const whole = { MaxResults: pageLimit };
  const { items } = await readBulk(
    call,
    {
      service: "ec2",
      action,
      list,
      whole,
      some: (ids) => ({
        ...whole,
        [flowLogs ? "Filter" : "Filters"]: [
          { Name: flowLogs ? "resource-id" : "network-interface-id", Values: [...ids] },
        ],
      }),
      batch: filterLimit,
      keysOf: (wire) => [cardOf(wire)],
    },
    cards,
  );
  return items;
}
