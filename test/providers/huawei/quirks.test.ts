/*
 * What Huawei Cloud does that nobody would guess, one test per fact that the acting half rests on. Each names where the
 * cloud, its SDK or another project's code says so.
 */
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../src/common.js";
import { discard, expectBlocked, huaweiWorld, mutations, sent, settle, sighting } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const day = 24 * 3_600_000;
const deleteServers = "ecs:POST /v1/{project_id}/cloudservers/delete";
const unsubscribe = "bss:POST /v2/orders/subscriptions/resources/unsubscribe";
const query = "bss:POST /v2/orders/suscriptions/resources/query";
const showJob = "ecs:GET /v1/{project_id}/jobs/{job_id}";
const purge = "ecs:DELETE /v1/{project_id}/recycle-bin/cloudservers/{server_id}";
const power = "ecs:POST /v1/{project_id}/cloudservers/action";
const unlock = "ecs:POST /v2.1/{project_id}/servers/{server_id}/action";
const flag = "ecs:PUT /v1/{project_id}/cloudservers/{server_id}/block_device/{volume_id}";
const detach = "ecs:DELETE /v1/{project_id}/cloudservers/{server_id}/detachvolume/{volume_id}";
const deleteDisk = "evs:DELETE /v2/{project_id}/cloudvolumes/{volume_id}";

function at(world: HuaweiWorld, days: number): string {
  return new Date(world.clock.now() + days * day).toISOString();
}

function paid(world: HuaweiWorld, id = "web", over = {}) {
  return { id, billing: "prepaid", expiresAt: at(world, 90), ...over } as const;
}

/** An account whose bins are on, and a server old enough for them. */
function seedBinned(world: HuaweiWorld, over = {}, bin = {}): void {
  world.seed({
    instances: [{ id: "web", createdAt: at(world, -100), ...over }],
    bins: { disk: { enabled: true }, instance: { enabled: true, hours: 24, ...bin } },
  });
}

function bodyOf(request: { readonly parameters: Readonly<Record<string, JsonValue>> } | undefined): JsonValue {
  return request?.parameters.body ?? {};
}

