import { DeleteVolumeCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { RecoverableRef } from "../../../src/reversal.js";
import { awsWorld, expectBlocked, mutations, otherTool, sent, settle } from "./for-test.js";
import type { AwsWorld } from "./world.js";

async function disk(world: AwsWorld, name: string): Promise<RecoverableRef> {
  const { accountId } = await world.adapter.whoAmI();
  return { kind: "disk", id: world.id(name), cloud: "aws", accountId, region: world.adapter.region };
}

async function binned(): Promise<{ readonly world: AwsWorld; readonly item: RecoverableRef }> {
  const world = await awsWorld();
  world.seed({ disks: [{ id: "data" }], bins: { disk: { enabled: true, hours: 72 } } });
  await otherTool(world).send(new DeleteVolumeCommand({ VolumeId: world.id("data") }));
  await settle(world);
  return { world, item: await disk(world, "data") };
}

describe("recover on EC2", () => {
  it("takes a volume out of the Recycle Bin, once", async () => {
    const { world, item } = await binned();
    expect(world.holds("data")).toBe(false);
    const [outcome] = await world.adapter.recover([item]);
    expect(outcome).toMatchObject({
      item,
      status: "recovered",
      effects: [{ resource: { kind: "disk", id: item.id } }],
    });
    await settle(world);
    expect(world.holds("data")).toBe(true);
    expect((await world.adapter.recover([item]))[0]).toMatchObject({ status: "not-recycled" });
    expect(sent(world, "ec2:RestoreVolumeFromRecycleBin")).toHaveLength(1);
  });

  it("shows in a dry run what it would take out", async () => {
    const { world, item } = await binned();
    const from = world.requests.length;
    expect((await world.adapter.recover([item], { dryRun: true }))[0]).toMatchObject({ status: "would-recover" });
    expect(mutations(world, from)).toEqual([]);
  });

  it("says not found of what is neither there nor in the bin", async () => {
    const { world, item } = await binned();
    await world.clock.advance(100 * 3_600_000);
    expect((await world.adapter.recover([item]))[0]).toMatchObject({ status: "not-found" });
  });

  it("reads a name that the bin refuses to know as one that is not in it", async () => {
    const world = await awsWorld();
    world.seed({ disks: [{ id: "data" }] });
    const item = await disk(world, "data");
    world.faults.add({ fault: "error", api: "ec2:ListVolumesInRecycleBin", cloudCode: "InvalidVolume.NotFound" });
    expect((await world.adapter.recover([item]))[0]).toMatchObject({ status: "not-recycled" });
    await otherTool(world).send(new DeleteVolumeCommand({ VolumeId: world.id("data") }));
    await settle(world);
    expect((await world.adapter.recover([item]))[0]).toMatchObject({ status: "not-found" });
  });

  it("says failed where the bin cannot be read, and takes nothing for empty", async () => {
    const { world, item } = await binned();
    world.faults.add({ fault: "deny", api: "ec2:ListVolumesInRecycleBin" });
    expect((await world.adapter.recover([item]))[0]).toMatchObject({
      status: "failed",
      problem: { code: "access-denied" },
    });
  });

  it("has no bin for addresses, and touches nothing of another region", async () => {
    const { world, item } = await binned();
    const from = world.requests.length;
    const [address, elsewhere] = await world.adapter.recover([
      { ...item, kind: "address", id: "eipalloc-0123456789abcdef0" },
      { ...item, region: "us-east-1" },
    ]);
    expectBlocked(address, "unsupported");
    expectBlocked(elsewhere, "wrong-account");
    expect(mutations(world, from)).toEqual([]);
  });
});
