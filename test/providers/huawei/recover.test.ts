/*
 * What comes out of the bins of Huawei Cloud. Sources: RevertRecycleBinServer (ecs_02_2305), recycle bin of EVS
 * (recycle-bin-volumes/{id}/revert).
 */
import { describe, expect, it } from "vitest";
import { huaweiWorld, mutations, sent, sighting } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const revertServer = "ecs:POST /v1/{project_id}/recycle-bin/cloudservers/{server_id}/actions/revert";
const listBin = "ecs:GET /v1/{project_id}/recycle-bin/cloudservers";
const on = { bins: { disk: { enabled: true }, instance: { enabled: true } } } as const;

async function binned(): Promise<HuaweiWorld> {
  const world = await huaweiWorld();
  world.seed({ instances: [{ id: "web", state: "recycled" }, { id: "live" }], ...on });
  return world;
}

describe("taking servers out of the bin", () => {
  it("is asked for once, and seen to be so before it is told", async () => {
    const world = await binned();
    const [outcome] = await world.adapter.recover([world.id("web")]);
    expect(outcome).toMatchObject({ status: "recovered", effects: [{ kind: "instance-recovered" }] });
    expect(sent(world, revertServer)).toHaveLength(1);
    expect(world.view().instances.find(({ id }) => id === world.id("web"))?.state).toBe("stopped");
    expect((await world.adapter.recover([world.id("web")]))[0]?.status).toBe("not-recycled");
    expect(sent(world, revertServer)).toHaveLength(1);
  });

  it("is not asked of a server that stands, or that nobody knows", async () => {
    const world = await binned();
    const nobody = "11111111-2222-4333-8444-555555555555";
    const outcomes = await world.adapter.recover([world.id("live"), nobody]);
    expect(outcomes.map(({ status }) => status)).toEqual(["not-recycled", "not-found"]);
    expect(mutations(world)).toEqual([]);
  });

  it("is shown in a dry run, and sends nothing", async () => {
    const world = await binned();
    expect(await world.adapter.recover([world.id("web")], { dryRun: true })).toMatchObject([
      { status: "would-recover" },
    ]);
    expect(mutations(world)).toEqual([]);
  });

  it("is settled by looking where the answer is lost, and not sent again", async () => {
    const world = await binned();
    world.faults.add({ fault: "drop-after", api: revertServer });
    expect((await world.adapter.recover([world.id("web")]))[0]?.status).toBe("recovered");
    expect(sent(world, revertServer)).toHaveLength(1);
  });

  it("fails by the cloud's own word where it is denied, and the server stays where it is", async () => {
    const world = await binned();
    world.faults.add({ fault: "deny", api: revertServer });
    const [outcome] = await world.adapter.recover([world.id("web")]);
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied" } });
    expect(world.view().instances.find(({ id }) => id === world.id("web"))?.state).toBe("recycled");
  });

  it("is not asked where the bin cannot be read: what is missing may or may not be in it", async () => {
    const world = await binned();
    world.faults.add({ fault: "deny", api: listBin });
    const nobody = "11111111-2222-4333-8444-555555555555";
    world.seed([{ id: "idle", state: "stopped" }]);
    for (const outcome of await world.adapter.recover([nobody, world.id("idle")])) {
      expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied" } });
    }
    expect(mutations(world)).toEqual([]);
  });

  it("touches nothing of another project", async () => {
    const world = await binned();
    const record = await sighting(world, "web");
    const elsewhere = { ...record, project: "e".repeat(32) };
    expect(await world.adapter.recover([elsewhere])).toMatchObject([
      { status: "blocked", problem: { code: "wrong-account" } },
    ]);
    expect(mutations(world)).toEqual([]);
  });
});
