import { chunk, unique } from "../../../src/batch.js";
import type { InstanceRecord, PublicAddress } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";

/** An address of a target, and whether the target is seen to lose it with its end. */
export interface TargetAddress {
  readonly ip: string;
  readonly instanceId: string;
  readonly isPrivate: boolean;
  readonly vpcId?: string;
  readonly networkInterfaceId?: string;
  /** The account's own id of it: an Elastic IP. */
  readonly addressId?: string;
  /** Why it outlives the target; absent where it dies with it. */
  readonly keptBecause?: string;
}

/** All addresses of a target, of everything that was seen of it. One that outlives it in any sighting outlives it. */
export function addressesOf(records: readonly InstanceRecord[]): readonly TargetAddress[] {
  const addresses = new Map<string, TargetAddress>();
  for (const address of records.flatMap(addressesIn)) {
    const known = addresses.get(address.ip);
    if (!known || address.keptBecause !== undefined) addresses.set(address.ip, address);
  }
  return [...addresses.values()];
}

function addressesIn(record: InstanceRecord): readonly TargetAddress[] {
  const common = { instanceId: record.id, ...(record.vpcId === undefined ? {} : { vpcId: record.vpcId }) };
  const inner = record.networkInterfaces.flatMap((networkInterface) =>
    networkInterface.privateIps.map((ip) => ({
      ...common,
      ip,
      isPrivate: true,
      networkInterfaceId: networkInterface.id,
      ...(networkInterface.deletedWithInstance === true
        ? {}
        : { keptBecause: `its interface ${networkInterface.id} is kept` }),
    })),
  );
  const known = new Set(inner.map(({ ip }) => ip));
  const loose = record.privateIps
    .filter((ip) => !known.has(ip))
    .map((ip) => ({ ...common, ip, isPrivate: true, keptBecause: "nothing shows which interface holds it" }));
  return [...inner, ...loose, ...record.publicAddresses.map((address) => publicAddress(common, address))];
}

function publicAddress(
  common: { readonly instanceId: string; readonly vpcId?: string },
  { id, ip, releasedWithInstance }: PublicAddress,
): TargetAddress {
  return {
    ...common,
    ip,
    isPrivate: false,
    ...(id === undefined ? {} : { addressId: id }),
    ...(releasedWithInstance === true ? {} : { keptBecause: "the address is kept" }),
  };
}

/** Who holds an address now. */
export interface Holder {
  readonly ip: string;
  readonly networkInterfaceId: string;
  readonly vpcId?: string;
  readonly instanceId?: string;
}

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
        networkInterfaceId: row.need("NetworkInterfaceId"),
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
