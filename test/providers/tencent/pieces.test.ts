import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import { inPieces } from "../../../providers/tencent/pieces.js";
import { DecommissionError } from "../../../src/errors.js";
import { sent, tencentWorld } from "./for-test.js";

/** Fails as the cloud does where more than `most` are named. */
const atMost = (most: number, cloudCode: string) => {
  const asked: number[] = [];
  const read = async (piece: number[]) => {
    asked.push(piece.length);
    if (piece.length > most) throw new DecommissionError({ code: "invalid-request", message: "", hint: "", cloudCode });
    return piece;
  };
  return { asked, read };
};
const ten = Array.from({ length: 10 }, (_, index) => index);

describe("what is asked about in pieces", () => {
  it("is asked for in halves where the cloud calls a piece too long, and comes whole", async () => {
    const { asked, read } = atMost(2, "InvalidParameterValue.LimitExceeded");
    expect(await inPieces(ten, 100, read)).toEqual(ten);
    expect(asked.toSorted((one, other) => other - one)).toEqual([10, 5, 5, 3, 3, 2, 2, 2, 2, 1, 1]);
  });

  it("fails with what the cloud says of a single one", async () => {
    const { read } = atMost(0, "InvalidFilterValue.LimitExceeded");
    await expect(inPieces([1, 2], 100, read)).rejects.toMatchObject({
      problem: { cloudCode: "InvalidFilterValue.LimitExceeded" },
    });
  });

  it("is not asked for again after any other refusal", async () => {
    for (const cloudCode of ["UnauthorizedOperation", "LimitExceeded.UserReturnQuota", "InvalidParameterValue"]) {
      const { asked, read } = atMost(0, cloudCode);
      await expect(inPieces(ten, 100, read)).rejects.toMatchObject({ problem: { cloudCode } });
      expect(asked).toEqual([10]);
    }
  });
});

// No page tells how many of these one request takes; the error lists of all of them know a limit.
it.each([
  ["vpc:DescribeNetworkInterfaces", "InvalidParameterValue.LimitExceeded"],
  ["cbs:DescribeDisks", "InvalidParameterValue.LimitExceeded"],
  ["cvm:DescribeInstancesActionTimer", "InvalidParameterValue.LimitExceeded"],
  ["clb:DescribeLBListeners", "LimitExceeded"],
  ["clb:DescribeTargetGroupInstances", "InvalidParameterValue.Length"],
  ["clb:DescribeClassicalLBByInstanceId", "InvalidParameterValue.Length"],
])("a listing by %s is whole although two ids are too many for it", async (api, cloudCode) => {
  const world = await tencentWorld();
  world.seed([{ id: "web" }, { id: "db" }]);
  world.faults.add({ fault: "error", api, cloudCode, times: 1 });
  const { coverage } = await listDependencies(world.open, [world.id("web"), world.id("db")]);
  expect(coverage.filter(({ status }) => status !== "checked")).toEqual([]);
  expect(sent(world, api).filter((request) => request.cloudCode === cloudCode)).toHaveLength(1);
});

// "Error codes" of DescribePrivateZoneList (privatedns 2020-10-28); of DNSPod seen by others, and by some never seen.
it.each([
  ["privatedns:DescribePrivateZoneList", "ResourceNotFound.ServiceNotSubscribed"],
  ["dnspod:DescribeDomainList", "ResourceNotFound.NoDataOfDomain"],
])("an account that never used a service has nothing there, though %s says so by an error", async (api, cloudCode) => {
  const world = await tencentWorld();
  world.seed([{ id: "web" }]);
  world.faults.add({ fault: "error", api, cloudCode });
  const { coverage } = await listDependencies(world.open, [world.id("web")]);
  expect(coverage.filter(({ kind, status }) => kind === "dns-record" && status !== "checked")).toEqual([]);
});

it("a zone that cannot be found is no empty one", async () => {
  const world = await tencentWorld();
  world.seed([{ id: "web" }]);
  world.faults.add({ fault: "error", api: "privatedns:DescribePrivateZoneList", cloudCode: "ResourceNotFound" });
  const { coverage } = await listDependencies(world.open, [world.id("web")]);
  expect(coverage).toContainEqual(expect.objectContaining({ kind: "dns-record", gate: "required", status: "partial" }));
});
