import { describe, expect, it } from "vitest";
import { actionBehind } from "../../../providers/huawei/permission-actions.js";
import { permissions } from "../../../providers/huawei/permissions.js";
import type { Operation } from "../../../src/adapter.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import { discard, huaweiWorld, settle, sighting } from "./for-test.js";
import { populated } from "./populated.js";
import type { HuaweiWorld } from "./world.js";

const actionsOf = (operation: Operation) => permissions([operation]).actions;
const named = (operation: Operation) => actionsOf(operation).map(({ action }) => action);
/** The action behind a request of the log. */
const behind = (api: string) => {
  const [service = "", ...rest] = api.split(":");
  return actionBehind(service, rest.join(":"));
};

interface Scene {
  readonly world: HuaweiWorld;
  readonly ids: readonly string[];
  /** Does something, and fails when it sent what the operation's permissions do not hold. */
  allowed<T>(operation: Operation, work: () => Promise<T>): Promise<T>;
  items(kind: DependencyKind): Promise<readonly { kind: DependencyKind; id: string; instanceId: string }[]>;
}

async function scene(seed: WorldSeed): Promise<Scene> {
  const world = await huaweiWorld();
  world.seed(seed);
  const ids = [world.id("web")];
  return {
    world,
    ids,
    allowed: async (operation, work) => {
      const from = world.requests.length;
      const answer = await work();
      const held = new Set(named(operation));
      const needed = new Set(world.requests.slice(from).flatMap(({ api }) => behind(api) ?? []));
      expect([operation, [...needed].filter((action) => !held.has(action))]).toEqual([operation, []]);
      return answer;
    },
    items: async (kind) => {
      const { edges } = await world.adapter.listDependencies(ids);
      return edges
        .filter(({ node }) => node.kind === kind)
        .map(({ node, instanceId }) => ({ kind: node.kind, id: node.id, instanceId }));
    },
  };
}

const plain: WorldSeed = {
  securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" } }] }],
  instances: [{ id: "web", securityGroups: ["app"], disks: [{ id: "root", role: "system" }] }],
};

