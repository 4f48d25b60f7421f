import { addressHolders } from "../../../src/address-holders.js";
import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import type { AliyunCall } from "../call.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const forward = "vpc:DescribeForwardTableEntries";
const snat = "vpc:DescribeSnatTableEntries";
/** Reads at a time: one gateway each. */
const concurrency = 5;

/** Entries of NAT gateways that send traffic to the instances, or let them out. */
export const natRuleSources: readonly AliyunSource[] = [
  listing("nat-rule", forward, "required", async (survey) => {
    const entries = await readForwardEntries(survey.call, await survey.reads.natGateways());
    return findingsOf(
      forward,
      entries.flatMap((entry) => forwardFindings(survey, entry)),
    );
  }),
  listing("nat-rule", snat, "report", async (survey) => findingsOf(snat, await waysOut(survey))),
];

/** An entry that sends traffic for a public address and port to a private one. */
export interface ForwardEntry {
  readonly id: string;
  readonly tableId: string;
  readonly gatewayId: string;
  readonly vpcId: string;
  readonly external: string;
  readonly internalIp: string;
  readonly internalPort: string;
}

/** A NAT gateway and its network. */
export interface NatGateway {
  readonly id: string;
  readonly vpcId: string;
}

/** The NAT gateways of these networks. All of the region's are listed, since the filter takes one network. */
export async function readNatGateways(call: AliyunCall, vpcIds: readonly string[]): Promise<readonly NatGateway[]> {
  const wanted = new Set(vpcIds);
  const rows = await call.pages("vpc", "DescribeNatGateways");
  return rows
    .map((row) => ({ id: row.need("NatGatewayId"), vpcId: row.text("VpcId") ?? "" }))
    .filter(({ vpcId }) => wanted.has(vpcId));
}

/** All such entries of these NAT gateways. */
export async function readForwardEntries(
  call: AliyunCall,
  gateways: readonly NatGateway[],
): Promise<readonly ForwardEntry[]> {
  const found = await mapConcurrent(gateways, concurrency, async (gateway) => {
    const rows = await call.pages("vpc", "DescribeForwardTableEntries", { NatGatewayId: gateway.id });
    return rows.map(
      (row): ForwardEntry => ({
        id: row.need("ForwardEntryId"),
        tableId: row.text("ForwardTableId") ?? "",
        gatewayId: gateway.id,
        vpcId: gateway.vpcId,
        external: `${row.text("ExternalIp") ?? "unknown"}:${row.text("ExternalPort") ?? "any"}`,
        internalIp: row.text("InternalIp") ?? "",
        internalPort: row.text("InternalPort") ?? "any",
      }),
    );
  });
  return found.flat();
}

function forwardFindings({ instances }: AliyunSurvey, entry: ForwardEntry): readonly Finding[] {
  return instances
    .filter(({ record }) => record.vpcId === entry.vpcId && record.privateIps.includes(entry.internalIp))
    .map(({ record }) => ({
      instanceId: record.id,
      node: { kind: "nat-rule", id: entry.id, name: entry.external, billing: "none" },
      edge: {
        relation: "references",
        effect: "blocks",
        atTermination: "kept",
        why: `${entry.gatewayId} sends what comes to ${entry.external} to its port ${entry.internalPort}. That is lost when it goes, and whoever gets its address next receives it.`,
        unblock: "Delete the DNAT entry, or point it elsewhere.",
      },
    }));
}

async function waysOut({ call, instances, reads }: AliyunSurvey): Promise<readonly Finding[]> {
  const records = instances.map(({ record }) => record);
  const holders = addressHolders(records);
  const behind = new Map<string, InstanceRecord>(
    records.flatMap((record) => record.networkInterfaces.map(({ id }) => [id, record] as const)),
  );
  const found = await mapConcurrent(await reads.natGateways(), concurrency, async (gateway) => {
    const rows = await call.pages("vpc", "DescribeSnatTableEntries", { NatGatewayId: gateway.id });
    return rows.flatMap((row) => {
      const ip = singleAddress(row.text("SourceCIDR") ?? "");
      const byCard = behind.get(row.text("NetworkInterfaceId") ?? "")?.id;
      const ids = byCard === undefined ? (holders.get(ip ?? "") ?? []).map(({ instanceId }) => instanceId) : [byCard];
      return ids.map(
        (instanceId): Finding => ({
          instanceId,
          node: { kind: "nat-rule", id: row.need("SnatEntryId"), billing: "none" },
          edge: {
            relation: "references",
            effect: "report",
            atTermination: "kept",
            why: `${gateway.id} lets it alone out under ${row.text("SnatIp") ?? "an address"}: the entry stays.`,
          },
        }),
      );
    });
  });
  return found.flat();
}