describe("quirks of Huawei Cloud: billing decides how a server ends", () => {
  // DeleteServers (ecs_02_0103): "only pay-per-use".
  it("deletes pay-per-use and spot servers together, by one request that starts one job", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "a" }, { id: "b", billing: "spot" }]);
    const outcomes = await world.adapter.terminate([world.id("a"), world.id("b")], discard);
    expect(outcomes.map(({ status }) => status)).toEqual(["accepted", "accepted"]);
    expect(sent(world, deleteServers).map(({ instanceIds }) => [...instanceIds].sort())).toEqual([
      [world.id("a"), world.id("b")].sort(),
    ]);
  });

  // DeleteServers (ecs_02_0103); CancelResourcesSubscription (api_order_00019).
  it("refuses yearly/monthly servers until unsubscribing is chosen, and never deletes one", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world)]);
    expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "prepaid");
    expect(mutations(world)).toEqual([]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "unsubscribe" });
    expect(outcome).toMatchObject({ status: "accepted", orderIds: [expect.stringMatching(/^CS/)] });
    expect(sent(world, unsubscribe)).toHaveLength(1);
    expect(sent(world, deleteServers)).toEqual([]);
    await settle(world);
    expect(world.holds("web")).toBe(false);
  });

  // ListPayPerUseCustomerResources (api_order_00021): "an empty resource_ids is no filter".
  it("asks billing about a server by its id right before it is returned, and never without one", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world), paid(world, "bystander"), { id: "metered" }]);
    await world.adapter.terminate([world.id("metered")], discard);
    await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "unsubscribe" });
    const queries = sent(world, query);
    expect(queries.length).toBeGreaterThan(0);
    for (const { parameters } of queries) expect(JSON.stringify(parameters)).toContain(world.id("web"));
    const act = world.requests.findIndex(({ api }) => api === unsubscribe);
    expect(world.requests.slice(0, act).findLastIndex(({ api }) => api === query)).toBeGreaterThan(-1);
    expect(world.holds("bystander")).toBe(true);
  });

  it("S05 looks at server and subscription again right before, and returns nothing that changed", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world)]);
    // Somebody makes it pay-per-use after it was judged.
    const onEvent = (event: { readonly type: string; readonly api?: string }) => {
      if (event.type === "request" && event.api === "ecs:GET /v1/{project_id}/recycle-bin") {
        world.meddle({ set: [{ id: "web", billing: "on-demand" }] });
      }
    };
    const options = { ...discard, prepaid: "unsubscribe", onEvent } as const;
    expectBlocked((await world.adapter.terminate([world.id("web")], options))[0], "wrong-state");
    expect(mutations(world)).toEqual([]);
    expect(world.holds("web")).toBe(true);
  });

  // CancelResourcesSubscription (api_order_00019): at most ten, main resources only.
  it("names one main resource a request, so that one lost answer leaves one server in doubt", async () => {
    const world = await huaweiWorld();
    const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
    world.seed(names.map((name) => paid(world, name)));
    const ids = names.map((name) => world.id(name));
    const outcomes = await world.adapter.terminate(ids, { ...discard, prepaid: "unsubscribe" });
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["accepted"]));
    expect(sent(world, unsubscribe).map(({ instanceIds }) => instanceIds)).toEqual(ids.map((id) => [id]));
    expect(world.view().orders).toHaveLength(12);
  });

  // Error codes of BSS (en-us_topic_0081766005): many come with status 200 and the code in the body.
  it("takes an error inside a success for the refusal that it is", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world, "web", { refund: { refusedBecause: "not-returnable" } })]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "unsubscribe" });
    expect(outcome).toMatchObject({ status: "blocked", problem: { code: "prepaid", cloudCode: "CBC.99003643" } });
    expect(sent(world, unsubscribe).map(({ status, tookEffect }) => [status, tookEffect])).toEqual([[200, false]]);
    expect(world.holds("web")).toBe(true);
  });

  // Terraform's provider, common.go: the order is followed to "5", then the server, which "may still exist", is polled.
  it("follows the order until it is done, and then looks at the server itself", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world)]);
    await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "unsubscribe" });
    const order = "bss:GET /v2/orders/customer-orders/details/{order_id}";
    expect(sent(world, order).length).toBeGreaterThan(1);
    const last = world.requests.findLastIndex(({ api }) => api === order);
    expect(world.requests.slice(last).some(({ api }) => api.endsWith("/cloudservers/detail"))).toBe(true);
    expect(world.holds("web")).toBe(false);
  });

  // "CBC.0150": the customer does not belong to the site that was asked; cloudmux asks the other one as well.
  it("asks the other billing site once where the account belongs to it", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world, "web", { refund: { refusedBecause: "wrong-site" } })]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "unsubscribe" });
    expect(outcome?.status).toBe("accepted");
    expect(world.view().orders.filter(({ kind }) => kind === "refund")).toHaveLength(1);
  });

  // "CBC.0151": whom a partner pays for, only the partner can unsubscribe.
  it("tells that a partner's account may not unsubscribe, and leaves the server", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world, "web", { refund: { refusedBecause: "partner" } })]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "unsubscribe" });
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied", cloudCode: "CBC.0151" } });
    expect(world.holds("web")).toBe(true);
    expect(world.view().orders).toEqual([]);
  });

  // "CBC.3016" (contains expired resources); grace and retention periods (usermanual-period).
  it("refuses what has expired before it asks, since billing takes nothing back then", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world, "web", { expiresAt: at(world, -2) })]);
    expectBlocked(
      (await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "unsubscribe" }))[0],
      "prepaid",
    );
    expect(mutations(world)).toEqual([]);
  });

  // CancelResourcesSubscription has no idempotency token (api_order_00019).
  it("sends a return whose answer was lost never again, and says unknown while nothing shows that it was done", async () => {
    const world = await huaweiWorld();
    world.seed([paid(world)]);
    world.faults.add({ fault: "drop-before", api: unsubscribe });
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "unsubscribe" });
    expect(outcome?.status).toBe("unknown");
    expect(sent(world, unsubscribe)).toHaveLength(1);
  });
});

