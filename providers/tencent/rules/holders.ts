import type { Holder } from "../../../src/rules/own-address.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { idLimit } from "../instances.js";
import { inPieces } from "../pieces.js";

/** Addresses of this family can be asked about: the listing of interfaces has no filter for IPv6. */
export function canAskFor(ip: string): boolean {
  return !ip.includes(":");
}

/** The interfaces that hold these addresses now, in any network of this account. */
export async function readHolders(call: TencentCall, ips: readonly string[]): Promise<readonly Holder[]> {
  const asked = ips.filter(canAskFor);
  const rows = await Promise.all([
    interfacesBy(call, "address-ip", asked),
    interfacesBy(call, "public-address-ip", asked),
  ]);
  const wanted = new Set(asked);
  return rows.flat().flatMap((row) => {
    const vpcId = row.text("VpcId");
    const instanceId = row.object("Attachment")?.text("InstanceId");
    return ipsOf(row)
      .filter((ip) => wanted.has(ip))
      .map((ip) => ({
        ip,
        id: row.need("NetworkInterfaceId"),
        ...(vpcId === undefined ? {} : { vpcId }),
        ...(instanceId === undefined ? {} : { instanceId }),
      }));
  });
}

function ipsOf(row: Wire): readonly string[] {
  return row
    .list("PrivateIpAddressSet")
    .flatMap((address) => [address.text("PrivateIpAddress") ?? [], address.text("PublicIpAddress") ?? []].flat());
}

async function interfacesBy(call: TencentCall, name: string, ips: readonly string[]): Promise<readonly Wire[]> {
  const list = { field: "NetworkInterfaceSet", id: "NetworkInterfaceId" } as const;
  return await inPieces(ips, idLimit, (piece) => {
    const parameters = { Filters: [{ Name: name, Values: piece }] };
    return call.pages("vpc", "DescribeNetworkInterfaces", parameters, list);
  });
}
