import { describe, expect, it } from "vitest";
import { diskFacts } from "../../../providers/aliyun/disk-facts.js";
import { type DiskOpinion, seenInstance } from "../../../providers/aliyun/record.js";
import { Wire } from "../../../src/wire.js";

const context = {
  scope: { cloud: "aliyun", accountId: "1234567890123456", region: "cn-hangzhou" },
  seenAt: "2026-11-25T00:00:00Z",
};
const read = (row: object) => seenInstance(new Wire({ InstanceId: "i-1", ...row }, "Instance"), context);

// Answers of older versions of the API, and trimmed ones, lack fields that today's have (recorded answers).
describe("an instance of which fields are missing", () => {
  it("is not unprotected, and its state and billing are not known", () => {
    const { record } = read({});
    expect(record.protection).toEqual({ termination: "unknown", locks: [] });
    expect(record.state.unified).toBe("unknown");
    expect(record.billing.unified).toBe("unknown");
  });

  it("is a spot instance only by a strategy that is known", () => {
    expect(read({ InstanceChargeType: "PostPaid" }).record.billing.unified).toBe("on-demand");
    expect(read({ InstanceChargeType: "PostPaid", SpotStrategy: "SpotNew" }).record.billing.unified).toBe("unknown");
  });

  it("has a primary interface although its type is not told, by its own address", () => {
    const NetworkInterface = [
      { NetworkInterfaceId: "eni-1", PrimaryIpAddress: "172.16.0.5" },
      { NetworkInterfaceId: "eni-2", PrimaryIpAddress: "172.16.0.6" },
    ];
    const { record } = read({
      VpcAttributes: { PrivateIpAddress: { IpAddress: ["172.16.0.5"] } },
      NetworkInterfaces: { NetworkInterface },
      SecurityGroupIds: { SecurityGroupId: ["sg-1"] },
    });
    expect(record.networkInterfaces.map(({ primary, securityGroupIds }) => [primary, securityGroupIds])).toEqual([
      [true, ["sg-1"]],
      [false, []],
    ]);
  });

  it("has the disks of its host that it counts and no listing shows", () => {
    const { record } = seenInstance(new Wire({ InstanceId: "i-1", LocalStorageAmount: 2 }, "Instance"), {
      ...context,
      disksOf: new Map(),
    });
    expect(record.disks.map(({ id, ephemeral }) => [id, ephemeral])).toEqual([
      ["i-1/local0", true],
      ["i-1/local1", true],
    ]);
  });

  it("S02 has disputed disks where the second listing lacks one, or nobody read it", () => {
    const disk = diskFacts(
      new Wire({ DiskId: "d-1", InstanceId: "i-1", Type: "system", Category: "cloud_essd" }, "Disk"),
    );
    const disksOf = new Map([["i-1", [disk]]]);
    const disputed = (opinion?: DiskOpinion) =>
      seenInstance(new Wire({ InstanceId: "i-1" }, "Instance"), {
        ...context,
        disksOf,
        ...(opinion === undefined ? {} : { opinion }),
      }).facts.disputedDiskIds;
    expect(disputed()).toEqual(["d-1"]);
    expect(disputed({ byInstance: new Map(), all: new Set() })).toEqual(["d-1"]);
    expect(disputed({ byInstance: new Map([["i-1", new Set(["d-1"])]]), all: new Set(["d-1"]) })).toEqual([]);
  });
});