describe("quirks of Huawei Cloud: one request, one pair of flags, one job", () => {
  // DeleteServers (ecs_02_0103): an absent `delete_publicip` leaves it to each address's own flag.
  it("S13 always sends both flags, and both as keep", async () => {
    const world = await huaweiWorld();
    world.seed([
      { id: "a", addresses: [{ id: "front", kind: "elastic" }] },
      { id: "b", disks: [{ role: "system" }, { id: "dying", role: "data", deletedWithInstance: true }] },
    ]);
    await world.adapter.terminate([world.id("a"), world.id("b")], discard);
    await settle(world);
    const [request] = sent(world, deleteServers);
    expect(bodyOf(request)).toMatchObject({ delete_publicip: false, delete_volume: false });
    expect(world.view().addresses.find(({ id }) => id === world.id("front"))).toMatchObject({ ours: true });
    expect(world.holds("dying")).toBe(false);
  });

  // Nothing documents how a disk's own flag and that of the batch combine.
  it("S13 deletes a named disk by its id, once its server is gone, and flags one to stay before", async () => {
    const world = await huaweiWorld();
    const disks = [
      { role: "system" },
      { id: "named", role: "data", deletedWithInstance: false },
      { id: "other", role: "data", deletedWithInstance: false },
    ] as const;
    world.seed([
      { id: "a", disks },
      { id: "b", disks: [{ role: "system" }, { id: "flagged", role: "data", deletedWithInstance: true }] },
    ]);
    await world.adapter.terminate([world.id("a")], { ...discard, dataDisks: { delete: [world.id("named")] } });
    await world.adapter.terminate([world.id("b")], { ...discard, dataDisks: "keep" });
    await settle(world);
    expect(sent(world, deleteDisk)).toHaveLength(1);
    expect(sent(world, flag)).toHaveLength(1);
    expect([world.holds("named"), world.holds("other"), world.holds("flagged")]).toEqual([false, true, true]);
    const acts = mutations(world).map(({ api }) => api);
    expect(acts.indexOf(deleteDisk)).toBeGreaterThan(acts.indexOf(deleteServers));
    expect(acts.indexOf(flag)).toBeLessThan(acts.lastIndexOf(deleteServers));
  });

  // UpdateServerBlockDevice: not for yearly/monthly servers. What was not bought with one is taken off before it goes.
  it("S13 takes a disk off a yearly/monthly server where its flag cannot be set", async () => {
    const world = await huaweiWorld();
    world.seed([
      paid(world, "web", { disks: [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: true }] }),
    ]);
    const [outcome] = await world.adapter.terminate([world.id("web")], {
      ...discard,
      prepaid: "unsubscribe",
      dataDisks: "keep",
    });
    expect(outcome).toMatchObject({ status: "accepted" });
    expect(outcome?.effects.map(({ kind }) => kind)).toContain("disk-detached");
    await settle(world);
    expect(sent(world, detach)).toHaveLength(1);
    expect([world.holds("web"), world.holds("data")]).toEqual([false, true]);
  });

  // "Attached resources" (api_order_00019): disks of the same order go with their server.
  it("S13 leaves a yearly/monthly server whose own disks were to be kept", async () => {
    const world = await huaweiWorld();
    world.seed([
      paid(world, "web", {
        disks: [{ role: "system" }, { id: "tied", role: "data", tied: true, deletedWithInstance: true }],
      }),
    ]);
    const options = { ...discard, prepaid: "unsubscribe", dataDisks: "keep" } as const;
    expectBlocked((await world.adapter.terminate([world.id("web")], options))[0], "unsupported");
    expect(mutations(world)).toEqual([]);
  });

  // ShowJob (ecs_02_0901): the parts stand in `entities.sub_jobs`; a job of many can be half a success.
  it("reads each part of a job: one that failed leaves its server standing, the others go", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "stuck" }, { id: "free" }]);
    // The cloud begins to resize it after everything was read and right before the deletion arrives.
    const recorder = {
      intent: async () => world.meddle({ set: [{ id: "stuck", busy: { operation: "resize", forMs: day } }] }),
      settled: async () => undefined,
    };
    const ids = [world.id("stuck"), world.id("free")];
    const [stuck, free] = await world.adapter.terminate(ids, { ...discard, recorder });
    expect(stuck).toMatchObject({ status: "blocked", problem: { code: "wrong-state", cloudCode: "Ecs.0100" } });
    expect(free).toMatchObject({ status: "accepted" });
    expect([world.holds("stuck"), world.holds("free")]).toEqual([true, false]);
  });

  // ShowJob (ecs_02_0901): finished jobs are removed after one day.
  it("looks at the server itself where the job is forgotten", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "error", api: showJob, cloudCode: "Common.0011", httpStatus: 404 });
    const [outcome] = await world.adapter.terminate([world.id("web")], discard);
    expect(outcome?.status).toBe("accepted");
    expect(world.holds("web")).toBe(false);
  });

  // DeleteServers: whether one bad id refuses a whole batch is not documented.
  it("drops the server that changed right before the request, and deletes the rest", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }, { id: "bought" }]);
    const [web, bought] = [world.id("web"), world.id("bought")];
    // The second look of the batch sees the server as paid for in advance.
    const onEvent = (event: { readonly type: string; readonly api?: string }) => {
      if (event.type === "request" && event.api === "ecs:GET /v1/{project_id}/recycle-bin") {
        world.meddle({ set: [{ id: "bought", billing: "prepaid" }] });
      }
    };
    const outcomes = await world.adapter.terminate([web, bought], { ...discard, onEvent });
    expect(outcomes.map(({ status }) => status)).toEqual(["accepted", "blocked"]);
    expect(sent(world, deleteServers).flatMap(({ instanceIds }) => instanceIds)).toEqual([web]);
    expect(world.holds("bought")).toBe(true);
  });
});

