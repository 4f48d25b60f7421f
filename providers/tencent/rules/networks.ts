import { chunk, groupBy } from "../../../src/batch.js";
import { DecommissionError } from "../../../src/errors.js";
import type { TargetAddress } from "../../../src/rules/addresses.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";

/** The networks a group is used in, or why they are not known. A private address means something in one of them only. */
export type Networks = { readonly vpcIds: ReadonlySet<string> } | { readonly unknown: string };

/** Groups of one DescribeSecurityGroupAssociationStatistics; its limit is not stated. */
const statisticsLimit = 20;
/** Values of one CVM filter ("Filter", cvm 2017-03-12). */
const filterValues = 5;
/** Users whose network is told by a listing. Any other product's is not. */
const placed: ReadonlySet<string> = new Set(["CVM", "ENI"]);

/**
 * The networks of everybody who uses these groups, by group (S23): a group belongs to no network here. What could not be
 * read, and products that do not tell their network, make a group's networks unknown.
 */
export async function readNetworks(
  call: TencentCall,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, Networks>> {
  try {
    const [instances, interfaces, statistics] = await Promise.all([
      listedBy(call, groupIds, instancesIn),
      listedBy(call, groupIds, interfacesIn),
      readStatistics(call, groupIds),
    ]);
    const used = groupBy([...instances, ...interfaces], ({ groupId }) => groupId);
    return new Map(
      groupIds.map((id): [string, Networks] => {
        const strange = statistics.get(id)?.find(({ type, count }) => count > 0 && !placed.has(type));
        if (strange) return [id, { unknown: `${strange.type} uses the group, and does not tell in which network` }];
        if (!statistics.has(id)) return [id, { unknown: "nothing tells who uses the group" }];
        const vpcIds = (used.get(id) ?? []).map(({ vpcId }) => vpcId);
        return vpcIds.includes("") ? [id, { unknown: "a user has no network" }] : [id, { vpcIds: new Set(vpcIds) }];
      }),
    );
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
    const unknown = `who uses the group could not be read (${error.problem.cloudCode ?? error.code})`;
    return new Map(groupIds.map((id) => [id, { unknown }]));
  }
}

/** S23: a private address is the target's only where all who use the group are in the target's network. */
export function strangeNetwork(networks: Networks | undefined, { vpcId, ip }: TargetAddress): string | undefined {
  if (networks === undefined || "unknown" in networks) return networks?.unknown ?? "who uses the group is not known";
  const [only, ...others] = networks.vpcIds;
  if (only === undefined) return `nobody uses the group, so nothing shows whose ${ip} it means`;
  if (others.length === 0 && only === vpcId) return undefined;
  return `the group is used in ${[...networks.vpcIds].join(", ")}, where ${ip} can be somebody else's`;
}

interface Use {
  readonly groupId: string;
  readonly vpcId: string;
}

async function listedBy(
  call: TencentCall,
  groupIds: readonly string[],
  read: (call: TencentCall, groupIds: readonly string[]) => Promise<readonly Use[]>,
): Promise<readonly Use[]> {
  const wanted = new Set(groupIds);
  const pieces = await Promise.all(chunk(groupIds, filterValues).map((piece) => read(call, piece)));
  return pieces.flat().filter(({ groupId }) => wanted.has(groupId));
}

async function instancesIn(call: TencentCall, groupIds: readonly string[]): Promise<readonly Use[]> {
  const parameters = { Filters: [{ Name: "security-group-id", Values: [...groupIds] }] };
  const list = { field: "InstanceSet", id: "InstanceId" } as const;
  const rows = await call.pages("cvm", "DescribeInstances", parameters, list);
  return rows.flatMap((row) => usesOf(row.texts("SecurityGroupIds"), row.object("VirtualPrivateCloud")));
}

async function interfacesIn(call: TencentCall, groupIds: readonly string[]): Promise<readonly Use[]> {
  const parameters = { Filters: [{ Name: "groups.security-group-id", Values: [...groupIds] }] };
  const list = { field: "NetworkInterfaceSet", id: "NetworkInterfaceId" } as const;
  const rows = await call.pages("vpc", "DescribeNetworkInterfaces", parameters, list);
  return rows.flatMap((row) => usesOf(row.texts("GroupSet"), row));
}

function usesOf(groupIds: readonly string[], place: Wire | undefined): readonly Use[] {
  return groupIds.map((groupId) => ({ groupId, vpcId: place?.text("VpcId") ?? "" }));
}

/** How many of each product use a group. */
type Statistics = readonly { readonly type: string; readonly count: number }[];

async function readStatistics(
  call: TencentCall,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, Statistics>> {
  const pieces = await Promise.all(
    chunk(groupIds, statisticsLimit).map(async (SecurityGroupIds) => {
      const { body } = await call.read("vpc", "DescribeSecurityGroupAssociationStatistics", { SecurityGroupIds });
      return body.needList("SecurityGroupAssociationStatisticsSet");
    }),
  );
  return new Map(
    pieces.flat().map((row) => [
      row.need("SecurityGroupId"),
      // The flat counters beside it cover five products only.
      row.needList("InstanceStatistics").map((line) => ({
        type: line.need("InstanceType"),
        // A count that is missing is no zero.
        count: line.number("InstanceCount") ?? Number.POSITIVE_INFINITY,
      })),
    ]),
  );
}
