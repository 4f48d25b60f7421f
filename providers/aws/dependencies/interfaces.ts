import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceNetworkInterface, InstanceRecord } from "../../../src/instances.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource } from "./survey.js";

const source = "ec2:DescribeInstances";

/** Network interfaces and the addresses that live on them, as the instances themselves show them. */
export const interfaceSources: readonly AwsSource[] = [
  {
    kind: "network-interface",
    source,
    gate: "required",
    hidesRows,
    read: async ({ instances }) =>
      findingsOf(
        source,
        instances.flatMap(({ record }) => record.networkInterfaces.map((each) => interfaceFinding(record, each))),
      ),
  },
  {
    kind: "private-address",
    source,
    gate: "report",
    hidesRows,
    read: async ({ instances }) =>
      findingsOf(
        source,
        instances.flatMap(({ record }) =>
          record.networkInterfaces.flatMap((each) =>
            each.privateIps
              .filter((ip) => !secondaryIps(each).includes(ip))
              .map((ip) => addressFinding("private-address", record, each, ip)),
          ),
        ),
      ),
  },
  {
    kind: "virtual-ip",
    source,
    gate: "report",
    hidesRows,
    read: async ({ instances }) =>
      findingsOf(
        source,
        instances.flatMap(({ record }) =>
          record.networkInterfaces.flatMap((each) =>
            secondaryIps(each).map((ip) => addressFinding("virtual-ip", record, each, ip)),
          ),
        ),
      ),
  },
];

/** Secondary IPv4 addresses can be moved to another interface at any time, and clusters do so. */
function secondaryIps(networkInterface: InstanceNetworkInterface): readonly string[] {
  return networkInterface.privateIps.filter((ip) => !ip.includes(":")).slice(1);
}

function interfaceFinding(
  record: InstanceRecord,
  { id, primary, deletedWithInstance }: InstanceNetworkInterface,
): Finding {
  const atTermination = deletedWithInstance === "unknown" ? "unknown" : deletedWithInstance ? "deleted" : "kept";
  return {
    instanceId: record.id,
    node: { kind: "network-interface", id, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination,
      why: `It is the ${primary ? "primary" : "secondary"} interface; at termination it is ${atTermination === "unknown" ? "kept or deleted, which could not be read" : atTermination}.`,
    },
  };
}

function addressFinding(
  kind: "private-address" | "virtual-ip",
  record: InstanceRecord,
  networkInterface: InstanceNetworkInterface,
  ip: string,
): Finding {
  const kept = networkInterface.deletedWithInstance === false;
  return {
    instanceId: record.id,
    node: { kind, id: `${record.vpcId ?? "no-network"}/${ip}`, name: ip, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: kept ? "kept" : networkInterface.deletedWithInstance === "unknown" ? "unknown" : "deleted",
      why: kept
        ? `It stays with the interface ${networkInterface.id}.`
        : "It goes back to its subnet, where any new interface can get it.",
    },
  };
}
