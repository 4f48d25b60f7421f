import { DecommissionError } from "../../../src/errors.js";
import type { TargetAddress } from "../../../src/rules/addresses.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { type ProductCounts, readCounts } from "../dependencies/group-counts.js";
import { inPieces } from "../pieces.js";

/** The networks a group is used in, or why they are not known. A private address means something in one of them only. */
export type Networks = { readonly vpcIds: ReadonlySet<string> } | { readonly unknown: string };

/** Values of one CVM filter ("Filter", cvm 2017-03-12). */
const filterValues = 5;

/**
 * The networks of everybody who uses these groups, by group (S23): a group belongs to no network here. What could not be
 * read, and products that do not tell their network, make a group's networks unknown.
 */
export async function readNetworks(
  call: TencentCall,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, Networks>> {
  try {
    const [instances, interfaces, counts] = await Promise.all([
      listedBy(call, groupIds, instancesIn),
      listedBy(call, groupIds, interfacesIn),
      readCounts(call, groupIds),
    ]);
    return new Map(
      groupIds.map((id) => {
        const of = (uses: readonly Use[]) => uses.filter(({ groupId }) => groupId === id);
        const listed = { CVM: of(instances), ENI: of(interfaces).filter(({ isPrimary }) => !isPrimary) };
        return [id, networksOf(counts.get(id), listed, of([...instances, ...interfaces]))];
      }),
    );
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
    const unknown = `who uses the group could not be read (${error.problem.cloudCode ?? error.code})`;
    return new Map(groupIds.map((id) => [id, { unknown }]));
  }
}

/** Where the users are that listings show. Whoever is counted besides does not tell its network. */
function networksOf(
  counts: ProductCounts | undefined,
  listed: Readonly<Record<string, readonly Use[]>>,
  uses: readonly Use[],
): Networks {
  if (!counts) return { unknown: "nothing tells who uses the group" };
  const hidden = [...counts].find(([product, count]) => count > (listed[product] ?? []).length);
  if (hidden) return { unknown: `${hidden[0]} uses the group, and does not tell in which network` };
  const vpcIds = uses.map(({ vpcId }) => vpcId);
  return vpcIds.includes("") ? { unknown: "a user has no network" } : { vpcIds: new Set(vpcIds) };
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
  /** Counted as its instance. */
  readonly isPrimary: boolean;
}

async function listedBy(
  call: TencentCall,
  groupIds: readonly string[],
  read: (call: TencentCall, groupIds: readonly string[]) => Promise<readonly Use[]>,
): Promise<readonly Use[]> {
  const wanted = new Set(groupIds);
  const uses = await inPieces(groupIds, filterValues, (piece) => read(call, piece));
  return uses.filter(({ groupId }) => wanted.has(groupId));
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
  return rows.flatMap((row) => usesOf(row.texts("GroupSet"), row, row.flag("Primary")));
}

function usesOf(groupIds: readonly string[], place: Wire | undefined, isPrimary = false): readonly Use[] {
  return groupIds.map((groupId) => ({ groupId, vpcId: place?.text("VpcId") ?? "", isPrimary }));
}
