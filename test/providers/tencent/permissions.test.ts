import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import { permissions } from "../../../providers/tencent/permissions.js";
import { verifyDeleted } from "../../../providers/tencent/verify.js";
import type { Operation } from "../../../src/adapter.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import { byAnotherTool, collect, counts, discard, sighting, tencentWorld } from "./for-test.js";
import { populate } from "./populated.js";
import type { TencentWorld } from "./world.js";

const actionsOf = (operation: Operation) => permissions("ap-guangzhou", [operation]).actions;

/** Does something, and fails when it sent what the operation's permissions do not hold. */
async function allowed<T>(world: TencentWorld, operation: Operation, work: () => Promise<T>): Promise<T> {
  const from = world.requests.length;
  const answer = await work();
  const held = new Set(actionsOf(operation).map(({ action }) => action));
  const missing = Object.keys(counts(world, from)).filter((action) => !held.has(action));
  expect([operation, missing]).toEqual([operation, []]);
  return answer;
}

async function seeded(seed: WorldSeed): Promise<TencentWorld> {
  const world = await tencentWorld();
  world.seed(seed);
  return world;
}

async function items(world: TencentWorld, kind: DependencyKind) {
  const { edges } = await listDependencies(world.open, [world.id("web")]);
  const ofKind = edges.filter(({ node, relation }) => node.kind === kind && relation !== "inferred");
  return ofKind.map(({ node, instanceId }) => ({ kind: node.kind, id: node.id, instanceId }));
}

const plain: WorldSeed = {
  securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" } }] }],
  instances: [{ id: "web", securityGroups: ["app"] }],
};

describe("permissions hold what is sent by", () => {
  it("a listing of everything, and its verification", async () => {
    const world = await tencentWorld();
    populate(world, ["web"]);
    world.seed([{ id: "bystander" }]);
    const record = await allowed(world, "findInstances", () => sighting(world, "web"));
    const before = await allowed(world, "listDependencies", () => listDependencies(world.open, [record]));
    world.meddle({ remove: ["web"] });
    const options = { before, deadlineMs: 5 * 60_000 };
    await allowed(world, "verifyDeleted", () => verifyDeleted(world.open, [record], options));
  });

  it("a listing where nothing is, which needs controls", async () => {
    const world = await seeded({ instances: [{ id: "web" }] });
    await allowed(world, "listDependencies", () => listDependencies(world.open, [world.id("web")]));
  });

  it("snapshot, findOwnArtifacts and removeArtifacts", async () => {
    const world = await seeded(plain);
    const { adapter } = world;
    await allowed(world, "snapshot", () => adapter.snapshot([world.id("web")], { runId: "run" }));
    const found = await allowed(world, "findOwnArtifacts", () => collect(adapter.findOwnArtifacts({ runId: "run" })));
    expect(found).toHaveLength(1);
    await allowed(world, "removeArtifacts", () => adapter.removeArtifacts(found, { unexpired: { reason: "a test" } }));
  });

  it("releaseSecurityRules, and revert of it", async () => {
    const world = await seeded(plain);
    const { adapter } = world;
    const [released] = await allowed(world, "releaseSecurityRules", () =>
      adapter.releaseSecurityRules([world.id("web")]),
    );
    expect(released?.status).toBe("released");
    await allowed(world, "revert", () => adapter.revert(released?.effects ?? []));
  });

  it.each([
    ["unsubscribe", { billing: "prepaid" }],
    ["convert", { billing: "prepaid" }],
    ["expire", { billing: "prepaid", autoRenew: true }],
    ["refuse", { terminationProtection: true, disks: [{ role: "system" }, { role: "data" }] }],
  ] as const)("terminate with `prepaid: %s`", async (prepaid, over) => {
    const world = await seeded({ instances: [{ id: "web", ...over }] });
    const ids = [world.id("web")];
    const options = { ...discard, prepaid, protection: { clear: ids, reason: "a test" }, dataDisks: "keep" } as const;
    const [outcome] = await allowed(world, "terminate", () => world.adapter.terminate(ids, options));
    expect(["accepted", "recycled", "scheduled"]).toContain(outcome?.status);
  });

  it("a timed release, and revert of it", async () => {
    const world = await seeded(plain);
    const releaseAt = new Date(world.clock.now() + 3_600_000).toISOString();
    const [outcome] = await allowed(world, "terminate", () =>
      world.adapter.terminate([world.id("web")], { ...discard, releaseAt }),
    );
    expect(outcome?.status).toBe("scheduled");
    await allowed(world, "revert", () => world.adapter.revert(outcome?.effects ?? []));
  });

  it("tagInstances and quarantine, and revert of them", async () => {
    const world = await seeded(plain);
    const { adapter } = world;
    const ids = [world.id("web")];
    const [tagged] = await allowed(world, "tagInstances", () => adapter.tagInstances(ids, { set: { owner: "test" } }));
    for (const mode of ["isolate", "stop"] as const) {
      const options = { mode, reason: "a test", runId: "run" };
      const [held] = await allowed(world, "quarantine", () => adapter.quarantine(ids, options));
      expect(held).toMatchObject({ status: "quarantined" });
      await allowed(world, "revert", () => adapter.revert(held?.effects ?? []));
      // Small changes run as operations, too: another one is refused meanwhile.
      await world.clock.advance(30_000);
    }
    await allowed(world, "revert", () => adapter.revert(tagged?.effects ?? []));
    const groups = await collect(adapter.findOwnArtifacts({}));
    await allowed(world, "removeArtifacts", () => adapter.removeArtifacts(groups));
  });

  it.each([
    ["load-balancer-target", "layer4"],
    ["load-balancer-target", "layer7"],
    ["load-balancer-target", "classic"],
    ["load-balancer-target", "target-group"],
    ["auto-scaling-group", undefined],
  ] as const)("releaseDependencies of a %s %s, and revert of it", async (kind, variant) => {
    const world = await seeded({
      instances: [{ id: "web" }],
      owners: [{ kind, id: "owner", members: ["web"], ...(variant === undefined ? {} : { variant }) }],
    });
    const named = await items(world, kind);
    const [released] = await allowed(world, "releaseDependencies", () => world.adapter.releaseDependencies(named));
    expect(released?.status).toBe("released");
    await allowed(world, "revert", () => world.adapter.revert(released?.effects ?? []));
  });

  it("releaseDependencies of an address and a disk that were left", async () => {
    const world = await seeded({
      instances: [
        {
          id: "web",
          addresses: [{ id: "front", kind: "elastic" }],
          disks: [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }],
        },
        { id: "bystander" },
      ],
    });
    const sightings = [await sighting(world, "web")];
    const left = [...(await items(world, "public-address")), ...(await items(world, "disk"))];
    const named = left.filter(({ id }) => [world.id("front"), world.id("kept")].includes(id));
    await byAnotherTool(world, "cvm:TerminateInstances", { InstanceIds: [world.id("web")] });
    await world.clock.advance(60_000);
    const outcomes = await allowed(world, "releaseDependencies", () =>
      world.adapter.releaseDependencies(named, { ...discard, sightings }),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "released"]);
  });

  it("recover of what is in the bin", async () => {
    const world = await seeded({ instances: [{ id: "web", billing: "prepaid", state: "recycled" }] });
    const [outcome] = await allowed(world, "recover", () =>
      world.adapter.recover([world.id("web")], { renew: { months: 1, reason: "a test" } }),
    );
    expect(outcome?.status).toBe("recovered");
  });
});

