import type { InstanceRecord, PublicAddress } from "../instances.js";
import type { SecurityRule } from "../security-rules.js";

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

/** The address a range consists of, where it is one address. Some clouds leave the length of such a range out. */
export function singleAddress(cidr: string): string | undefined {
  const [ip = "", length] = cidr.split("/");
  if (ip === "") return undefined;
  return length === undefined || length === (ip.includes(":") ? "128" : "32") ? ip : undefined;
}

/** The one address that a rule has as its far side. */
export function addressIn({ peer }: SecurityRule): string | undefined {
  return peer.kind === "cidr" ? singleAddress(peer.cidr) : undefined;
}
