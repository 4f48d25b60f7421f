import { addressHolders } from "../../../src/address-holders.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import { meaning, readMembers, readPools } from "../dependencies/balancers.js";
import { type NameRecord, readPointers, readRecords, recordsFor } from "../dependencies/dns.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { type DnatRule, readPrivateRules, readPublicRules } from "../dependencies/nat.js";
import { readRoutesTo } from "../dependencies/routes.js";
import type { AftermathSource, HuaweiAftermath } from "./survey.js";

const memberSource = "elb:ListAllMembers";
const routeSource = "vpc:ShowRouteTable";

/** What still names a server that is gone, its ports, or its addresses: traffic and names that lead nowhere, or elsewhere. */
export const registrationSources: readonly AftermathSource[] = [
  {
    kind: "load-balancer-target",
    source: memberSource,
    gate: "required",
    hidesRows,
    read: async (aftermath) => findingsOf(memberSource, await membersLeft(aftermath)),
  },
  {
    kind: "route",
    source: routeSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(routeSource, await routesLeft(aftermath)),
  },
  rulesLeft("nat:ListNatGatewayDnatRules", ({ call }) => readPublicRules(call)),
  rulesLeft("nat:ListPrivateDnats", ({ call }) => readPrivateRules(call)),
  namesLeft("dns:ListRecordSets", ({ call }) => readRecords(call)),
  namesLeft("dns:ListPtrRecords", ({ call }) => readPointers(call)),
];

/** Whether a kind is worth a fresh look: a report of before that shows none needs no second one. */
function worthALook({ ended }: HuaweiAftermath, kind: DependencyKind): boolean {
  return ended.some(({ edges }) => edges === undefined || edges.some(({ node }) => node.kind === kind));
}

async function membersLeft(aftermath: HuaweiAftermath): Promise<readonly Finding[]> {
  if (!worthALook(aftermath, "load-balancer-target")) return [];
  const [members, pools] = await Promise.all([readMembers(aftermath.call), readPools(aftermath.call)]);
  return aftermath.ended.flatMap(({ id, record }) =>
    members
      .filter((member) => {
        const pool = pools.get(member.poolId);
        return record ? meaning(member, pool, record) === "yes" : member.serverId === id;
      })
      .map(
        (member): Finding => ({
          instanceId: id,
          node: { kind: "load-balancer-target", id: member.poolId, billing: "none" },
          edge: {
            relation: "member",
            effect: "report",
            atTermination: "kept",
            why: `${member.address} is still registered (${member.status}): whoever gets the address next gets the traffic.`,
          },
        }),
      ),
  );
}

async function routesLeft(aftermath: HuaweiAftermath): Promise<readonly Finding[]> {
  if (!worthALook(aftermath, "route")) return [];
  const owners = new Map(aftermath.ended.map(({ id }) => [id, id]));
  const ports = namedBy(aftermath.ended, "network-interface", ({ networkInterfaces }) =>
    networkInterfaces.map(({ id }) => id),
  );
  for (const [id, holders] of ports) owners.set(id, holders[0] ?? id);
  // A virtual address is named by network and address, as routes know it.
  for (const [id, holders] of namedBy(aftermath.ended, "virtual-ip", () => [])) owners.set(id, holders[0] ?? id);
  const routes = await readRoutesTo(aftermath.call, owners);
  return routes.map(({ instanceId, id }) => ({
    instanceId,
    node: { kind: "route", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "It still leads to the server: what takes it is lost.",
    },
  }));
}

function rulesLeft(
  source: string,
  read: (aftermath: HuaweiAftermath) => Promise<readonly DnatRule[]>,
): AftermathSource {
  return {
    kind: "nat-rule",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => {
      if (!worthALook(aftermath, "nat-rule")) return findingsOf(source, []);
      const ports = namedBy(aftermath.ended, "network-interface", ({ networkInterfaces }) =>
        networkInterfaces.map(({ id }) => id),
      );
      return findingsOf(
        source,
        (await read(aftermath)).flatMap(({ id, portId, outside }) =>
          (ports.get(portId ?? "") ?? []).map(
            (instanceId): Finding => ({
              instanceId,
              node: { kind: "nat-rule", id, billing: "none" },
              edge: {
                relation: "references",
                effect: "report",
                atTermination: "kept",
                why: `The NAT gateway still sends ${outside} to a port of the server.`,
              },
            }),
          ),
        ),
      );
    },
  };
}

function namesLeft(
  source: string,
  read: (aftermath: HuaweiAftermath) => Promise<readonly NameRecord[]>,
): AftermathSource {
  return {
    kind: "dns-record",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => {
      if (!worthALook(aftermath, "dns-record")) return findingsOf(source, []);
      const holders = addressHolders(aftermath.ended.flatMap(({ record }) => record ?? []));
      return findingsOf(source, recordsFor(await read(aftermath), holders));
    },
  };
}