describe("permissions of Huawei Cloud hold what is sent by", () => {
  it("a rich listing, and the verification of its end", async () => {
    const { world, allowed } = await scene(populated);
    world.seed([{ id: "bystander" }]);
    const record = await sighting(world, "web");
    const before = await allowed("listDependencies", () => world.adapter.listDependencies([record]));
    world.meddle({ remove: ["web"] });
    await settle(world);
    await allowed("verifyDeleted", () => world.adapter.verifyDeleted([record], { before }));
  });

  it("snapshot, findOwnArtifacts and removeArtifacts", async () => {
    const { world, ids, allowed } = await scene(plain);
    const { adapter } = world;
    await allowed("snapshot", () => adapter.snapshot(ids, { runId: "run" }));
    const found = await allowed("findOwnArtifacts", async () => {
      const all = [];
      for await (const artifact of adapter.findOwnArtifacts({ runId: "run" })) all.push(artifact);
      return all;
    });
    expect(found).toHaveLength(1);
    await allowed("removeArtifacts", () => adapter.removeArtifacts(found, { unexpired: { reason: "test" } }));
  });

  it("releaseSecurityRules, and revert of it", async () => {
    const { world, ids, allowed } = await scene(plain);
    const [released] = await allowed("releaseSecurityRules", () => world.adapter.releaseSecurityRules(ids));
    expect(released?.status).toBe("released");
    await allowed("revert", () => world.adapter.revert(released?.effects ?? []));
  });

  it("terminate, of locked servers and with disks kept", async () => {
    const { world, ids, allowed } = await scene({
      instances: [{ id: "web", terminationProtection: true, disks: [{ role: "system" }, { role: "data" }] }],
    });
    const options = { ...discard, protection: { clear: ids, reason: "test" } };
    await allowed("terminate", () => world.adapter.terminate(ids, { ...options, dryRun: true }));
    const [ended] = await allowed("terminate", () => world.adapter.terminate(ids, { ...options, dataDisks: "keep" }));
    expect(ended?.status).toBe("accepted");
  });

  it("terminate of a yearly or monthly server", async () => {
    const { world, ids, allowed } = await scene({
      instances: [{ id: "web", billing: "prepaid", expiresAt: "2035-01-01T00:00:00Z" }],
    });
    const [ended] = await allowed("terminate", () =>
      world.adapter.terminate(ids, { ...discard, prepaid: "unsubscribe" }),
    );
    expect(ended?.status).toBe("accepted");
  });

  it("tagInstances and quarantine, and revert of them", async () => {
    const { world, ids, allowed } = await scene(plain);
    const { adapter } = world;
    const [tagged] = await allowed("tagInstances", () => adapter.tagInstances(ids, { set: { owner: "test" } }));
    for (const mode of ["isolate", "stop"] as const) {
      const [held] = await allowed("quarantine", () => adapter.quarantine(ids, { mode, reason: "test", runId: "run" }));
      expect(held?.status).toBe("quarantined");
      await allowed("revert", () => adapter.revert(held?.effects ?? []));
    }
    await allowed("revert", () => adapter.revert(tagged?.effects ?? []));
  });

  it.each(["load-balancer-target", "auto-scaling-group"] as const)(
    "releaseDependencies of a %s, and revert of it",
    async (kind) => {
      const { world, allowed, items } = await scene({
        instances: [{ id: "web" }],
        owners: [{ kind, id: "owner", members: ["web"] }],
      });
      const found = await items(kind);
      const [released] = await allowed("releaseDependencies", () => world.adapter.releaseDependencies(found));
      expect(released?.status).toBe("released");
      await allowed("revert", () => world.adapter.revert(released?.effects ?? []));
    },
  );

  it("releaseDependencies of an address and a disk that were left", async () => {
    const { world, ids, allowed, items } = await scene({
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
    const left = [...(await items("public-address")), ...(await items("disk"))].filter(({ id }) =>
      [world.id("front"), world.id("kept")].includes(id),
    );
    await world.adapter.terminate(ids, discard);
    await settle(world);
    const outcomes = await allowed("releaseDependencies", () =>
      world.adapter.releaseDependencies(left, { ...discard, sightings }),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "released"]);
  });

  it("recover of a server in the bin", async () => {
    const { world, allowed } = await scene({ instances: [{ id: "web", state: "recycled" }] });
    const record = await sighting(world, "web");
    const [recovered] = await allowed("recover", () => world.adapter.recover([record]));
    expect(recovered?.status).toBe("recovered");
  });
});

describe("permissions of Huawei Cloud", () => {
  it("are a policy with each action once, and none behind a wildcard", () => {
    const { document, actions } = permissions();
    const statement = JSON.parse(JSON.stringify(document)).Statement[0];
    expect(statement).toMatchObject({ Effect: "Allow" });
    expect(statement.Action).toEqual([...new Set(actions.map(({ action }) => action))].sort());
    expect(statement.Action.every((action: string) => /^[a-z]+:[A-Za-z]+:[A-Za-z]+$/.test(action))).toBe(true);
  });

  it("S33 hold the undo of what an operation changes", () => {
    expect(named("releaseSecurityRules")).toContain("vpc:securityGroupRules:create");
    expect(named("terminate")).toContain("ecs:cloudServers:lock");
    expect(named("terminate")).toContain("ecs:cloudServers:attach");
    expect(named("quarantine")).toContain("vpc:securityGroups:delete");
    expect(named("releaseDependencies")).toContain("elb:members:create");
  });

  it("only read where an operation only reads", () => {
    for (const operation of [
      "whoAmI",
      "findInstances",
      "listDependencies",
      "verifyDeleted",
      "findOwnArtifacts",
    ] as const)
      for (const action of named(operation)) expect(action).toMatch(/:(list|get|view|show)[A-Za-z]*$/);
  });

  it("call optional what only leaves a gap in the coverage", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", addresses: [{ kind: "elastic" }] }]);
    const ids = [world.id("web")];
    const from = world.requests.length;
    await world.adapter.listDependencies(ids);
    const apis = [...new Set(world.requests.slice(from).map(({ api }) => api))].filter(
      (api) => !api.startsWith("iam:"),
    );
    const optional = new Map(actionsOf("listDependencies").map((need) => [need.action, need.optional]));
    for (const api of apis) {
      const heal = world.faults.add({ fault: "deny", api });
      const threw = await world.adapter.listDependencies(ids).then(
        () => false,
        () => true,
      );
      heal();
      expect([api, optional.get(behind(api) ?? "")]).toEqual([api, !threw]);
    }
  });

  it("say nothing of a request that nobody wrote down: it is refused rather than left out", () => {
    expect(() => actionBehind("ecs", "DELETE /v1/{project_id}/everything")).toThrow(/written down/);
  });
});
