import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { inPieces } from "../pieces.js";

/** Groups that the statistics and the references take at once: no page tells, and 20 is what others send. */
const groupBatch = 20;

/** How many of each product use a group. */
export type ProductCounts = ReadonlyMap<string, number>;

/** Users by group and product type. A group that the cloud does not tell about is left out. */
export async function readCounts(
  call: TencentCall,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, ProductCounts>> {
  const list = "SecurityGroupAssociationStatisticsSet";
  const rows = await readByGroups(call, groupIds, "DescribeSecurityGroupAssociationStatistics", list);
  return new Map(rows.map((row) => [row.need("SecurityGroupId"), countsOf(row)]));
}

/** The rows of an action that is asked by groups, and has no pages. */
export async function readByGroups(
  call: TencentCall,
  groupIds: readonly string[],
  action: string,
  list: string,
): Promise<readonly Wire[]> {
  return await inPieces(groupIds, groupBatch, async (SecurityGroupIds) => {
    const { body } = await call.read("vpc", action, { SecurityGroupIds });
    return body.needList(list);
  });
}

/** Products that have a counter of their own beside the list. A documented answer counts there what its list leaves out. */
const flatCounters = ["CVM", "CDB", "ENI", "CLB"];

/** The flat counters beside the list cover five products of some thirty, and the total can tell more than both. */
function countsOf(row: Wire): ProductCounts {
  const counts = new Map(
    row.needList("InstanceStatistics").map((each) => [
      each.need("InstanceType"),
      // A count that is missing is no zero.
      each.number("InstanceCount") ?? Number.POSITIVE_INFINITY,
    ]),
  );
  for (const name of flatCounters) counts.set(name, Math.max(counts.get(name) ?? 0, row.number(name) ?? 0));
  const sum = [...counts.values()].reduce((total, count) => total + count, 0);
  const total = Number(row.need("TotalCount"));
  return total > sum ? new Map([...counts, ["of a kind that is not told", total - sum]]) : counts;
}
