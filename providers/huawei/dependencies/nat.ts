import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { networkPageLimit } from "../listings.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import { holdersBy, holdersByPort } from "./holders.js";
import type { HuaweiSource } from "./survey.js";

const publicSource = "nat:ListNatGatewayDnatRules";
const privateSource = "nat:ListPrivateDnats";
const snatSource = "nat:ListNatGatewaySnatRules";
const transitSource = "nat:ListTransitIps";

/** Rules of NAT gateways that send traffic to servers, or let their subnets out. */
export const natSources: readonly HuaweiSource[] = [
  dnat(publicSource, readPublicRules),
  dnat(privateSource, readPrivateRules),
  {
    kind: "nat-rule",
    source: snatSource,
    gate: "report",
    hidesRows,
    read: async ({ call, instances }) => findingsOf(snatSource, await subnetRules(call, instances)),
  },
  {
    kind: "nat-rule",
    source: transitSource,
    gate: "report",
    hidesRows,
    read: async ({ call, instances }) => findingsOf(transitSource, await transitIps(call, instances)),
  },
];

/** A rule that sends traffic inwards. */
export interface DnatRule {
  readonly id: string;
  readonly gatewayId: string;
  readonly portId?: string;
  /** The target's address, where the rule names no port. */
  readonly privateIp?: string;
  /** What comes in, in words. */
  readonly outside: string;
}

/** Inward rules of public NAT gateways. */
export async function readPublicRules(call: HuaweiCall): Promise<readonly DnatRule[]> {
  const list = { field: "dnat_rules", limit: networkPageLimit };
  const rows = await call.pages("nat", "GET /v2/{project_id}/dnat_rules", {}, list);
  return rows.map((row) =>
    dnatRule(
      row,
      row.text("nat_gateway_id"),
      row.text("port_id"),
      row.text("private_ip"),
      row.text("floating_ip_address"),
    ),
  );
}

/** Inward rules of private NAT gateways. */
export async function readPrivateRules(call: HuaweiCall): Promise<readonly DnatRule[]> {
  const list = { field: "dnat_rules", limit: networkPageLimit };
  const rows = await call.pages("nat", "GET /v3/{project_id}/private-nat/dnat-rules", {}, list);
  return rows.map((row) =>
    dnatRule(
      row,
      row.text("gateway_id"),
      row.text("network_interface_id"),
      row.text("private_ip_address"),
      row.text("transit_ip_id"),
    ),
  );
}

function dnatRule(
  row: Wire,
  gatewayId: string | undefined,
  portId: string | undefined,
  privateIp: string | undefined,
  outside: string | undefined,
): DnatRule {
  const port = row.text("external_service_port") ?? row.text("transit_service_port");
  return {
    id: row.need("id"),
    gatewayId: gatewayId ?? "",
    ...(portId === undefined ? {} : { portId }),
    ...(privateIp === undefined ? {} : { privateIp }),
    outside: `${outside ?? "its gateway"}${port === undefined || port === "0" ? "" : `:${port}`}`,
  };
}

function dnat(source: string, read: (call: HuaweiCall) => Promise<readonly DnatRule[]>): HuaweiSource {
  return {
    kind: "nat-rule",
    source,
    gate: "required",
    hidesRows,
    read: async ({ call, instances }) => {
      const ports = holdersByPort(instances);
      const ips = holdersBy(instances, ({ record }) => record.privateIps);
      return findingsOf(
        source,
        (await read(call)).flatMap((rule) => [
          ...(ports.get(rule.portId ?? "") ?? []).map((id) => ruleFinding(rule, id, true)),
          // The address alone may be another network's: gateways send it to hosts outside of the cloud as well.
          ...(rule.portId === undefined ? (ips.get(rule.privateIp ?? "") ?? []) : []).map((id) =>
            ruleFinding(rule, id, false),
          ),
        ]),
      );
    },
  };
}

function ruleFinding({ id, outside, gatewayId }: DnatRule, instanceId: string, certain: boolean): Finding {
  const why = `The NAT gateway ${gatewayId} sends ${outside} to ${certain ? "it" : "an address like its own"}.`;
  return {
    instanceId,
    node: { kind: "nat-rule", id, billing: "none" },
    edge: {
      relation: certain ? "references" : "inferred",
      atTermination: "kept",
      why,
      ...(certain
        ? { effect: "blocks", unblock: "Delete the DNAT rule, or point it elsewhere." }
        : { effect: "report" }),
    },
  };
}

/** A rule that lets a subnet out is needed for as long as anything is in it. */
async function subnetRules(call: HuaweiCall, instances: readonly SeenInstance[]): Promise<readonly Finding[]> {
  const list = { field: "snat_rules", limit: networkPageLimit };
  const rows = await call.pages("nat", "GET /v2/{project_id}/snat_rules", {}, list);
  const subnets = holdersBy(instances, ({ facts }) => facts.ports.flatMap(({ networkId }) => networkId ?? []));
  return rows.flatMap((row) =>
    (subnets.get(row.text("network_id") ?? "") ?? []).map(
      (instanceId): Finding => ({
        instanceId,
        node: { kind: "nat-rule", id: row.need("id"), billing: "none" },
        edge: {
          relation: "inferred",
          effect: "report",
          atTermination: "kept",
          why: "It lets the server's subnet out. Once nothing is left in the subnet, it and its gateway serve nobody.",
        },
      }),
    ),
  );
}

async function transitIps(call: HuaweiCall, instances: readonly SeenInstance[]): Promise<readonly Finding[]> {
  const list = { field: "transit_ips", limit: networkPageLimit };
  const rows = await call.pages("nat", "GET /v3/{project_id}/private-nat/transit-ips", {}, list);
  const ports = holdersByPort(instances);
  return rows.flatMap((row) =>
    (ports.get(row.text("network_interface_id") ?? "") ?? []).map(
      (instanceId): Finding => ({
        instanceId,
        node: { kind: "nat-rule", id: row.need("id"), billing: "none" },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: `It is the transit address ${row.text("ip_address") ?? row.need("id")} of a private NAT gateway, on a port of this server.`,
        },
      }),
    ),
  );
}
