import { chunk, unique } from "../../../src/batch.js";
import type { Holder } from "../../../src/rules/own-address.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";

/** The interfaces that hold these addresses now, in any network of this account. */
export async function readHolders(call: AwsCall, ips: readonly string[]): Promise<readonly Holder[]> {
  const [six, four] = [ips.filter((ip) => ip.includes(":")), ips.filter((ip) => !ip.includes(":"))];
  const rows = await Promise.all([
    interfacesBy(call, "addresses.private-ip-address", four),
    interfacesBy(call, "addresses.association.public-ip", four),
    interfacesBy(call, "ipv6-addresses.ipv6-address", six),
  ]);
  const wanted = new Set(ips);
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
  const addresses = row.list("PrivateIpAddresses");
  return unique([
    ...addresses.flatMap((address) => address.text("PrivateIpAddress") ?? []),
    ...[row, ...addresses].flatMap((holder) => holder.object("Association")?.text("PublicIp") ?? []),
    ...row.list("Ipv6Addresses").flatMap((address) => address.text("Ipv6Address") ?? []),
  ]);
}

async function interfacesBy(call: AwsCall, filter: string, values: readonly string[]): Promise<readonly Wire[]> {
  const pieces = await Promise.all(
    chunk(values, filterLimit).map((piece) => {
      const Filters = [{ Name: filter, Values: [...piece] }];
      const parameters = { Filters, MaxResults: pageLimit, IncludeManagedResources: true };
      return call.pages("ec2", "DescribeNetworkInterfaces", parameters, "NetworkInterfaces");
    }),
  );
  return pieces.flat();
}
