import { findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { readRoutesTo } from "../dependencies/routes.js";
import type { AftermathSource, AwsAftermath } from "./survey.js";

const source = "ec2:DescribeRouteTables";

/** Routes that still lead to what is gone: black holes. */
export const routeSources: readonly AftermathSource[] = [
  {
    kind: "route",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => {
      const routes = await routesLeft(aftermath);
      return findingsOf(
        source,
        routes.map(({ instanceId, id }) => ({
          instanceId,
          node: { kind: "route", id, billing: "none" },
          edge: {
            relation: "references",
            effect: "report",
            atTermination: "kept",
            why: "It still leads to the instance: what takes it is lost.",
          },
        })),
      );
    },
  },
];

async function routesLeft(aftermath: AwsAftermath) {
  const { call, ended } = aftermath;
  const reported = ended.some(({ edges }) => edges?.some(({ node }) => node.kind === "route"));
  // A report that shows no route needs no second look: routes are not made to an instance that is going.
  if (!reported && ended.every(({ edges }) => edges !== undefined)) return [];
  const owners = new Map(ended.map(({ id }) => [id, id]));
  const interfaces = namedBy(ended, "network-interface", ({ networkInterfaces }) =>
    networkInterfaces.map(({ id }) => id),
  );
  for (const [id, holders] of interfaces) owners.set(id, holders[0] ?? id);
  return await readRoutesTo(call, owners);
}
