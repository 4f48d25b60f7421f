import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { AliyunCall } from "../call.js";
import { innerList } from "../listings.js";
import { instanceBehind, networksOf } from "./holders.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "vpc:DescribeRouteEntryList";

/** Custom routes that lead to the instances. They make the release fail (`DependencyViolation.RouteEntry`). */
export const routeSources: readonly AliyunSource[] = [
  listing("route", source, "required", async (survey) => findingsOf(source, await routesTo(survey))),
];

/** A custom route that leads to an instance or to one of its interfaces. */
export interface RouteTo {
  readonly id: string;
  readonly instanceId: string;
  readonly tableId: string;
  readonly destination: string;
}

/** `NextHopType` names one type per call, and stands for Instance where it is left out (DescribeRouteEntryListRequest). */
const hopTypes = ["Instance", "NetworkInterface"] as const;
/** Reads at a time: one table and type each. */
const concurrency = 5;

/** Routes in these networks that lead to one of these instances or interfaces, by whose they are. */
export async function readRoutesTo(
  call: AliyunCall,
  vpcIds: readonly string[],
  behind: ReadonlyMap<string, string>,
): Promise<readonly RouteTo[]> {
  const tables = await mapConcurrent(vpcIds, concurrency, (vpcId) =>
    call.pages("vpc", "DescribeRouteTableList", { VpcId: vpcId }),
  );
  const asked = tables
    .flat()
    .flatMap((table) => hopTypes.map((type) => ({ tableId: table.need("RouteTableId"), type })));
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

async function routesTo({ call, instances }: AliyunSurvey): Promise<readonly Finding[]> {
  const routes = await readRoutesTo(call, networksOf(instances), instanceBehind(instances));
  return routes.map(
    ({ id, instanceId, tableId, destination }): Finding => ({
      instanceId,
      node: { kind: "route", id, name: destination, billing: "none" },
      edge: {
        relation: "references",
        effect: "blocks",
        atTermination: "kept",
        why: `${tableId} sends ${destination} to it, and ECS refuses to release what a custom route leads to.`,
        unblock: "Point the route elsewhere, or delete it.",
      },
    }),
  );
}
