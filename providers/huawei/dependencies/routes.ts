import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { networkPageLimit } from "../listings.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource } from "./survey.js";

const source = "vpc:ShowRouteTable";
/** Tables asked about at a time: routes are listed table by table. */
const concurrency = 5;

/** Routes that lead to servers, their ports, or the virtual addresses they hold. */
export const routeSources: readonly HuaweiSource[] = [
  {
    kind: "route",
    source,
    gate: "required",
    hidesRows,
    read: async ({ call, instances }) => {
      const routes = await readRoutesTo(call, nexthopsOf(instances));
      return findingsOf(source, routes.map(routeFinding));
    },
  },
];

/** A route that leads to a server. */
export interface RouteTo {
  readonly instanceId: string;
  /** Table and destination: a route has no id of its own. */
  readonly id: string;
  readonly tableId: string;
  readonly destination: string;
}

/** What routes can name of these servers. An address counts within the server's own network only. */
export function nexthopsOf(instances: readonly SeenInstance[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { record, facts } of instances) {
    owners.set(record.id, record.id);
    for (const { id } of record.networkInterfaces) owners.set(id, record.id);
    for (const ip of facts.ports.flatMap(({ pairedIps }) => pairedIps)) owners.set(`${record.vpcId}/${ip}`, record.id);
  }
  return owners;
}

/** Routes whose next hop is one of these, by whose they are. */
export async function readRoutesTo(call: HuaweiCall, owners: ReadonlyMap<string, string>): Promise<readonly RouteTo[]> {
  const list = { field: "routetables", limit: networkPageLimit };
  const tables = await call.pages("vpc", "GET /v1/{project_id}/routetables", {}, list);
  const found = await mapConcurrent(tables, concurrency, async (row) => {
    const tableId = row.need("id");
    const action = "GET /v1/{project_id}/routetables/{routetable_id}";
    const { body } = await call.read("vpc", action, { path: { routetable_id: tableId } });
    // An answer without the table is a broken one, never a table without routes.
    const table = new Wire(body.toJson().routetable, "ShowRouteTable.routetable");
    const vpcId = table.text("vpc_id") ?? row.text("vpc_id");
    return table.needList("routes").flatMap((route): readonly RouteTo[] => {
      const nexthop = route.text("nexthop") ?? "";
      const instanceId = owners.get(nexthop) ?? owners.get(`${vpcId}/${nexthop}`);
      if (instanceId === undefined) return [];
      const destination = route.text("destination") ?? "unknown";
      return [{ instanceId, id: `${tableId}/${destination}`, tableId, destination }];
    });
  });
  return found.flat();
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
