import { chunk } from "../../../src/batch.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";
import { tagsOf } from "../record.js";
import { securityRule } from "../rule.js";
import { managedByTag } from "./owner-tags.js";

/** A security group, as far as decisions need it. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly vpcId?: string;
  readonly ownerId: string;
  /** The group of this name belongs to its network and cannot be deleted (VPC User Guide, default security groups). */
  readonly isDefault: boolean;
  /** What made it, where it is another service or a stack. */
  readonly managedBy?: string;
  /** What its rules name. */
  readonly peers: readonly GroupPeer[];
}

/** What one permission of a group names: enough to find groups whose rules must be read in full. */
export type GroupPeer =
  | { readonly kind: "group"; readonly groupId: string }
  | { readonly kind: "cidr"; readonly cidr: string }
  | { readonly kind: "prefix-list"; readonly id: string };

/**
 * All groups of the region that these credentials see. The whole listing, since asking which groups name a group or an
 * address takes a request for each filter and each 200 values, and a region holds 2,500 groups by default.
 */
export async function readSecurityGroups(call: AwsCall): Promise<ReadonlyMap<string, SecurityGroup>> {
  const parameters = { MaxResults: pageLimit };
  const rows = await call.pages("ec2", "DescribeSecurityGroups", parameters, "SecurityGroups");
  return new Map(rows.map((row) => [row.need("GroupId"), securityGroup(row)]));
}

/** The rules of these groups, ingress and egress. */
export async function readRulesOf(call: AwsCall, groupIds: readonly string[]): Promise<readonly SecurityRule[]> {
  const pieces = await Promise.all(
    chunk(groupIds, filterLimit).map((piece) => {
      const parameters = { Filters: [{ Name: "group-id", Values: [...piece] }], MaxResults: pageLimit };
      return call.pages("ec2", "DescribeSecurityGroupRules", parameters, "SecurityGroupRules");
    }),
  );
  return pieces.flat().map(securityRule);
}

/** Groups other than these whose rules name one of them. */
export function groupsThatName(
  groups: ReadonlyMap<string, SecurityGroup>,
  groupIds: ReadonlySet<string>,
): readonly SecurityGroup[] {
  return [...groups.values()].filter((group) =>
    group.peers.some((peer) => peer.kind === "group" && peer.groupId !== group.id && groupIds.has(peer.groupId)),
  );
}

/** Groups whose rules name one of these addresses alone: `/32` or `/128`. Wider ranges are never about one server. */
export function groupsThatNameAddress(
  groups: ReadonlyMap<string, SecurityGroup>,
  ips: ReadonlySet<string>,
): readonly SecurityGroup[] {
  return [...groups.values()].filter((group) =>
    group.peers.some((peer) => peer.kind === "cidr" && ips.has(singleAddress(peer.cidr) ?? "")),
  );
}

function securityGroup(row: Wire): SecurityGroup {
  const id = row.need("GroupId");
  const name = row.text("GroupName") ?? "";
  const vpcId = row.text("VpcId");
  const managedBy = managedByTag(tagsOf(row));
  return {
    id,
    name,
    ...(vpcId === undefined ? {} : { vpcId }),
    ownerId: row.text("OwnerId") ?? "",
    isDefault: name === "default",
    ...(managedBy === undefined ? {} : { managedBy }),
    // Both lists are always there in a network, and egress is in a network only.
    peers: [
      ...row.needList("IpPermissions"),
      ...(vpcId === undefined ? [] : row.needList("IpPermissionsEgress")),
    ].flatMap(peersOf),
  };
}

function peersOf(permission: Wire): readonly GroupPeer[] {
  return [
    ...permission.list("UserIdGroupPairs").flatMap((pair): readonly GroupPeer[] => {
      const groupId = pair.text("GroupId");
      return groupId === undefined ? [] : [{ kind: "group", groupId }];
    }),
    ...permission.list("IpRanges").map((range): GroupPeer => ({ kind: "cidr", cidr: range.need("CidrIp") })),
    ...permission.list("Ipv6Ranges").map((range): GroupPeer => ({ kind: "cidr", cidr: range.need("CidrIpv6") })),
    ...permission
      .list("PrefixListIds")
      .map((list): GroupPeer => ({ kind: "prefix-list", id: list.need("PrefixListId") })),
  ];
}
