import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import { hidesRows } from "../dependencies/controls.js";
import { readVersion6ById, version6Source as source, type Version6Address } from "../version6.js";
import { type AftermathSource, recordsOf, type TencentAftermath } from "./survey.js";

/** Elastic addresses of IPv6 that outlived their instances. */
export const version6Sources: readonly AftermathSource[] = [
  {
    kind: "public-address",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(source, await version6Left(aftermath)),
  },
];

async function version6Left({ call, ended, isBinned }: TencentAftermath): Promise<readonly Finding[]> {
  const known = namedBy(ended, "public-address", ({ publicAddresses }) =>
    publicAddresses.flatMap(({ id }) => id ?? []),
  );
  const records = recordsOf(ended);
  const shown = records.flatMap(({ publicAddresses }) => publicAddresses.filter(({ ip }) => ip.includes(":")));
  const wanted = new Set([
    ...shown.flatMap(({ id }) => id ?? []),
    ...[...known.keys()].filter((id) => id.startsWith("eipv6-")),
  ]);
  const ours = new Set([
    ...ended.map(({ id }) => id),
    ...records.flatMap((one) => one.networkInterfaces.map(({ id }) => id)),
  ]);
  const found = await readVersion6ById(call, [...wanted]);
  return found
    .filter(({ boundTo }) => boundTo.every((id) => ours.has(id)))
    .flatMap((address) =>
      (known.get(address.id) ?? []).map((instanceId) => addressFinding(instanceId, address, isBinned)),
    );
}

function addressFinding(instanceId: string, { id, ip, status, boundTo }: Version6Address, isBinned: boolean): Finding {
  const going = status === "OFFLINING";
  const where =
    boundTo.length === 0 ? "is not in use" : isBinned ? "is bound to its server in the recycle bin" : "is still bound";
  return {
    instanceId,
    node: { kind: "public-address", id, name: ip, billing: going ? "none" : "continues" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "kept",
      why: going
        ? `The elastic address ${ip} is being released.`
        : `The elastic address ${ip} ${where}, and bills until it is released.`,
    },
  };
}
