/* In which networks a group is used, by the counts of DescribeSecurityGroupAssociationStatistics (vpc 2017-03-12). */
import { describe, expect, it } from "vitest";
import { readGroupUsers } from "../../../providers/tencent/dependencies/group-users.js";
import { readNetworks } from "../../../providers/tencent/rules/networks.js";
import { callsTo } from "./recorded.js";

const group = "sg-0000000a";

/** Calls to a cloud that counts the users of one group so. */
async function counting(counts: object) {
  const row = { SecurityGroupId: group, InstanceStatistics: [], TotalCount: 0, ...counts };
  const body = JSON.stringify({ Response: { SecurityGroupAssociationStatisticsSet: [row], RequestId: "r" } });
  return await (await callsTo({ DescribeSecurityGroupAssociationStatistics: body }))("reads");
}

describe("users of a group that are counted and not listed", () => {
  // The documented example counts a load balancer in the flat counter alone, and leaves it out of the list.
  it.each([
    ["a flat counter", { CLB: 1, TotalCount: 1 }],
    ["the total alone", { TotalCount: 1 }],
    ["the list, without a number", { InstanceStatistics: [{ InstanceType: "CLB" }] }],
  ])("S23 leave it open in which network the group is used: by %s", async (_, counts) => {
    const networks = await readNetworks(await counting(counts), [group]);
    expect(networks.get(group)).toHaveProperty("unknown");
  });

  it("S22 are users, whatever counts them", async () => {
    for (const counts of [{ CLB: 1, TotalCount: 1 }, { InstanceStatistics: [{ InstanceType: "CLB" }] }]) {
      expect((await readGroupUsers(await counting(counts), [group])).uses).toHaveLength(1);
    }
  });

  it("are none where all counts are zero", async () => {
    const call = await counting({ CVM: 0, CLB: 0 });
    expect(await readNetworks(call, [group])).toEqual(new Map([[group, { vpcIds: new Set() }]]));
    expect((await readGroupUsers(call, [group])).uses).toEqual([]);
  });
});