describe("quirks of Huawei Cloud: there is no force flag", () => {
  // The API has no force (ecs_02_0103); a hard stop is `BatchStopServers` of type HARD.
  it("stops hard before it deletes, where forced was asked for", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.terminate([world.id("web")], { ...discard, shutdown: "forced" });
    expect(mutations(world).map(({ api }) => api)).toEqual([power, deleteServers]);
    expect(JSON.stringify(sent(world, power)[0]?.parameters)).toContain('"HARD"');
  });

  it("sends no stop without that word", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.terminate([world.id("web")], discard);
    expect(mutations(world).map(({ api }) => api)).toEqual([deleteServers]);
  });

  it("starts a server again that it stopped and could not delete", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: deleteServers });
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, shutdown: "forced" });
    expect(outcome).toMatchObject({ status: "failed", effects: [] });
    await settle(world);
    expect(world.view().instances[0]?.state).toBe("running");
  });
});

describe("quirks of Huawei Cloud: the recycle bin", () => {
  // Recycle bin (ecs_07_0101): off by default; a server in it is SOFT_DELETED and bills for its disks.
  it("tells a server that the bin takes as recycled, and until when it can come back", async () => {
    const world = await huaweiWorld();
    seedBinned(world);
    const [outcome] = await world.adapter.terminate([world.id("web")], discard);
    expect(outcome).toMatchObject({ status: "recycled", recoverableUntil: { basis: "computed" } });
    const until = outcome?.status === "recycled" && "at" in outcome.recoverableUntil ? outcome.recoverableUntil.at : "";
    expect(Math.abs(Date.parse(until) - (world.clock.now() + day))).toBeLessThan(5 * 60_000);
    expect(world.view().instances[0]?.state).toBe("recycled");
  });

  // What bypasses the bin (ecs_07_0101, ecs_07_0104).
  const bypassing = {
    "is too young": { createdAt: -1 },
    "is a spot server": { billing: "spot" },
    "has a timer": { scheduledReleaseAt: 100 },
  } as const;
  for (const [why, over] of Object.entries(bypassing)) {
    it(`foretells that the bin will not take a server that ${why}`, async () => {
      const world = await huaweiWorld();
      const times = Object.entries(over).map(([name, value]) => [
        name,
        typeof value === "number" ? at(world, value) : value,
      ]);
      seedBinned(world, Object.fromEntries(times));
      const ids = [world.id("web")];
      const [dry] = await world.adapter.terminate(ids, { ...discard, dryRun: true });
      expect(dry).toMatchObject({ status: "would-terminate", how: "release" });
      expectBlocked(
        (await world.adapter.terminate(ids, { ...discard, recycleBin: "require" }))[0],
        "recycle-bin-unavailable",
      );
      expect(mutations(world)).toEqual([]);
    });
  }

  it("foretells that the bin takes an old one, and requires nothing more then", async () => {
    const world = await huaweiWorld();
    seedBinned(world);
    const ids = [world.id("web")];
    const [dry] = await world.adapter.terminate(ids, { ...discard, dryRun: true, recycleBin: "require" });
    expect(dry).toMatchObject({ status: "would-terminate", how: "recycle" });
    const [outcome] = await world.adapter.terminate(ids, { ...discard, recycleBin: "require" });
    expect(outcome?.status).toBe("recycled");
  });

  // ShowRecycleBin: a missing switch is "unknown", and a denial no answer at all.
  it("promises no bin where it could not be read", async () => {
    const world = await huaweiWorld();
    seedBinned(world);
    world.faults.add({ fault: "deny", api: "ecs:GET /v1/{project_id}/recycle-bin" });
    const options = { ...discard, recycleBin: "require" } as const;
    expectBlocked((await world.adapter.terminate([world.id("web")], options))[0], "recycle-bin-unavailable");
    expect(mutations(world)).toEqual([]);
  });

  // DeleteRecycleBinServer: destroys what waits there.
  it("empties the bin only where that very thing was asked", async () => {
    const world = await huaweiWorld();
    seedBinned(world);
    await world.adapter.terminate([world.id("web")], discard);
    await world.adapter.terminate([world.id("web")], discard);
    await settle(world);
    expect(sent(world, purge)).toEqual([]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, recycleBin: "purge" });
    expect(outcome).toMatchObject({ status: "accepted", effects: [{ kind: "instance-purged" }] });
    await settle(world);
    expect(sent(world, purge)).toHaveLength(1);
    expect(world.view().instances).toEqual([]);
  });

  it("deletes and purges a live server in one go where that was asked", async () => {
    const world = await huaweiWorld();
    seedBinned(world);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, recycleBin: "purge" });
    expect(outcome?.status).toBe("accepted");
    expect(mutations(world).map(({ api }) => api)).toEqual([deleteServers, purge]);
    await settle(world);
    expect(world.view().instances).toEqual([]);
  });

  it("S05 sends a purge whose answer was lost never again", async () => {
    const world = await huaweiWorld();
    seedBinned(world);
    await world.adapter.terminate([world.id("web")], discard);
    world.faults.add({ fault: "drop-before", api: purge });
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, recycleBin: "purge" });
    expect(outcome?.status).toBe("unknown");
    expect(sent(world, purge)).toHaveLength(1);
  });

  // RevertRecycleBinServer (ecs_02_2305).
  it("takes a server out of the bin, with the disks it took along", async () => {
    const world = await huaweiWorld();
    seedBinned(world, { disks: [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: true }] });
    await world.adapter.terminate([world.id("web")], discard);
    const [outcome] = await world.adapter.recover([world.id("web")]);
    expect(outcome?.status).toBe("recovered");
    expect([world.holds("web"), world.holds("data")]).toEqual([true, true]);
  });

  // The bin of EVS (api-evs, recycle-bin-volumes).
  it("takes a disk out of the bin of EVS", async () => {
    const world = await huaweiWorld();
    const disks = [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: false }] as const;
    world.seed({ instances: [{ id: "web", disks, createdAt: at(world, -100) }], bins: { disk: { enabled: true } } });
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    const item = { kind: "disk", id: world.id("data"), instanceId: record.id } as const;
    await world.adapter.releaseDependencies([item], { ...discard, sightings: [record] });
    await settle(world);
    expect(world.view().disks.find(({ id }) => id === item.id)?.state).toBe("recycled");
    const { cloud, accountId, region, project = "" } = record;
    const [outcome] = await world.adapter.recover([{ ...item, cloud, accountId, region, project }]);
    expect(outcome?.status).toBe("recovered");
    expect(world.view().disks.find(({ id }) => id === item.id)?.state).toBe("free");
  });
});

