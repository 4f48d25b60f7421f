import { chunk, mapConcurrent } from "../../../src/batch.js";
import type { Holder } from "../../../src/rules/own-address.js";
import type { AliyunCall } from "../call.js";
import { idLimit } from "../instances.js";
import { interfaceFacts } from "../interface-facts.js";

/** Addresses of this family can be asked about. */
export function canAskFor(ip: string): boolean {
  return !ip.includes(":");
}

const concurrency = 4;

/**
 * Who holds these addresses now, in any network of this account. Private ones are found through interfaces, static public
 * ones through instances, elastic ones through the account's own addresses.
 */
export async function readHolders(call: AliyunCall, ips: readonly string[]): Promise<readonly Holder[]> {
  const asked = ips.filter(canAskFor);
  const pieces = chunk(asked, idLimit);
  const [interfaces, instances, elastic] = await Promise.all([
    mapConcurrent(pieces, concurrency, (piece) =>
      call.pages("ecs", "DescribeNetworkInterfaces", { PrivateIpAddress: [...piece] }),
    ),
    mapConcurrent(pieces, concurrency, (piece) =>
      call.pages("ecs", "DescribeInstances", { PublicIpAddresses: JSON.stringify(piece) }),
    ),
    mapConcurrent(asked, concurrency, (ip) => call.pages("vpc", "DescribeEipAddresses", { EipAddress: ip }, 1)),
  ]);
  const wanted = new Set(asked);
  return [
    ...interfaces
      .flat()
      .map(interfaceFacts)
      .flatMap(({ id, vpcId, instanceId, privateIps }) =>
        privateIps.map((ip) => ({
          ip,
          id,
          ...(vpcId === undefined ? {} : { vpcId }),
          ...(instanceId === undefined ? {} : { instanceId }),
        })),
      ),
    ...instances.flat().flatMap((row) => {
      const id = row.need("InstanceId");
      return (row.object("PublicIpAddress")?.texts("IpAddress") ?? []).map((ip) => ({ ip, id, instanceId: id }));
    }),
    ...elastic.flat().map((row) => {
      const instanceId = row.text("InstanceId");
      const holder = instanceId === undefined ? {} : { instanceId };
      return { ip: row.need("IpAddress"), id: row.need("AllocationId"), ...holder };
    }),
  ].filter(({ ip }) => wanted.has(ip));
}