describe("the CAM policy", () => {
  it("is in the words of CAM, and grants no whole service", () => {
    const { cloud, document } = permissions("ap-guangzhou");
    expect(cloud).toBe("tencent");
    expect(document).toMatchObject({ version: "2.0", statement: [{ effect: "allow", resource: ["*"] }, {}, {}] });
    expect(JSON.stringify(document)).not.toContain(':*"]');
  });

  it("holds the writes of CVM to instances of the region, and only those", () => {
    const { document } = permissions("ap-guangzhou", ["terminate"]);
    expect(JSON.stringify(document)).toContain(
      '{"effect":"allow","action":["cvm:ModifyInstancesAttribute","cvm:ModifyInstancesRenewFlag","cvm:TerminateInstances"],"resource":["qcs::cvm:ap-guangzhou::instance/*"]}',
    );
  });

  it("grants nothing that writes to whoever only looks", () => {
    const { actions } = permissions("ap-guangzhou", ["whoAmI", "findInstances", "listDependencies", "verifyDeleted"]);
    expect(actions.filter(({ action }) => !/:(Describe|Get)/.test(action))).toEqual([]);
  });

  it("S33 holds what takes effects back for whoever terminates", () => {
    const held = actionsOf("terminate").map(({ action }) => action);
    expect(held).toEqual(
      expect.arrayContaining([
        "cvm:ModifyInstancesAttribute",
        "cbs:ModifyDiskAttributes",
        "cvm:ModifyInstancesRenewFlag",
        "cvm:DeleteInstancesActionTimer",
      ]),
    );
  });

  it("calls optional what only leaves a gap in the coverage", async () => {
    const world = await seeded({ instances: [{ id: "web", addresses: [{ kind: "elastic" }] }] });
    const ids = [world.id("web")];
    const from = world.requests.length;
    await listDependencies(world.open, ids);
    const asked = counts(world, from);
    for (const { action, optional } of actionsOf("listDependencies")) {
      if (asked[action] === undefined || action.startsWith("sts:")) continue;
      const heal = world.faults.add({ fault: "deny", api: action });
      const threw = await listDependencies(world.open, ids).then(
        () => false,
        () => true,
      );
      heal();
      expect([action, threw]).toEqual([action, !optional]);
    }
  });
});
