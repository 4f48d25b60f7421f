/*
 * What goes with a yearly or monthly server, and when it is too late to return one. Sources: "Attached resources" of an
 * unsubscription (api_order_00019), ListPayPerUseCustomerResources (api_order_00021, parent_resource_id).
 */
import { describe, expect, it } from "vitest";
import { adapterReading, discard, expectBlocked, huaweiWorld, sent, settle } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const day = 24 * 3_600_000;
const unsubscribe = "bss:POST /v2/orders/subscriptions/resources/unsubscribe";
const detach = "ecs:DELETE /v1/{project_id}/cloudservers/{server_id}/detachvolume/{volume_id}";
const returned = { ...discard, prepaid: "unsubscribe" } as const;

/** A yearly server with a disk of its own order, and one bought later. */
function seedPaid(world: HuaweiWorld): void {
  const expiresAt = new Date(world.clock.now() + 90 * day).toISOString();
  const disks = [
    { role: "system" },
    { id: "tied", role: "data", tied: true },
    { id: "later", role: "data", deletedWithInstance: false },
  ] as const;
  world.seed([{ id: "web", billing: "prepaid", expiresAt, disks }]);
}

describe("a subscription of Huawei Cloud", () => {
  it("S13 takes the disks along that billing names, also where EVS does not tell their order", async () => {
    const world = await huaweiWorld();
    seedPaid(world);
    const adapter = await adapterReading(world, (path, text) =>
      path.endsWith("/cloudvolumes/detail") ? text.replaceAll(/"orderID":"[^"]*"/g, '"orderID":""') : text,
    );
    const [found] = (await adapter.listDependencies([world.id("web")])).instances;
    const disks = found?.status === "found" ? found.record.disks : [];
    expect(disks.map(({ deletedWithInstance }) => deletedWithInstance)).toEqual([true, true, false]);
    // Nobody gave up the data of the second.
    const data = { proofs: [] };
    const acceptDataLoss = [{ instanceId: world.id("web"), diskId: disks[0]?.id ?? "", reason: "nothing on it" }];
    const options = { data, acceptDataLoss, prepaid: "unsubscribe" } as const;
    expectBlocked((await adapter.terminate([world.id("web")], options))[0], "missing-snapshot-proof");
    expectBlocked((await adapter.terminate([world.id("web")], { ...returned, dataDisks: "keep" }))[0], "unsupported");
    expect([sent(world, unsubscribe), sent(world, detach)]).toEqual([[], []]);
  });

  it("S13 keeps a server whose return would take a disk along that was to stay", async () => {
    const world = await huaweiWorld();
    seedPaid(world);
    let judged = false;
    // Billing counts the later disk to the server only after everything was judged.
    const adapter = await adapterReading(world, (path, text) => {
      if (!path.endsWith("/resources/query") || !judged) return text;
      const body = JSON.parse(text);
      const [row] = body.data;
      const later = { ...row, resource_id: world.id("later"), resource_type_code: "hws.resource.type.volume" };
      body.data.push({ ...later, parent_resource_id: world.id("web"), is_main_resource: 0 });
      return JSON.stringify(body);
    });
    const onEvent = (event: { readonly type: string; readonly api?: string }) => {
      if (event.type === "request" && event.api === "ecs:GET /v1/{project_id}/recycle-bin") judged = true;
    };
    expectBlocked((await adapter.terminate([world.id("web")], { ...returned, onEvent }))[0], "data-loss");
    expect(sent(world, unsubscribe)).toEqual([]);
  });

  it("S13 returns a server with the disks of its order, and leaves the one that was bought later", async () => {
    const world = await huaweiWorld();
    seedPaid(world);
    const [outcome] = await world.adapter.terminate([world.id("web")], returned);
    expect(outcome).toMatchObject({ status: "accepted" });
    await settle(world);
    expect(["web", "tied", "later"].map((name) => world.holds(name))).toEqual([false, false, true]);
  });

  it("S05 returns nothing whose end has come close while others were returned", async () => {
    const world = await huaweiWorld();
    seedPaid(world);
    const soon = new Date(world.clock.now() + 20 * 60_000).toISOString();
    const onEvent = (event: { readonly type: string; readonly api?: string }) => {
      if (event.type === "request" && event.api === "ecs:GET /v1/{project_id}/recycle-bin") {
        world.meddle({ set: [{ id: "web", expiresAt: soon }] });
      }
    };
    expectBlocked((await world.adapter.terminate([world.id("web")], { ...returned, onEvent }))[0], "wrong-state");
    expect(sent(world, unsubscribe)).toEqual([]);
  });
});
