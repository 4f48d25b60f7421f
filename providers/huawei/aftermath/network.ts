import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy, unknownHoldings } from "../../../src/holdings.js";
import { pollUntil } from "../../../src/poll.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import type { AddressFacts, PortFacts } from "../facts.js";
import { readAddresses, readPorts } from "../listings.js";
import { vanishing } from "./holdings.js";
import type { AftermathSource, HuaweiAftermath } from "./survey.js";

const portSource = "vpc:ListPorts";
const addressSource = "vpc:ListPublicips";

/** Ports and EIPs that outlived their servers. */
export const networkSources: readonly AftermathSource[] = [
  {
    kind: "network-interface",
    source: portSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => ({
      ...findingsOf(portSource, await portsLeft(aftermath)),
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

async function portsLeft(aftermath: HuaweiAftermath): Promise<readonly Finding[]> {
  const holders = portHolders(aftermath);
  if (holders.size === 0) return [];
  const endedIds = new Set(aftermath.ended.map(({ id }) => id));
  // What was made with a server goes with it, seconds after; what was attached ready-made stays and belongs to nobody.
  const stands = ({ id, deviceId }: PortFacts) => holders.has(id) && deviceId !== undefined && endedIds.has(deviceId);
  const { last } = await pollUntil(
    aftermath.call.requests,
    vanishing,
    () => readPorts(aftermath.call),
    (ports) => !ports.some(stands),
  );
  return last.flatMap((port) => {
    const elsewhere = port.deviceId !== undefined && !endedIds.has(port.deviceId) ? port.deviceId : undefined;
    return (holders.get(port.id) ?? []).map((instanceId) => portFinding(port, instanceId, elsewhere));
  });
}

function portFinding({ id }: PortFacts, instanceId: string, user: string | undefined): Finding {
  return {
    instanceId,
    node: { kind: "network-interface", id, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why:
        user === undefined
          ? "The port was kept. It costs nothing, an EIP on it does, and it keeps its groups and its address in use."
          : `The port belongs to ${user} now.`,
    },
  };
}

async function addressesLeft(aftermath: HuaweiAftermath): Promise<readonly Finding[]> {
  const holders = namedBy(aftermath.ended, "public-address", ({ publicAddresses }) =>
    publicAddresses.flatMap(({ id }) => id ?? []),
  );
  if (holders.size === 0) return [];
  const ports = portHolders(aftermath);
  return (await readAddresses(aftermath.call)).flatMap((address) => {
    const ours = address.portId === undefined || ports.has(address.portId);
    // Somebody else uses it by now, so it is nothing that was left.
    if (address.boundTo !== undefined && !ours) return [];
    return (holders.get(address.id) ?? []).map((instanceId) => addressFinding(address, instanceId));
  });
}

function addressFinding({ id, ip, bandwidth, createdAt, prepaid, portId }: AddressFacts, instanceId: string): Finding {
  const own = bandwidth !== undefined && !bandwidth.shared;
  const place = portId === undefined ? "is bound to nothing" : `sits on the kept port ${portId}`;
  return {
    instanceId,
    node: {
      kind: "public-address",
      id,
      name: ip,
      ...(createdAt === undefined ? {} : { since: createdAt }),
      billing: "continues",
    },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why: `The EIP ${ip} ${place}; it${own ? ` and its bandwidth ${bandwidth.id} bill` : " bills"} until it is ${prepaid ? "unsubscribed" : "released"}.`,
    },
  };
}

function portHolders({ ended }: HuaweiAftermath): ReadonlyMap<string, readonly string[]> {
  return namedBy(ended, "network-interface", ({ networkInterfaces }) => networkInterfaces.map(({ id }) => id));
}
