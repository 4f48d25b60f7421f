/*
 * Servers of Huawei Cloud that are held back: stopped softly, or alone in a group without rules. Sources: "Stopping ECSs
 * in a Batch", "Updating a Port", "Default security groups and rules".
 */
import { describe, expect, it } from "vitest";
import { expectBlocked, huaweiWorld, mutations, sent, settle } from "./for-test.js";

const power = "ecs:POST /v1/{project_id}/cloudservers/action";
const port = "vpc:PUT /v1/{project_id}/ports/{port_id}";
const createGroup = "vpc:POST /v3/{project_id}/vpc/security-groups";
const groupUsers = "as:GET /autoscaling-api/v1/{project_id}/scaling_group";
const stop = { mode: "stop", reason: "retired" } as const;
const isolate = { mode: "isolate", reason: "retired", runId: "run-1" } as const;

describe("stopping servers of Huawei Cloud", () => {
  it("asks them softly, a hundred a request, and waits until they are stopped", async () => {
    const world = await huaweiWorld();
    const names = Array.from({ length: 103 }, (_, index) => `web-${index}`);
    world.seed(names.map((id) => ({ id, securityGroups: ["fleet"] })));
    const outcomes = await world.adapter.quarantine(
      names.map((name) => world.id(name)),
      stop,
    );
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["quarantined"]));
    expect(sent(world, power).map(({ instanceIds }) => instanceIds.length)).toEqual([100, 3]);
    for (const { parameters } of sent(world, power)) {
      expect(parameters.body).toMatchObject({ "os-stop": { type: "SOFT" } });
    }
    expect(world.view().instances.every(({ state }) => state === "stopped")).toBe(true);
  });

  it("is undone by a start, and not where the server was stopped before", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }, { id: "idle", state: "stopped" }]);
    const [web, idle] = await world.adapter.quarantine([world.id("web"), world.id("idle")], stop);
    expect(idle).toMatchObject({ status: "quarantined", already: true, effects: [] });
    expect(await world.adapter.revert(web?.effects ?? [])).toMatchObject([{ status: "reverted" }]);
    await settle(world);
    expect(
      world
        .view()
        .instances.map(({ state }) => state)
        .toSorted(),
    ).toEqual(["running", "stopped"]);
  });

  it("leaves a spot server, one that is locked, and a member of an AS group running", async () => {
    const world = await huaweiWorld();
    world.seed({
      instances: [
        { id: "spot", billing: "spot" },
        { id: "locked", locks: [{ unified: "user" }] },
        { id: "member" },
        { id: "frozen", locks: [{ unified: "security" }] },
      ],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["member"] }],
    });
    const names = ["spot", "locked", "member", "frozen"];
    const outcomes = await world.adapter.quarantine(
      names.map((name) => world.id(name)),
      stop,
    );
    const codes = outcomes.map((outcome) => ("problem" in outcome ? outcome.problem.code : outcome.status));
    expect(codes).toEqual(["unsupported", "locked", "owned", "locked"]);
    expect(mutations(world)).toEqual([]);
  });

  it("S16 stops no server whose host may hold disks, until their loss is accepted", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", disks: [{ role: "system" }, { id: "scratch", role: "data", medium: "local" }] }]);
    const [refused] = await world.adapter.quarantine([world.id("web")], stop);
    expectBlocked(refused, "data-loss");
    expect(mutations(world)).toEqual([]);
    const found = (await world.adapter.listDependencies([world.id("web")])).instances[0];
    const disks = found?.status === "found" ? found.record.disks.filter(({ ephemeral }) => ephemeral) : [];
    const acceptDataLoss = disks.map(({ id }) => ({ instanceId: world.id("web"), diskId: id, reason: "a test" }));
    expect(await world.adapter.quarantine([world.id("web")], { ...stop, acceptDataLoss })).toMatchObject([
      { status: "quarantined" },
    ]);
  });

  it("stops nobody where it cannot be asked whether an AS group would replace them", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: groupUsers });
    expectBlocked((await world.adapter.quarantine([world.id("web")], stop))[0], "access-denied");
    expect(mutations(world)).toEqual([]);
  });

  it("says unknown, not quarantined, of a guest that does not shut down in time", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const options = { ...stop, deadlineMs: 1_000 };
    const [outcome] = await world.adapter.quarantine([world.id("web")], options);
    expect(outcome?.status).toBe("unknown");
    expect(outcome?.effects).toHaveLength(1);
  });
});

describe("isolating servers of Huawei Cloud", () => {
  it("moves every interface into one group of the run that lets nothing in or out", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", extraInterfaces: [{ id: "second" }] }, { id: "other" }]);
    const outcomes = await world.adapter.quarantine([world.id("web"), world.id("other")], isolate);
    expect(outcomes.map(({ status }) => status)).toEqual(["quarantined", "quarantined"]);
    expect(sent(world, createGroup)).toHaveLength(1);
    expect(sent(world, port)).toHaveLength(3);
    const [first] = outcomes;
    const [group] = first?.status === "quarantined" ? first.artifacts : [];
    expect(group?.kind).toBe("security-group");
    expect(world.view().rules.filter(({ groupId }) => groupId === group?.id)).toEqual([]);
    for (const { securityGroupIds } of world.view().instances) expect(securityGroupIds).toEqual([group?.id]);
    // Lifted, all are where they were, and the group goes with the last of them.
    const before = outcomes.flatMap(({ effects }) => effects);
    for (const back of await world.adapter.revert(before)) expect(back.status).toMatch(/reverted$/);
    expect(world.view().instances.some(({ securityGroupIds }) => securityGroupIds.includes(group?.id ?? ""))).toBe(
      false,
    );
    expect(world.holds(group?.id ?? "")).toBe(false);
  });

  it("moves nobody into a group of that name which is not ours", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }, { id: "other" }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    const [group] = outcome?.status === "quarantined" ? outcome.artifacts : [];
    world.meddle({
      add: {
        securityGroups: [{ id: group?.id ?? "", rules: [{ direction: "ingress", peer: { kind: "any" } }] }],
      },
    });
    const from = world.requests.length;
    const [second] = await world.adapter.quarantine([world.id("other")], isolate);
    expectBlocked(second, "conflict");
    expect(sent(world, port, from)).toEqual([]);
  });
});
