import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy, unknownHoldings, vanishing } from "../../../src/holdings.js";
import { pollUntil } from "../../../src/poll.js";
import type { Wire } from "../../../src/wire.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { filterLimit, pageLimit } from "../instances.js";
import type { AftermathSource, AwsAftermath } from "./survey.js";

const interfaceSource = "ec2:DescribeNetworkInterfaces";
const addressSource = "ec2:DescribeAddresses";

/** Interfaces and Elastic IPs that outlived their instances. */
export const networkSources: readonly AftermathSource[] = [
  {
    kind: "network-interface",
    source: interfaceSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => ({
      ...findingsOf(interfaceSource, await interfacesLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
  {
    kind: "public-address",
    source: addressSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => ({
      ...findingsOf(addressSource, await addressesLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
];

async function interfacesLeft(aftermath: AwsAftermath): Promise<readonly Finding[]> {
  const holders = interfacesOf(aftermath);
  if (holders.size === 0) return [];
  const endedIds = new Set(aftermath.ended.map(({ id }) => id));
  const dying = new Set(
    aftermath.ended.flatMap(({ record }) =>
      (record?.networkInterfaces ?? []).filter((each) => each.deletedWithInstance === true).map(({ id }) => id),
    ),
  );
  const stands = (row: Wire) => dying.has(row.need("NetworkInterfaceId"));
  const { last } = await pollUntil(
    aftermath.call.requests,
    vanishing,
    () => readInterfaces(aftermath, [...holders.keys()]),
    (rows) => !rows.some(stands),
  );
  return last.flatMap((row) => {
    const id = row.need("NetworkInterfaceId");
    const user = row.object("Attachment")?.text("InstanceId");
    const elsewhere = user !== undefined && !endedIds.has(user);
    return (holders.get(id) ?? []).map((instanceId) =>
      interfaceFinding(row, id, instanceId, elsewhere ? user : undefined),
    );
  });
}

async function readInterfaces({ call }: AwsAftermath, ids: readonly string[]): Promise<readonly Wire[]> {
  const pieces = await Promise.all(
    chunk(ids, filterLimit).map((piece) => {
      const parameters = {
        Filters: [{ Name: "network-interface-id", Values: [...piece] }],
        MaxResults: pageLimit,
        IncludeManagedResources: true,
      };
      return call.pages("ec2", "DescribeNetworkInterfaces", parameters, "NetworkInterfaces");
    }),
  );
  return pieces.flat();
}

function interfaceFinding(row: Wire, id: string, instanceId: string, user: string | undefined): Finding {
  const state = row.text("Status") ?? "in an unknown state";
  return {
    instanceId,
    node: { kind: "network-interface", id, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why:
        user === undefined
          ? `It was kept and is ${state}. It costs nothing, a public address on it does, and it keeps its groups in use.`
          : `It is attached to ${user} now.`,
    },
  };
}

async function addressesLeft(aftermath: AwsAftermath): Promise<readonly Finding[]> {
  const holders = namedBy(aftermath.ended, "public-address", ({ publicAddresses }) =>
    publicAddresses.flatMap(({ id }) => id ?? []),
  );
  const ids = [...holders.keys()].filter((id) => id.startsWith("eipalloc-"));
  if (ids.length === 0) return [];
  // It has no pages, so all of them is one request as well.
  const filter = ids.length <= filterLimit ? { Filters: [{ Name: "allocation-id", Values: ids }] } : {};
  const { body } = await aftermath.call.read("ec2", "DescribeAddresses", filter);
  const ours = new Set(interfacesOf(aftermath).keys());
  return body.needList("Addresses").flatMap((row) => {
    const id = row.text("AllocationId") ?? "";
    const user = row.text("NetworkInterfaceId");
    // Somebody else uses it by now, so it is nothing that was left.
    if (row.text("AssociationId") !== undefined && !ours.has(user ?? "")) return [];
    return (holders.get(id) ?? []).map((instanceId) => addressFinding(row, id, instanceId, user));
  });
}

function addressFinding(row: Wire, id: string, instanceId: string, user: string | undefined): Finding {
  const ip = row.text("PublicIp");
  return {
    instanceId,
    node: { kind: "public-address", id, ...(ip === undefined ? {} : { name: ip }), billing: "continues" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why: `The Elastic IP ${ip ?? id} ${user === undefined ? "is not in use" : `sits on the kept interface ${user}`}, and bills until it is released.`,
    },
  };
}

function interfacesOf({ ended }: AwsAftermath): ReadonlyMap<string, readonly string[]> {
  return namedBy(ended, "network-interface", ({ networkInterfaces }) => networkInterfaces.map(({ id }) => id));
}