describe("quirks of Huawei Cloud: locks", () => {
  // ServerDetail.metadata: lockScene, lockSource, lockSourceId.
  it("never unlocks a server that an order is converting, and names the order", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", locks: [{ unified: "order", orderId: "CS2026ORDER01" }] }]);
    const protection = { clear: [world.id("web")], reason: "a test" };
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, protection });
    expect(outcome).toMatchObject({ status: "blocked", problem: { code: "locked" } });
    expect(JSON.stringify(outcome)).toContain("CS2026ORDER01");
    expect(mutations(world)).toEqual([]);
  });

  // "Locking an ECS" (ecs_03_0304): a locked server refuses everything else (Ecs.0605).
  it("takes a user's lock off first, and puts it back on where the deletion does not happen", async () => {
    const world = await huaweiWorld();
    world.seed([
      {
        id: "web",
        locks: [{ unified: "user" }],
        disks: [{ role: "system" }, { role: "data", deletedWithInstance: true }],
      },
    ]);
    world.faults.add({ fault: "deny", api: deleteServers });
    const protection = { clear: [world.id("web")], reason: "a test" };
    const options = { ...discard, protection, dataDisks: "keep" } as const;
    const [outcome] = await world.adapter.terminate([world.id("web")], options);
    expect(outcome).toMatchObject({ status: "failed", effects: [] });
    expect(
      mutations(world)
        .map(({ api }) => api)
        .slice(0, 3),
    ).toEqual([unlock, flag, deleteServers]);
    expect(world.view().instances[0]?.terminationProtection).toBe(true);
  });
});

