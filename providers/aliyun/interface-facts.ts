import { unique } from "../../src/batch.js";
import type { Tristate } from "../../src/common.js";
import type { Wire } from "../../src/wire.js";
import { innerList, innerTexts, tagsOf } from "./listings.js";

/** What DescribeNetworkInterfaces says of one network interface. */
export interface InterfaceFacts {
  readonly id: string;
  readonly name?: string;
  readonly primary: boolean;
  readonly status: string;
  readonly instanceId?: string;
  readonly vpcId?: string;
  readonly deleteOnRelease: Tristate;
  /** Operated by a service of the cloud. */
  readonly serviceManaged: Tristate;
  readonly privateIps: readonly string[];
  /** The EIPs on it. */
  readonly addresses: readonly { readonly ip: string; readonly id?: string }[];
  readonly securityGroupIds: readonly string[];
  readonly createdAt?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Reads one element of DescribeNetworkInterfaces. */
export function interfaceFacts(wire: Wire): InterfaceFacts {
  const name = wire.text("NetworkInterfaceName");
  const instanceId = wire.text("InstanceId");
  const vpcId = wire.text("VpcId");
  const createdAt = wire.date("CreationTime");
  const sets = innerList(wire, "PrivateIpSets.PrivateIpSet");
  return {
    id: wire.need("NetworkInterfaceId"),
    ...(name === undefined ? {} : { name }),
    primary: wire.text("Type") === "Primary",
    status: wire.text("Status") ?? "unknown",
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(vpcId === undefined ? {} : { vpcId }),
    deleteOnRelease: wire.flag("DeleteOnRelease") ?? "unknown",
    serviceManaged: wire.flag("ServiceManaged") ?? "unknown",
    privateIps: unique([
      ...[wire, ...sets].flatMap((set) => set.text("PrivateIpAddress") ?? []),
      ...innerList(wire, "Ipv6Sets.Ipv6Set").flatMap((set) => set.text("Ipv6Address") ?? []),
    ]),
    addresses: addressesOf([wire, ...sets]),
    securityGroupIds: innerTexts(wire, "SecurityGroupIds.SecurityGroupId"),
    ...(createdAt === undefined ? {} : { createdAt }),
    tags: tagsOf(wire),
  };
}

/** An EIP shows on the interface and again on the private address it is bound to. */
function addressesOf(holders: readonly Wire[]): InterfaceFacts["addresses"] {
  const found = new Map<string, { readonly ip: string; readonly id?: string }>();
  for (const holder of holders) {
    const ip = holder.object("AssociatedPublicIp")?.text("PublicIpAddress");
    const id = holder.object("AssociatedPublicIp")?.text("AllocationId");
    if (ip !== undefined) found.set(ip, { ip, ...(id === undefined ? {} : { id }) });
  }
  return [...found.values()];
}
