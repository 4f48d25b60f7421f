import type { Findings } from "../../../src/coverage.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceNetworkInterface, InstanceRecord, PublicAddress } from "../../../src/instances.js";
import { ownWord } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const instancesSource = "ecs:DescribeInstances";
const interfacesSource = "ecs:DescribeNetworkInterfaces";

/** Network interfaces, and the private and public addresses on them. */
export const interfaceSources: readonly AliyunSource[] = [
  ownWord("network-interface", interfacesSource, "required", async (survey) => {
    ensureRead(survey);
    return { ...findingsOf(interfacesSource, eachInterface(survey, interfaceFinding)), ...unread(survey) };
  }),
  ownWord("private-address", interfacesSource, "report", async (survey) =>
    findingsOf(
      interfacesSource,
      eachInterface(survey, (record, each) => each.privateIps.map((ip) => addressFinding(record, each, ip))),
    ),
  ),
  ownWord("public-address", instancesSource, "required", async ({ instances }) =>
    findingsOf(
      instancesSource,
      instances.flatMap(({ record }) => record.publicAddresses.map((address) => publicFinding(record.id, address))),
    ),
  ),
  // EIPs on interfaces besides the primary one are told with those alone, and written into the records from there.
  ownWord("public-address", interfacesSource, "report", async (survey) => {
    ensureRead(survey);
    return { nodes: [], edges: [], ...unread(survey) };
  }),
];

function ensureRead({ seen }: AliyunSurvey): void {
  if (seen.unread.interfaces) throw new DecommissionError(seen.unread.interfaces);
}

function unread({ instances }: AliyunSurvey): Pick<Findings, "partial"> {
  const doubtful = instances.filter(({ facts }) => facts.unreadInterfaceIds.length > 0);
  if (doubtful.length === 0) return {};
  const reason = "DescribeNetworkInterfaces does not list all interfaces that these instances name.";
  return { partial: { reason, instanceIds: doubtful.map(({ record }) => record.id) } };
}

function eachInterface(
  { instances }: AliyunSurvey,
  find: (record: InstanceRecord, each: InstanceNetworkInterface) => Finding | readonly Finding[],
): readonly Finding[] {
  return instances.flatMap(({ record }) => record.networkInterfaces.flatMap((each) => find(record, each)));
}

function interfaceFinding(
  record: InstanceRecord,
  { id, primary, deletedWithInstance }: InstanceNetworkInterface,
): Finding {
  const which = `It is ${primary ? "the primary" : "a secondary"} interface`;
  const fate = deletedWithInstance === "unknown" ? "unknown" : deletedWithInstance ? "deleted" : "kept";
  return {
    instanceId: record.id,
    node: { kind: "network-interface", id, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: fate,
      why:
        fate === "unknown"
          ? `${which}; whether it goes with the instance could not be read.`
          : fate === "deleted"
            ? `${which} and goes with the instance.`
            : `${which} and is kept, with its address and its groups.`,
    },
  };
}

function addressFinding(
  record: InstanceRecord,
  { id, deletedWithInstance }: InstanceNetworkInterface,
  ip: string,
): Finding {
  const kept = deletedWithInstance === false;
  return {
    instanceId: record.id,
    node: { kind: "private-address", id: `${record.vpcId ?? "no-network"}/${ip}`, name: ip, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: kept ? "kept" : deletedWithInstance === "unknown" ? "unknown" : "deleted",
      why: kept
        ? `It stays with the interface ${id}.`
        : "It goes back to its vSwitch, where any new interface can get it.",
    },
  };
}

function publicFinding(instanceId: string, { id, ip, kind }: PublicAddress): Finding {
  const elastic = kind === "elastic";
  return {
    instanceId,
    node: { kind: "public-address", id: id ?? ip, name: ip, billing: elastic ? "continues" : "stops" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: elastic ? "detached" : "deleted",
      why: elastic
        ? "It is an EIP: it is disassociated and stays, and bills until it is released."
        : "It came with the instance and goes with it for good, unless it is made an EIP before.",
    },
  };
}
