import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy, vanishing } from "../../../src/holdings.js";
import { pollUntil } from "../../../src/poll.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { hidesRows } from "../dependencies/controls.js";
import { idLimit } from "../instances.js";
import { type AftermathSource, recordsOf, type TencentAftermath } from "./survey.js";

const interfaceSource = "vpc:DescribeNetworkInterfaces";
const addressSource = "vpc:DescribeAddresses";

/** Interfaces and elastic addresses that outlived their instances. */
export const networkSources: readonly AftermathSource[] = [
  {
    kind: "network-interface",
    source: interfaceSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(interfaceSource, await interfacesLeft(aftermath)),
  },
  {
    kind: "public-address",
    source: addressSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(addressSource, await addressesLeft(aftermath)),
  },
];

async function interfacesLeft(aftermath: TencentAftermath): Promise<readonly Finding[]> {
  const holders = interfacesOf(aftermath);
  const endedIds = new Set(aftermath.ended.map(({ id }) => id));
  const dying = new Set(
    recordsOf(aftermath.ended).flatMap(({ networkInterfaces }) =>
      networkInterfaces.filter((each) => each.deletedWithInstance === true).map(({ id }) => id),
    ),
  );
  const { last } = await pollUntil(
    aftermath.call.requests,
    vanishing,
    () => readBy(aftermath.call, "network-interface-id", [...holders.keys()]),
    (rows) => !rows.some((row) => dying.has(row.need("NetworkInterfaceId"))),
  );
  return last.flatMap((row) => {
    const id = row.need("NetworkInterfaceId");
    const user = row.object("Attachment")?.text("InstanceId");
    const elsewhere = user !== undefined && !endedIds.has(user) ? user : undefined;
    return (holders.get(id) ?? []).map((instanceId) => interfaceFinding(row, id, instanceId, elsewhere));
  });
}

/** By filter: an id that is gone would fail a request that names it. */
async function readBy(call: TencentCall, filter: string, ids: readonly string[]): Promise<readonly Wire[]> {
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) => {
      const Filters = [{ Name: filter, Values: [...piece] }];
      const list = { field: "NetworkInterfaceSet", id: "NetworkInterfaceId", most: piece.length };
      return call.pages("vpc", "DescribeNetworkInterfaces", { Filters }, list);
    }),
  );
  return pieces.flat();
}

function interfaceFinding(row: Wire, id: string, instanceId: string, user: string | undefined): Finding {
  const state = row.text("State") ?? "in an unknown state";
  return {
    instanceId,
    node: { kind: "network-interface", id, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why:
        user === undefined
          ? `It was kept and is ${state}. It costs nothing, but holds its addresses and keeps its groups in use.`
          : `It is attached to ${user} now.`,
    },
  };
}

async function addressesLeft({ call, ended, isBinned }: TencentAftermath): Promise<readonly Finding[]> {
  const holders = namedBy(ended, "public-address", ({ publicAddresses }) =>
    publicAddresses.flatMap(({ id }) => id ?? []),
  );
  const ids = [...holders.keys()].filter((id) => id.startsWith("eip-"));
  const ours = new Set([...ended.map(({ id }) => id), ...interfacesOf({ ended }).keys()]);
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) => {
      const Filters = [{ Name: "address-id", Values: [...piece] }];
      return call.pages(
        "vpc",
        "DescribeAddresses",
        { Filters },
        {
          field: "AddressSet",
          id: "AddressId",
          most: piece.length,
        },
      );
    }),
  );
  return pieces.flat().flatMap((row) => {
    const id = row.need("AddressId");
    const user = row.text("NetworkInterfaceId") ?? row.text("InstanceId");
    // A free one can still name whom it was with (documented answer). Used by somebody else, it is nothing that was left.
    const isFree = row.text("AddressStatus") === "UNBIND";
    if (!isFree && user !== undefined && !ours.has(user)) return [];
    const where =
      isFree || user === undefined
        ? undefined
        : isBinned
          ? "its server in the recycle bin"
          : `the kept interface ${user}`;
    return (holders.get(id) ?? []).map((instanceId) => addressFinding(row, id, instanceId, where));
  });
}

function addressFinding(row: Wire, id: string, instanceId: string, where: string | undefined): Finding {
  const ip = row.text("AddressIp") ?? id;
  const status = row.text("AddressStatus") ?? "unknown";
  const going = status === "OFFLINING";
  return {
    instanceId,
    node: { kind: "public-address", id, name: ip, billing: going ? "none" : "continues" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why: going
        ? `The elastic address ${ip} is being released.`
        : whyBilled(ip, where, row.flag("IsArrears") ?? false),
    },
  };
}

function whyBilled(ip: string, where: string | undefined, inArrears: boolean): string {
  // A prepaid address that was returned once shows as in arrears until the second release.
  if (inArrears) return `The elastic address ${ip} was returned once, and waits for its second release.`;
  if (where !== undefined) return `The elastic address ${ip} sits on ${where}, and bills until it is released.`;
  return `The elastic address ${ip} is not in use: an idle one bills until it is released.`;
}

function interfacesOf({ ended }: Pick<TencentAftermath, "ended">): ReadonlyMap<string, readonly string[]> {
  return namedBy(ended, "network-interface", ({ networkInterfaces }) => networkInterfaces.map(({ id }) => id));
}
