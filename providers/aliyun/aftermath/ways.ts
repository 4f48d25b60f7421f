import { unique } from "../../../src/batch.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import { readForwardEntries, readNatGateways } from "../dependencies/nat-rules.js";
import { readRoutesTo } from "../dependencies/routes.js";
import type { AftermathSource, AliyunAftermath } from "./survey.js";

const routeSource = "vpc:DescribeRouteEntryList";
const forwardSource = "vpc:DescribeForwardTableEntries";

/** Routes and DNAT entries that still lead to what is gone. */
export const waySources: readonly AftermathSource[] = [
  {
    kind: "route",
    source: routeSource,
    gate: "report",
    hidesRows: true,
    read: async (aftermath) => findingsOf(routeSource, await routesLeft(aftermath)),
  },
  {
    kind: "nat-rule",
    source: forwardSource,
    gate: "report",
    hidesRows: true,
    read: async (aftermath) => findingsOf(forwardSource, await entriesLeft(aftermath)),
  },
];

/** A report that shows no such thing needs no second look: nobody leads traffic to an instance that is going. */
function worthALook({ ended }: AliyunAftermath, kind: DependencyKind): boolean {
  return ended.some(({ edges }) => edges === undefined || edges.some(({ node }) => node.kind === kind));
}

function networksOf({ ended }: AliyunAftermath): readonly string[] {
  return unique(ended.flatMap(({ record }) => record?.vpcId ?? []));
}

async function routesLeft(aftermath: AliyunAftermath): Promise<readonly Finding[]> {
  if (!worthALook(aftermath, "route")) return [];
  const { call, ended } = aftermath;
  const behind = new Map(ended.map(({ id }) => [id, id]));
  const cards = namedBy(ended, "network-interface", ({ networkInterfaces }) => networkInterfaces.map(({ id }) => id));
  for (const [id, [holder]] of cards) if (holder !== undefined) behind.set(id, holder);
  const routes = await readRoutesTo(call, networksOf(aftermath), behind);
  return routes.map(({ id, instanceId, destination }) =>
    wayFinding("route", id, instanceId, `${destination} still leads to the instance: what takes it is lost.`),
  );
}

async function entriesLeft(aftermath: AliyunAftermath): Promise<readonly Finding[]> {
  if (!worthALook(aftermath, "nat-rule")) return [];
  const { call } = aftermath;
  const entries = await readForwardEntries(call, await readNatGateways(call, networksOf(aftermath)));
  return entries.flatMap(({ id, vpcId, internalIp, external }) =>
    aftermath.ended
      .filter(({ record }) => record?.vpcId === vpcId && record.privateIps.includes(internalIp))
      .map((each) =>
        wayFinding(
          "nat-rule",
          id,
          each.id,
          `What comes to ${external} still goes to ${internalIp}: whoever gets that address next receives it.`,
        ),
      ),
  );
}

function wayFinding(kind: "route" | "nat-rule", id: string, instanceId: string, why: string): Finding {
  return {
    instanceId,
    node: { kind, id, billing: "none" },
    edge: { relation: "references", effect: "report", atTermination: "kept", why },
  };
}
