import { type Finding, findingsOf } from "../../../src/findings.js";
import type { AwsCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

/** Largest page of DescribeRouteTables (EC2 API reference, MaxResults). */
const routeTablePageLimit = 100;

const tables = "ec2:DescribeRouteTables";
const instances = "ec2:DescribeInstances";

/** Routes that lead to the instances, and instances that are set up to forward. */
export const routeSources: readonly AwsSource[] = [
  {
    kind: "route",
    source: tables,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(tables, await routesTo(survey)),
  },
  {
    kind: "route",
    source: instances,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(instances, survey.instances.flatMap(forwarder)),
  },
];

async function routesTo({ call, instances: seen }: AwsSurvey): Promise<readonly Finding[]> {
  const owners = new Map<string, string>();
  for (const { record } of seen) {
    owners.set(record.id, record.id);
    for (const { id } of record.networkInterfaces) owners.set(id, record.id);
  }
  return (await readRoutesTo(call, owners)).map(routeFinding);
}

/** A route that leads to an instance or to one of its interfaces. */
export interface RouteTo {
  readonly instanceId: string;
  /** Table and destination: a route has no id of its own. */
  readonly id: string;
  readonly tableId: string;
  readonly destination: string;
}

/**
 * Routes that lead to one of these instances or interfaces, by whose they are. The whole listing is read: there is a
 * filter for a route's instance and none for its interface.
 */
export async function readRoutesTo(call: AwsCall, owners: ReadonlyMap<string, string>): Promise<readonly RouteTo[]> {
  const parameters = { MaxResults: routeTablePageLimit };
  const rows = await call.pages("ec2", "DescribeRouteTables", parameters, "RouteTables");
  return rows.flatMap((table) =>
    table.list("Routes").flatMap((route) => {
      const target = [route.text("InstanceId"), route.text("NetworkInterfaceId")].find((id) => owners.has(id ?? ""));
      const instanceId = owners.get(target ?? "");
      if (instanceId === undefined) return [];
      const tableId = table.need("RouteTableId");
      const destination = destinations.map((name) => route.text(name)).find((text) => text !== undefined) ?? "unknown";
      return [{ instanceId, id: `${tableId}/${destination}`, tableId, destination }];
    }),
  );
}

const destinations = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];

function routeFinding({ instanceId, id, tableId, destination }: RouteTo): Finding {
  return {
    instanceId,
    node: { kind: "route", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "kept",
      why: `${tableId} sends ${destination} to it. The route becomes a black hole, and traffic is lost.`,
      unblock: "Point the route elsewhere, or delete it.",
    },
  };
}

function forwarder({ record, facts }: SeenInstance): readonly Finding[] {
  if (facts.sourceDestCheck !== false) return [];
  return [
    {
      instanceId: record.id,
      node: { kind: "route", id: `${record.id}/source-dest-check`, billing: "none" },
      edge: {
        relation: "inferred",
        effect: "report",
        atTermination: "deleted",
        why: "Its source/destination check is off, as on a router or NAT instance: something may send traffic through it.",
      },
    },
  ];
}
