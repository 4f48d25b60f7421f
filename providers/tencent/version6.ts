import type { Wire } from "../../src/wire.js";
import type { TencentCall } from "./call.js";
import { inPieces } from "./pieces.js";

/** Who lists elastic addresses of IPv6: DescribeAddresses does not. */
export const version6Source = "vpc:DescribeIPv6Addresses";

/** Values of one filter (vpc 2017-03-12, DescribeIPv6Addresses). */
const filterValues = 100;
const listing = { field: "AddressSet", id: "AddressId" } as const;
/** Left out, the listing shows the first of these alone ("address-type"). Ordinary ones have no id and die with their instance. */
const elasticTypes = { Name: "address-type", Values: ["EIPv6", "HighQualityEIPv6"] };

/** An elastic address of IPv6. */
export interface Version6Address {
  readonly id: string;
  readonly ip: string;
  readonly status: string;
  /** What it is bound to: an instance, an interface, or both. */
  readonly boundTo: readonly string[];
  /** Released by the cloud as soon as it is unbound. */
  readonly cascadeRelease: boolean;
}

/** Elastic IPv6 addresses bound to these instances or interfaces. Those of the traditional kind are a listing of their own. */
export async function readVersion6(
  call: TencentCall,
  { instanceIds, interfaceIds }: { readonly instanceIds: readonly string[]; readonly interfaceIds: readonly string[] },
): Promise<readonly Version6Address[]> {
  const wanted = new Set([...instanceIds, ...interfaceIds]);
  const rows = await Promise.all([
    filteredBy(call, "instance-id", instanceIds),
    filteredBy(call, "network-interface-id", interfaceIds),
    call.pages("vpc", "DescribeIPv6Addresses", { Traditional: true }, listing),
  ]);
  return rows
    .flat()
    .map(addressOf)
    .filter(({ boundTo }) => boundTo.some((id) => wanted.has(id)));
}

/** Elastic IPv6 addresses by id; one that is gone is left out. */
export async function readVersion6ById(call: TencentCall, ids: readonly string[]): Promise<readonly Version6Address[]> {
  const newer = ids.filter((id) => id.startsWith("eipv6-"));
  const traditional = new Set(ids.filter((id) => !newer.includes(id)));
  const rows = await Promise.all([
    filteredBy(call, "address-id", newer),
    traditional.size === 0 ? [] : call.pages("vpc", "DescribeIPv6Addresses", { Traditional: true }, listing),
  ]);
  return rows
    .flat()
    .map(addressOf)
    .filter(({ id }) => newer.includes(id) || traditional.has(id));
}

async function filteredBy(call: TencentCall, name: string, values: readonly string[]): Promise<readonly Wire[]> {
  return await inPieces(values, filterValues, (piece) => {
    const Filters = [{ Name: name, Values: piece }, elasticTypes];
    return call.pages("vpc", "DescribeIPv6Addresses", { Filters }, listing);
  });
}

function addressOf(row: Wire): Version6Address {
  const id = row.need("AddressId");
  return {
    id,
    ip: row.text("AddressIp") ?? id,
    status: row.text("AddressStatus") ?? "",
    boundTo: [row.text("InstanceId"), row.text("NetworkInterfaceId")].flatMap((one) => one ?? []),
    cascadeRelease: row.flag("CascadeRelease") ?? false,
  };
}
