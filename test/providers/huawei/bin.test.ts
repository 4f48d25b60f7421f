/*
 * Servers in the recycle bin that the live listing shows as if they were merely stopped. Whether and how details show a
 * server that waits in the bin is documented nowhere ("Recycle bin", ecs_07_0101), so either answer has to do.
 */
import { describe, expect, it } from "vitest";
import type { InstanceRecord } from "../../../src/instances.js";
import { adapterReading, discard, expectBlocked, huaweiWorld, mutations } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const listBin = "ecs:GET /v1/{project_id}/recycle-bin/cloudservers";
const showBin = "ecs:GET /v1/{project_id}/recycle-bin";

/** The adapter where details call a server that is in the bin stopped. */
async function adapterUnaware(world: HuaweiWorld) {
  return await adapterReading(world, (path, text) =>
    !path.endsWith("/cloudservers/detail")
      ? text
      : text.replaceAll('"status":"SOFT_DELETED"', '"status":"SHUTOFF"').replaceAll("soft-delete", "stopped"),
  );
}

const on = { bins: { disk: { enabled: true }, instance: { enabled: true } } } as const;

describe("a server in the bin of Huawei Cloud that details show as stopped", () => {
  it("S05 is deleted no second time, which could be its end for good", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [{ id: "web", state: "recycled" }], ...on });
    const adapter = await adapterUnaware(world);
    expect((await adapter.terminate([world.id("web")], discard))[0]).toMatchObject({ status: "recycled" });
    expect(mutations(world)).toEqual([]);
    expect(world.view().instances[0]?.state).toBe("recycled");
  });

  it("S03 is never called deleted or alive", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [{ id: "web" }], ...on });
    const adapter = await adapterUnaware(world);
    const [found] = (await adapter.listDependencies([world.id("web")])).instances;
    if (found?.status !== "found") throw new Error("The server is not there.");
    world.meddle({ set: [{ id: "web", state: "recycled" }] });
    expect((await adapter.verifyDeleted([found.record]))[0]).toMatchObject({ status: "recycled" });
  });

  it("is found as what it is, and counted among the living no more", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [{ id: "web", state: "recycled", tags: { app: "shop" } }, { id: "other" }], ...on });
    const web = world.id("web");
    const adapter = await adapterReading(world, (path, text) => {
      if (!path.endsWith("/cloudservers/detail")) return text;
      const body = JSON.parse(text);
      const [other] = body.servers;
      return JSON.stringify({ ...body, servers: [...body.servers, { ...other, id: web, status: "SHUTOFF" }] });
    });
    const found: InstanceRecord[] = [];
    for await (const record of adapter.findInstances({ tags: { app: "shop" } })) found.push(record);
    expect(found.map(({ state }) => state.unified)).toEqual(["recycled"]);
    expect(await adapter.countInstances?.()).toBe(1);
  });

  it("S05 keeps a stopped server where nobody may look whether it is in the bin", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [{ id: "web", state: "stopped" }], ...on });
    world.faults.add({ fault: "deny", api: listBin });
    expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "access-denied");
    expect(mutations(world)).toEqual([]);
  });

  it("ends a stopped server where the bin is off, whoever may look into it", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", state: "stopped" }]);
    world.faults.add({ fault: "deny", api: listBin });
    expect((await world.adapter.terminate([world.id("web")], discard))[0]?.status).toBe("accepted");
  });

  it("asks the bin about nobody who runs", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.listDependencies([world.id("web")]);
    const apis = world.requests.map(({ api }) => api);
    expect([apis.includes(listBin), apis.includes(showBin)]).toEqual([false, true]);
  });
});
