import { mapConcurrent, unique } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { AliyunCall } from "../call.js";
import { innerList } from "../listings.js";
import { instanceBehind, networksOf } from "./holders.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "vpc:DescribeRouteEntryList";

/**
 * Custom routes that lead to the instances. They make the release fail (`DependencyViolation.RouteEntry`), unless they lead
 * to a virtual address that an instance answers on.
 */
export const routeSources: readonly AliyunSource[] = [
  listing("route", source, "required", async (survey) => findingsOf(source, await routesTo(survey))),
];

/** A custom route that leads to an instance, to one of its interfaces, or to a virtual address. */
export interface RouteTo {
  readonly id: string;
  /** Whose the next hop is. */
  readonly instanceId: string;
  readonly tableId: string;
  readonly destination: string;
}

/** `NextHopType` names one type per call, and stands for Instance where it is left out (DescribeRouteEntryListRequest). */
const hopTypes = ["Instance", "NetworkInterface"];
/** Reads at a time: one table and type each. */
const concurrency = 5;

/** Routes in these networks that lead to one of these instances or interfaces, by whose they are. */
export async function readRoutesTo(
  call: AliyunCall,
  vpcIds: readonly string[],
  behind: ReadonlyMap<string, string>,
  types: readonly string[] = hopTypes,
): Promise<readonly RouteTo[]> {
  const tables = await mapConcurrent(vpcIds, concurrency, (vpcId) =>
    call.pages("vpc", "DescribeRouteTableList", { VpcId: vpcId }),
  );
  const asked = tables.flat().flatMap((table) => types.map((type) => ({ tableId: table.need("RouteTableId"), type })));
  const found = await mapConcurrent(asked, concurrency, async ({ tableId, type }) => {
    const parameters = { RouteTableId: tableId, RouteEntryType: "Custom", NextHopType: type };
    const rows = await call.pages("vpc", "DescribeRouteEntryList", parameters);
    return rows.flatMap((row) => {
      const destination = row.text("DestinationCidrBlock") ?? "unknown";
      return innerList(row, "NextHops.NextHop").flatMap((hop): readonly RouteTo[] => {
        const instanceId = behind.get(hop.text("NextHopId") ?? "");
        if (instanceId === undefined) return [];
        return [{ id: row.text("RouteEntryId") ?? `${tableId}/${destination}`, instanceId, tableId, destination }];
      });
    });
  });
  return found.flat();
}

async function routesTo({ call, instances, reads }: AliyunSurvey): Promise<readonly Finding[]> {
  const behind = instanceBehind(instances);
  const shared = (await reads.virtualIps()).filter(({ members }) => members.some((id) => behind.has(id)));
  const hops = new Map([...behind, ...shared.map(({ id }) => [id, id] as const)]);
  const types = shared.length === 0 ? hopTypes : [...hopTypes, "HaVip"];
  const routes = await readRoutesTo(call, networksOf(instances), hops, types);
  return routes.flatMap((route) => {
    const address = shared.find(({ id }) => id === route.instanceId);
    if (!address) return [routeFinding(route)];
    const members = unique(address.members.flatMap((id) => behind.get(id) ?? []));
    return members.map((instanceId) => sharedRouteFinding(route, instanceId, address.ip));
  });
}

function routeFinding({ id, instanceId, tableId, destination }: RouteTo): Finding {
  return {
    instanceId,
    node: { kind: "route", id, name: destination, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "kept",
      why: `${tableId} sends ${destination} to it, and ECS refuses to release what a custom route leads to.`,
      unblock: "Point the route elsewhere, or delete it.",
    },
  };
}

/** Whether anybody is left to answer there is told of the address itself. */
function sharedRouteFinding({ id, tableId, destination }: RouteTo, instanceId: string, ip: string): Finding {
  return {
    instanceId,
    node: { kind: "route", id, name: destination, billing: "none" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `${tableId} sends ${destination} to the virtual address ${ip}, which it answers on.`,
    },
  };
}
