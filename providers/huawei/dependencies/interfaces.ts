import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceNetworkInterface, InstanceRecord } from "../../../src/instances.js";
import { hidesRows } from "./hides-rows.js";
import { holdersByPort } from "./holders.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const servers = "ecs:ListServersDetails";
const ports = "vpc:ListPorts";
const subInterfaces = "vpc:ListSubNetworkInterfaces";

/** Ports of servers, what hangs behind them, and the addresses that live on them. */
export const interfaceSources: readonly HuaweiSource[] = [
  {
    kind: "network-interface",
    source: ports,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      checkPorts(survey);
      return findingsOf(
        ports,
        survey.instances.flatMap(({ record }) =>
          record.networkInterfaces.map((each) => interfaceFinding(record, each)),
        ),
      );
    },
  },
  {
    kind: "network-interface",
    source: subInterfaces,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(subInterfaces, await behindPorts(survey)),
  },
  {
    kind: "private-address",
    source: servers,
    gate: "report",
    hidesRows,
    read: async ({ instances }) =>
      findingsOf(
        servers,
        instances.flatMap(({ record }) =>
          record.networkInterfaces.flatMap((each) =>
            each.privateIps.map((ip) =>
              addressFinding(
                "private-address",
                record,
                ip,
                "It goes back to its subnet, where any new interface can get it.",
              ),
            ),
          ),
        ),
      ),
  },
  {
    kind: "virtual-ip",
    source: ports,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      checkPorts(survey);
      return findingsOf(
        ports,
        survey.instances.flatMap(({ record, facts }) => virtualIps(record, facts.ports)),
      );
    },
  },
];

function checkPorts({ seen }: HuaweiSurvey): void {
  if (seen.unread.ports) throw new DecommissionError(seen.unread.ports);
}

function interfaceFinding(
  record: InstanceRecord,
  { id, primary, deletedWithInstance }: InstanceNetworkInterface,
): Finding {
  return {
    instanceId: record.id,
    node: { kind: "network-interface", id, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: deletedWithInstance === "unknown" ? "unknown" : deletedWithInstance ? "deleted" : "kept",
      why: primary
        ? "It is the primary interface, and goes with the server."
        : "It is another interface: one that was attached ready-made stays, one that was made for the server goes.",
    },
  };
}

/** Addresses that a port may send from besides its own: virtual ones, which move between servers. */
function virtualIps(
  record: InstanceRecord,
  own: readonly { readonly pairedIps: readonly string[]; readonly fixedIps: readonly string[] }[],
): readonly Finding[] {
  return own
    .flatMap(({ pairedIps, fixedIps }) => pairedIps.filter((ip) => !fixedIps.includes(ip)))
    .filter(isOneAddress)
    .map((ip) =>
      addressFinding(
        "virtual-ip",
        record,
        ip,
        "It may send from this address, as the holder of a virtual one: that stays.",
      ),
    );
}

/** Pairs can also hold whole ranges, `1.1.1.1/0` to switch the check off: those name no address. */
function isOneAddress(ip: string): boolean {
  return !ip.includes("/") || ip.endsWith("/32") || ip.endsWith("/128");
}

function addressFinding(
  kind: "private-address" | "virtual-ip",
  record: InstanceRecord,
  ip: string,
  why: string,
): Finding {
  return {
    instanceId: record.id,
    node: { kind, id: `${record.vpcId ?? "no-network"}/${ip}`, name: ip, billing: "none" },
    edge: { relation: "attached", effect: "report", atTermination: kind === "virtual-ip" ? "kept" : "deleted", why },
  };
}

/** Supplementary interfaces carry the traffic of containers, and end with the port they hang on. */
async function behindPorts({ instances, reads }: HuaweiSurvey): Promise<readonly Finding[]> {
  const rows = await reads.subInterfaces();
  const holders = holdersByPort(instances);
  return rows.flatMap((row) =>
    (holders.get(row.text("parent_id") ?? "") ?? []).map(
      (instanceId): Finding => ({
        instanceId,
        node: { kind: "network-interface", id: row.need("id"), billing: "none" },
        edge: {
          relation: "attached",
          effect: "blocks",
          atTermination: "unknown",
          why: `The supplementary interface ${row.text("private_ip_address") ?? row.need("id")} hangs on a port of this server.`,
          unblock: "Delete the supplementary interface, or what made it.",
        },
      }),
    ),
  );
}
