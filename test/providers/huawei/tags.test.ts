/*
 * Tags of servers of Huawei Cloud, and our own marks, which fit into no tag. Sources: "Adding Tags to an ECS in a Batch"
 * (36 and 43 characters), "Updating ECS Metadata" (255).
 */
import { describe, expect, it } from "vitest";
import { huaweiWorld, mutations, sent } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const tags = "ecs:POST /v1/{project_id}/cloudservers/{server_id}/tags/action";
const metadata = "ecs:POST /v1/{project_id}/cloudservers/{server_id}/metadata";
const claim = "cloud-decom:claim";

function tagsOf(world: HuaweiWorld): Readonly<Record<string, string>> {
  return world.view().instances[0]?.tags ?? {};
}

describe("tagging servers of Huawei Cloud", () => {
  it("sets and removes in requests of their own, and puts back what was there", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", tags: { app: "shop", old: "yes" } }]);
    const change = { set: { app: "retired", by: "ops" }, remove: ["old"] };
    const [outcome] = await world.adapter.tagInstances([world.id("web")], change);
    expect(outcome).toMatchObject({ status: "tagged" });
    expect(tagsOf(world)).toEqual({ app: "retired", by: "ops" });
    expect(sent(world, tags).map(({ parameters }) => JSON.stringify(parameters.body))).toEqual([
      expect.stringContaining('"action":"create"'),
      expect.stringContaining('"action":"delete"'),
    ]);
    for (const back of await world.adapter.revert(outcome?.effects ?? [])) expect(back.status).toBe("reverted");
    expect(tagsOf(world)).toEqual({ app: "shop", old: "yes" });
  });

  it("keeps a claim in the metadata, whose values may be long, and out of the tags", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", tags: { app: "shop" } }]);
    const value = `${"r".repeat(60)}/${"j".repeat(60)}/1`;
    const [outcome] = await world.adapter.tagInstances([world.id("web")], { set: { [claim]: value } });
    expect(outcome).toMatchObject({ status: "tagged" });
    expect([sent(world, metadata).length, sent(world, tags).length]).toEqual([1, 0]);
    expect(tagsOf(world)).toEqual({ app: "shop", [claim]: value });
    for (const back of await world.adapter.revert(outcome?.effects ?? [])) expect(back.status).toBe("reverted");
    expect(tagsOf(world)).toEqual({ app: "shop" });
  });

  it("refuses what a tag cannot hold before anything is sent", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const ids = [world.id("web")];
    for (const set of [{ why: "x".repeat(44) }, { "a=b": "c" }, { _sys_owner: "me" }, { ["k".repeat(37)]: "v" }]) {
      await expect(world.adapter.tagInstances(ids, { set })).rejects.toMatchObject({ code: "invalid-request" });
    }
    expect(mutations(world)).toEqual([]);
  });

  it("says unknown where one part was changed and the other was not", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: tags });
    const set = { [claim]: "run/journal/1", app: "retired" };
    const [outcome] = await world.adapter.tagInstances([world.id("web")], { set });
    expect(outcome?.status).not.toBe("tagged");
    expect(outcome?.effects.length).toBeGreaterThan(0);
    for (const back of await world.adapter.revert(outcome?.effects ?? [])) expect(back.status).toMatch(/reverted$/);
    expect(tagsOf(world)).toEqual({});
  });
});
