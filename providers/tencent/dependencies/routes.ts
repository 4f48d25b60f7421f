import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { idLimit } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./controls.js";
import { networksOf } from "./holders.js";
import { byAddress, type TencentSource } from "./survey.js";

const tables = "vpc:DescribeRouteTables";
const instances = "cvm:DescribeInstances";

/** Routes that lead to the instances, and instances that are set up to forward. */
export const routeSources: readonly TencentSource[] = [
  {
    kind: "route",
    source: tables,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      const records = survey.instances.map(({ record }) => record);
      const routes = await readRoutesTo(survey.call, records);
      return byAddress(survey, findingsOf(tables, routes.map(routeFinding)));
    },
  },
  {
    kind: "route",
    source: instances,
    gate: "report",
    hidesRows: false,
    read: async (survey) => findingsOf(instances, survey.instances.flatMap(forwarder)),
  },
];

/** A route that leads to an instance. */
export interface RouteTo {
  readonly instanceId: string;
  /** Table and destination: the number a route has is shown nowhere else. */
  readonly id: string;
  readonly tableId: string;
  readonly destination: string;
}

/**
 * Routes that lead to one of these instances. A next hop is a private address in the table's own network
 * (`NORMAL_CVM`), the id of a public gateway (`CVM`), or an elastic address (`EIP`); a virtual address (`HAVIP`) is
 * told as a virtual address.
 */
export async function readRoutesTo(call: TencentCall, records: readonly InstanceRecord[]): Promise<readonly RouteTo[]> {
  const pieces = await Promise.all(
    chunk(networksOf(records), idLimit).map((piece) => {
      const Filters = [{ Name: "vpc-id", Values: [...piece] }];
      return call.pages(
        "vpc",
        "DescribeRouteTables",
        { Filters },
        {
          field: "RouteTableSet",
          id: "RouteTableId",
          asText: true,
        },
      );
    }),
  );
  const hops = hopsOf(records);
  return pieces.flat().flatMap((table) => {
    const tableId = table.need("RouteTableId");
    const vpcId = table.text("VpcId") ?? "";
    return table.needList("RouteSet").flatMap((route): readonly RouteTo[] => {
      const hop = route.text("GatewayId") ?? "";
      const instanceId = hops.get(`${vpcId}/${hop}`) ?? hops.get(hop);
      if (instanceId === undefined) return [];
      const destination = destinationOf(route);
      return [{ instanceId, id: `${tableId}/${destination}`, tableId, destination }];
    });
  });
}

function hopsOf(records: readonly InstanceRecord[]): ReadonlyMap<string, string> {
  const hops = new Map<string, string>();
  for (const record of records) {
    hops.set(record.id, record.id);
    for (const ip of record.privateIps) hops.set(`${record.vpcId ?? ""}/${ip}`, record.id);
    for (const { id, ip } of record.publicAddresses) {
      hops.set(ip, record.id);
      if (id !== undefined) hops.set(id, record.id);
    }
  }
  return hops;
}

function destinationOf(route: Wire): string {
  return route.text("DestinationCidrBlock") ?? route.text("DestinationIpv6CidrBlock") ?? "unknown";
}

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
  if (!facts.isGateway) return [];
  return [
    {
      instanceId: record.id,
      node: { kind: "route", id: `${record.id}/gateway`, billing: "none" },
      edge: {
        relation: "inferred",
        effect: "report",
        atTermination: "deleted",
        why: "It is set up as a public gateway of its network: something may send traffic through it.",
      },
    },
  ];
}