describe("quirks of Huawei Cloud: states", () => {
  // ECS statuses (ecs_08_0002): while a server is deleted its status stays ACTIVE, only the task tells.
  it("takes a server for on its way out by its task, and sends nothing", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", state: "terminating" }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], discard);
    expect(outcome).toMatchObject({ status: "accepted", effects: [] });
    expect(mutations(world)).toEqual([]);
  });

  for (const operation of ["resize", "rescue", "migrate", "rebuild"] as const) {
    it(`leaves a server alone while a ${operation} is under way`, async () => {
      const world = await huaweiWorld();
      world.seed([{ id: "web", busy: { operation, forMs: day } }]);
      expectBlocked((await world.adapter.terminate([world.id("web")], { ...discard, dryRun: true }))[0], "wrong-state");
      expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "wrong-state");
      expect(mutations(world)).toEqual([]);
    });
  }

  // EcmResStatus "freeze" ("Metadata of an ECS").
  it("leaves a frozen server to whoever has frozen it", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", locks: [{ unified: "security" }] }]);
    const protection = { clear: [world.id("web")], reason: "a test" };
    expectBlocked((await world.adapter.terminate([world.id("web")], { ...discard, protection }))[0], "locked");
    expect(mutations(world)).toEqual([]);
  });

  // ListServersDetails answers an entry with only `id` and `fault` for an id that does not exist (SDK, ServerDetail).
  it("does not take the entry of an unknown id for a server", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const stranger = world.id("web").replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const [outcome] = await world.adapter.terminate([stranger], discard);
    expect(outcome).toEqual({ status: "not-found", instanceId: stranger, effects: [] });
  });
});
