import { chunk, mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { hidesRows } from "./controls.js";
import { holdersIn, networksOf } from "./holders.js";
import { byAddress, type TencentSource } from "./survey.js";

const inward = "vpc:DescribeNatGatewayDestinationIpPortTranslationNatRules";
const outward = "vpc:DescribeNatGatewaySourceIpTranslationNatRules";
/** Values of one filter of the listings of gateways and their rules ("Filters", vpc 2017-03-12). */
const filterValues = 5;
/** Rules outward are asked for by gateway. */
const concurrency = 8;

/** Rules of NAT gateways: those that let the world in to an instance, and those that let it out. */
export const natSources: readonly TencentSource[] = [
  {
    kind: "nat-rule",
    source: inward,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      const records = survey.instances.map(({ record }) => record);
      const rules = await readRulesTo(survey.call, records);
      return byAddress(survey, findingsOf(inward, rules.map(inwardFinding)));
    },
  },
  {
    kind: "nat-rule",
    source: outward,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      const records = survey.instances.map(({ record }) => record);
      const rules = await readRulesFrom(survey.call, records);
      return byAddress(survey, findingsOf(outward, rules.map(outwardFinding)));
    },
  },
];

/** A rule that sends a port of a gateway's public address to an instance. It has no id of its own. */
export interface RuleTo {
  readonly instanceId: string;
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** Rules that lead to a private address of these instances. There is no filter by instance: asked by network. */
export async function readRulesTo(call: TencentCall, records: readonly InstanceRecord[]): Promise<readonly RuleTo[]> {
  const list = {
    field: "NatGatewayDestinationIpPortTranslationNatRuleSet",
    id: ["NatGatewayId", "IpProtocol", "PublicIpAddress", "PublicPort"],
  };
  const holders = holdersIn(records);
  const rows = await byNetwork(records, (Filters) =>
    call.pages("vpc", "DescribeNatGatewayDestinationIpPortTranslationNatRules", { Filters }, list),
  );
  return rows.flatMap((row): readonly RuleTo[] => {
    const ip = row.need("PrivateIpAddress");
    const instanceId = holders.get(`${row.text("VpcId") ?? ""}/${ip}`);
    if (instanceId === undefined) return [];
    const gatewayId = row.need("NatGatewayId");
    const protocol = row.need("IpProtocol").toLowerCase();
    const from = `${row.need("PublicIpAddress")}:${row.need("PublicPort")}`;
    const to = `${ip}:${row.need("PrivatePort")}`;
    return [{ instanceId, id: `${gatewayId}/${protocol}/${from}`, from, to }];
  });
}

function inwardFinding({ instanceId, id, from, to }: RuleTo): Finding {
  return {
    instanceId,
    node: { kind: "nat-rule", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "kept",
      why: `${from} of a NAT gateway leads to ${to}: its traffic would go nowhere, or to whoever gets the address next.`,
      unblock: "Delete the rule or point it elsewhere.",
    },
  };
}

/** A rule that lets an instance out through a gateway. */
export interface RuleFrom {
  readonly instanceId: string;
  readonly gatewayId: string;
  readonly id: string;
}

/** Rules that let these instances out. They are asked for by gateway. */
export async function readRulesFrom(
  call: TencentCall,
  records: readonly InstanceRecord[],
): Promise<readonly RuleFrom[]> {
  const gateways = await byNetwork(records, (Filters) =>
    call.pages("vpc", "DescribeNatGateways", { Filters }, { field: "NatGatewaySet", id: "NatGatewayId" }),
  );
  const holders = holdersIn(records);
  const asked = new Set(records.map(({ id }) => id));
  const found = await mapConcurrent(gateways, concurrency, async (gateway) => {
    const gatewayId = gateway.need("NatGatewayId");
    const vpcId = gateway.text("VpcId") ?? "";
    const list = { field: "SourceIpTranslationNatRuleSet", id: "NatGatewaySnatId" };
    const parameters = { NatGatewayId: gatewayId };
    const rows = await call.pages("vpc", "DescribeNatGatewaySourceIpTranslationNatRules", parameters, list);
    return rows.flatMap((row): readonly RuleFrom[] => {
      const resource = row.text("ResourceId") ?? "";
      const instanceId = asked.has(resource) ? resource : holders.get(`${vpcId}/${row.text("PrivateIpAddress") ?? ""}`);
      const id = `${gatewayId}/${row.need("NatGatewaySnatId")}`;
      return instanceId === undefined ? [] : [{ instanceId, gatewayId, id }];
    });
  });
  return found.flat();
}

function outwardFinding({ instanceId, gatewayId, id }: RuleFrom): Finding {
  return {
    instanceId,
    node: { kind: "nat-rule", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `A rule of the NAT gateway ${gatewayId} lets it out. It stays until somebody deletes it.`,
    },
  };
}

async function byNetwork(
  records: readonly InstanceRecord[],
  read: (filters: readonly object[]) => Promise<readonly Wire[]>,
): Promise<readonly Wire[]> {
  const pieces = chunk(networksOf(records), filterValues);
  return (await Promise.all(pieces.map((piece) => read([{ Name: "vpc-id", Values: [...piece] }])))).flat();
}
