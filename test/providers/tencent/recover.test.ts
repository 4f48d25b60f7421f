import { describe, expect, it } from "vitest";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import { byAnotherTool, discard, expectBlocked, mutations, sent, sighting, tencentWorld } from "./for-test.js";
import { inProcessAdapter } from "./in-process.js";
import type { TencentWorld } from "./world.js";

const renew = { months: 1, reason: "a test" };
const expiresAt = "2030-01-01T00:00:00Z";
const renewals = (world: TencentWorld) => world.view().orders.filter(({ kind }) => kind === "renewal");

async function binned(over: object = {}): Promise<TencentWorld> {
  const world = await tencentWorld();
  world.seed([{ id: "web", billing: "prepaid", expiresAt, state: "recycled", ...over }]);
  return world;
}

// Inferred: the API has no word for recovery; the console calls it a renewal ("Reclaiming instances", CVM documentation),
// and RenewInstances does not list InstanceStateShutdown among its errors (cvm 2017-03-12).
describe("what comes out of the recycle bin", () => {
  it("S51 costs money, and stays in where that was not said", async () => {
    const world = await binned();
    expectBlocked((await world.adapter.recover([world.id("web")]))[0], "prepaid");
    expect(mutations(world)).toEqual([]);
  });

  it("S51 is renewed once, for the months named, without its elastic disks and never by itself again", async () => {
    const world = await binned({ disks: [{ role: "system" }, { role: "data", billing: "prepaid" }] });
    const [outcome] = await world.adapter.recover([world.id("web")], { renew: { ...renew, months: 3 } });
    expect(outcome).toMatchObject({ status: "recovered", cost: { amount: "300.00" } });
    expect(sent(world, "cvm:RenewInstances").map(({ parameters }) => parameters)).toEqual([
      {
        InstanceIds: [world.id("web")],
        InstanceChargePrepaid: { Period: 3, RenewFlag: "NOTIFY_AND_MANUAL_RENEW" },
        RenewPortableDataDisk: false,
      },
    ]);
    expect(renewals(world)).toHaveLength(1);
    expect(world.holds("web")).toBe(true);
  });

  it("S06 is not paid for twice where the answer is lost, before or after it was taken", async () => {
    for (const fault of ["drop-after", "drop-before"] as const) {
      const world = await binned();
      world.faults.add({ fault, api: "cvm:RenewInstances", times: 1 });
      const [outcome] = await world.adapter.recover([world.id("web")], { renew });
      expect(outcome?.status).toBe(fault === "drop-after" ? "recovered" : "unknown");
      expect(sent(world, "cvm:RenewInstances")).toHaveLength(1);
      expect(renewals(world)).toHaveLength(fault === "drop-after" ? 1 : 0);
    }
  });

  it("S06 S51 is paid for once where it is named twice, and where two calls look at the same moment", async () => {
    const world = await binned();
    const id = world.id("web");
    expect(await world.adapter.recover([id, "ins-00000000", id], { renew })).toMatchObject([
      { item: id, status: "recovered" },
      { item: "ins-00000000", status: "not-found" },
    ]);
    expect(renewals(world)).toHaveLength(1);

    const fake = fakeTencent({ region: "ap-guangzhou" });
    fake.seed([{ id: "web", billing: "prepaid", expiresAt, state: "recycled" }]);
    const adapter = inProcessAdapter(fake, undefined, async (action, answer) => {
      if (action === "DescribeInstances") await new Promise((resolve) => setTimeout(resolve, 5));
      return answer;
    });
    const both = [1, 2].map(() => adapter.recover([fake.id("web")], { renew }));
    const statuses = (await Promise.all(both)).flat().map(({ status }) => status);
    expect(statuses.toSorted()).toEqual(["blocked", "recovered"]);
    expect(fake.requests.filter(({ action }) => action === "RenewInstances")).toHaveLength(1);
    expect(fake.view().orders).toHaveLength(1);
  });

  it("can be returned again afterwards, by the very adapter that brought it back", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", billing: "prepaid", expiresAt }]);
    const ids = [world.id("web")];
    const way = { ...discard, prepaid: "unsubscribe" } as const;
    expect((await world.adapter.terminate(ids, way))[0]?.status).toBe("recycled");
    expect((await world.adapter.recover(ids, { renew }))[0]?.status).toBe("recovered");
    await world.clock.advance(60_000);
    expect((await world.adapter.terminate(ids, way))[0]?.status).toBe("recycled");
    expect(world.view().effects.filter(({ id }) => id.endsWith("/second-stage"))).toEqual([]);
  });

  it("is never one that is paid by use: only the console brings those back", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", state: "recycled" }]);
    expectBlocked((await world.adapter.recover([world.id("web")], { renew }))[0], "unsupported");
    expect(mutations(world)).toEqual([]);
  });

  it.each([0, 13, 1.5])("is not renewed for %s months, which nobody can buy", async (months) => {
    const world = await binned();
    const asked = world.adapter.recover([world.id("web")], { renew: { ...renew, months } });
    await expect(asked).rejects.toMatchObject({ code: "invalid-request" });
    expect(world.requests).toEqual([]);
  });

  it("can be a prepaid disk", async () => {
    const world = await tencentWorld();
    world.seed({ instances: [{ id: "web" }], disks: [{ id: "data", role: "data", billing: "prepaid" }] });
    await byAnotherTool(world, "cbs:TerminateDisks", { DiskIds: [world.id("data")] });
    const { cloud, accountId, region } = await sighting(world, "web");
    const item = { kind: "disk", id: world.id("data"), cloud, accountId, region } as const;
    expect((await world.adapter.recover([item], { renew }))[0]).toMatchObject({
      status: "recovered",
      cost: { amount: "10.00" },
    });
    expect(world.holds("data")).toBe(true);
  });
});
