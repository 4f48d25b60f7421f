import type { Holder } from "../../../src/rules/own-address.js";
import type { HuaweiCall } from "../call.js";
import { readAddresses, readPorts } from "../listings.js";
import { readSubnets } from "./networks.js";

/** The ports that hold these addresses now, in any network of the project, and whoever uses them as EIPs. */
export async function readHolders(call: HuaweiCall, ips: readonly string[]): Promise<readonly Holder[]> {
  if (ips.length === 0) return [];
  const wanted = new Set(ips);
  const [ports, addresses, vpcOf] = await Promise.all([readPorts(call), readAddresses(call), readSubnets(call)]);
  const inner = ports.flatMap(({ id, owner, deviceId, networkId, fixedIps }) => {
    const vpcId = vpcOf.get(networkId ?? "");
    const isServer = owner.startsWith("compute:") && deviceId !== undefined;
    return fixedIps
      .filter((ip) => wanted.has(ip))
      .map((ip) => ({
        ip,
        id,
        ...(vpcId === undefined ? {} : { vpcId }),
        ...(isServer ? { instanceId: deviceId } : {}),
      }));
  });
  const outer = addresses
    .filter(({ ip, portId, serverId }) => wanted.has(ip) && (portId ?? serverId) !== undefined)
    .map(({ ip, portId, serverId }) => ({
      ip,
      ...(portId === undefined ? {} : { id: portId }),
      ...(serverId === undefined ? {} : { instanceId: serverId }),
    }));
  return [...inner, ...outer];
}
