import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy, unknownHoldings, vanishing } from "../../../src/holdings.js";
import { pollUntil } from "../../../src/poll.js";
import type { Wire } from "../../../src/wire.js";
import { readInterfaces } from "../instances.js";
import type { InterfaceFacts } from "../interface-facts.js";
import type { AftermathSource, AliyunAftermath } from "./survey.js";

const interfaceSource = "ecs:DescribeNetworkInterfaces";
const addressSource = "vpc:DescribeEipAddresses";

/** Interfaces and EIPs that outlived their instances. */
export const networkSources: readonly AftermathSource[] = [
  {
    kind: "network-interface",
    source: interfaceSource,
    gate: "report",
    hidesRows: true,
    read: async (aftermath) => ({
      ...findingsOf(interfaceSource, await interfacesLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
  {
    kind: "public-address",
    source: addressSource,
    gate: "report",
    hidesRows: true,
    read: async (aftermath) => ({
      ...findingsOf(addressSource, await addressesLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
];

async function interfacesLeft(aftermath: AliyunAftermath): Promise<readonly Finding[]> {
  const holders = interfacesOf(aftermath);
  if (holders.size === 0) return [];
  const endedIds = new Set(aftermath.ended.map(({ id }) => id));
  const dying = new Set(
    aftermath.ended.flatMap(({ record }) =>
      (record?.networkInterfaces ?? []).filter((each) => each.deletedWithInstance === true).map(({ id }) => id),
    ),
  );
  const { last } = await pollUntil(
    aftermath.call.requests,
    vanishing,
    () => readInterfaces(aftermath.call, [...holders.keys()]),
    (rows) => !rows.some(({ id }) => dying.has(id)),
  );
  return last.flatMap((each) => {
    const elsewhere = each.instanceId !== undefined && !endedIds.has(each.instanceId);
    return (holders.get(each.id) ?? []).map((instanceId) =>
      interfaceFinding(each, instanceId, elsewhere ? each.instanceId : undefined),
    );
  });
}

function interfaceFinding({ id, status }: InterfaceFacts, instanceId: string, user: string | undefined): Finding {
  return {
    instanceId,
    node: { kind: "network-interface", id, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why:
        user === undefined
          ? `It was kept and is ${status}. It costs nothing, an EIP on it does, and it keeps its groups in use.`
          : `It is attached to ${user} now.`,
    },
  };
}

/** `AllocationId` takes one id. From this many on, all EIPs of the region cost fewer requests. */
const askOneByOne = 10;
const concurrency = 5;

async function addressesLeft(aftermath: AliyunAftermath): Promise<readonly Finding[]> {
  const holders = namedBy(aftermath.ended, "public-address", ({ publicAddresses }) =>
    publicAddresses.flatMap(({ id }) => id ?? []),
  );
  // A static address has no id but itself, and is gone with its instance.
  const ids = [...holders.keys()].filter((id) => id.startsWith("eip-"));
  const rows =
    ids.length > askOneByOne ? await aftermath.call.pages("vpc", "DescribeEipAddresses") : await each(aftermath, ids);
  const ours = new Set([...aftermath.ended.map(({ id }) => id), ...interfacesOf(aftermath).keys()]);
  return rows.flatMap((row) => {
    const id = row.need("AllocationId");
    const user = row.text("InstanceId");
    // Somebody else uses it by now, so it is nothing that was left.
    if (user !== undefined && !ours.has(user)) return [];
    return (holders.get(id) ?? []).map((instanceId) => addressFinding(row, id, instanceId, user));
  });
}

async function each({ call }: AliyunAftermath, ids: readonly string[]): Promise<readonly Wire[]> {
  const found = await mapConcurrent(ids, concurrency, (id) =>
    call.pages("vpc", "DescribeEipAddresses", { AllocationId: id }),
  );
  return found.flat();
}

function addressFinding(row: Wire, id: string, instanceId: string, user: string | undefined): Finding {
  const ip = row.text("IpAddress");
  const prepaid = row.text("ChargeType") === "PrePaid" ? " It is paid in advance, and released by a refund alone." : "";
  return {
    instanceId,
    node: { kind: "public-address", id, ...(ip === undefined ? {} : { name: ip }), billing: "continues" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why: `The EIP ${ip ?? id} ${user === undefined ? "is not in use" : `sits on ${user}`}, and bills until it is released.${prepaid}`,
    },
  };
}

function interfacesOf({ ended }: AliyunAftermath): ReadonlyMap<string, readonly string[]> {
  return namedBy(ended, "network-interface", ({ networkInterfaces }) => networkInterfaces.map(({ id }) => id));
}
