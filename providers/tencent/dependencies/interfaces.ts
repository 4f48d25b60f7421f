import { chunk } from "../../../src/batch.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceNetworkInterface, InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import { hidesRows } from "./controls.js";
import { networksOf } from "./holders.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const interfaceSource = "vpc:DescribeNetworkInterfaces";
const instanceSource = "cvm:DescribeInstances";
const virtualSource = "vpc:DescribeHaVips";
/** Values of one filter of DescribeHaVips ("Filters", vpc 2017-03-12). */
const filterValues = 5;

/** Network interfaces, the private addresses on them, and virtual addresses that instances announce. */
export const interfaceSources: readonly TencentSource[] = [
  {
    kind: "network-interface",
    source: interfaceSource,
    gate: "required",
    hidesRows: false,
    read: async (survey) => {
      const { unread } = survey.seen;
      if (unread.interfaces) throw new DecommissionError(unread.interfaces);
      const findings = survey.instances.flatMap(({ record }) =>
        record.networkInterfaces.map((each) => interfaceFinding(record, each)),
      );
      return { ...findingsOf(interfaceSource, findings), ...withoutInterface(survey) };
    },
  },
  {
    kind: "private-address",
    source: instanceSource,
    gate: "report",
    hidesRows: false,
    read: async ({ instances }) =>
      findingsOf(
        instanceSource,
        instances.flatMap(({ record }) => record.privateIps.map((ip) => addressFinding(record, ip))),
      ),
  },
  {
    kind: "virtual-ip",
    source: virtualSource,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(virtualSource, await virtualAddresses(survey)),
  },
];

/** Every instance in a network has a primary interface: one without shows that rows are hidden. */
function withoutInterface({ instances }: TencentSurvey) {
  const bare = instances.filter(({ record }) => record.vpcId !== undefined && record.networkInterfaces.length === 0);
  if (bare.length === 0) return {};
  const reason = "No network interface of these instances is shown, although each has one.";
  return { partial: { reason, instanceIds: bare.map(({ record }) => record.id) } };
}

function interfaceFinding(record: InstanceRecord, { id, primary }: InstanceNetworkInterface): Finding {
  return {
    instanceId: record.id,
    node: { kind: "network-interface", id, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: primary ? "deleted" : "kept",
      why: primary
        ? "It is the primary interface, and goes with the instance."
        : "It is a secondary interface: it is detached and stays, with its addresses and groups.",
    },
  };
}

function addressFinding(record: InstanceRecord, ip: string): Finding {
  const on = record.networkInterfaces.find(({ privateIps }) => privateIps.includes(ip));
  const kept = on !== undefined && !on.primary;
  return {
    instanceId: record.id,
    node: { kind: "private-address", id: `${record.vpcId ?? "no-network"}/${ip}`, name: ip, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: kept ? "kept" : "deleted",
      why: kept
        ? `It stays with the interface ${on.id}.`
        : "It goes back to its subnet, where any new instance can get it.",
    },
  };
}

/**
 * Asked by network: the filter by instance takes five values, and the holder can also be an interface. One that an
 * instance of these holds blocks; one that it could take over is told.
 */
async function virtualAddresses({ call, instances }: TencentSurvey): Promise<readonly Finding[]> {
  const records = instances.map(({ record }) => record);
  const holders = new Map<string, string>();
  for (const record of records) {
    holders.set(record.id, record.id);
    for (const { id } of record.networkInterfaces) holders.set(id, record.id);
  }
  const pieces = await Promise.all(
    chunk(networksOf(records), filterValues).map((piece) => {
      const Filters = [{ Name: "vpc-id", Values: [...piece] }];
      return call.pages("vpc", "DescribeHaVips", { Filters }, { field: "HaVipSet", id: "HaVipId" });
    }),
  );
  return pieces.flat().flatMap((row) => virtualFindings(row, holders));
}

function virtualFindings(row: Wire, holders: ReadonlyMap<string, string>): readonly Finding[] {
  const id = row.need("HaVipId");
  const ip = row.text("Vip") ?? id;
  const holder = holders.get(row.text("InstanceId") ?? "") ?? holders.get(row.text("NetworkInterfaceId") ?? "");
  const standby = row.list("HaVipAssociationSet").flatMap((each) => holders.get(each.text("InstanceId") ?? "") ?? []);
  const node = { kind: "virtual-ip", id, name: ip, billing: "unknown" } as const;
  const held: readonly Finding[] =
    holder === undefined
      ? []
      : [
          {
            instanceId: holder,
            node,
            edge: {
              relation: "attached",
              effect: "blocks",
              atTermination: "kept",
              why: `It holds the virtual address ${ip}, which others reach a service by.`,
              unblock: "Let another instance take the address over, then take this one out of it.",
            },
          },
        ];
  const others = [...new Set(standby)].filter((instanceId) => instanceId !== holder);
  return [
    ...held,
    ...others.map(
      (instanceId): Finding => ({
        instanceId,
        node,
        edge: {
          relation: "member",
          effect: "report",
          atTermination: "kept",
          why: `It could take over the virtual address ${ip}, which has one holder less without it.`,
        },
      }),
    ),
  ];
}
