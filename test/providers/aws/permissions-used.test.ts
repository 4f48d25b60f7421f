import { afterEach, describe, expect, it } from "vitest";
import { fakeAws } from "../../../providers/aws/fake/index.js";
import { aws } from "../../../providers/aws/index.js";
import type { CloudAdapter, Operation } from "../../../src/adapter.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import type { FakeCloud } from "../../../src/testing/world.js";
import { collect } from "./reading-world.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const discard = { data: { discard: "test" } } as const;

interface Scene {
  readonly fake: FakeCloud;
  readonly adapter: CloudAdapter;
  /** Does something, and fails when it sent what the operation's permissions do not hold. */
  allowed<T>(operation: Operation, work: () => Promise<T>): Promise<T>;
  items(kind: DependencyKind): Promise<readonly { kind: DependencyKind; id: string; instanceId: string }[]>;
}

async function scene(seed: WorldSeed): Promise<Scene> {
  const fake = fakeAws();
  const server = await fake.listen();
  closers.push(() => server.close());
  fake.seed(seed);
  const adapter = aws({
    region: "eu-west-1",
    endpoint: server.endpoint,
    credentials: { accessKeyId: "AKIAHOME", secretAccessKey: "never checked" },
    clock: fake.clock,
  });
  return {
    fake,
    adapter,
    allowed: async (operation, work) => {
      const from = fake.requests.length;
      const answer = await work();
      const held = new Set(adapter.permissions([operation]).actions.map(({ action }) => action));
      const sent = fake.requests.slice(from).map(({ api }) => api.replace(/^elb:/, "elasticloadbalancing:"));
      expect([operation, [...new Set(sent)].filter((action) => !held.has(action))]).toEqual([operation, []]);
      return answer;
    },
    items: async (kind) => {
      const { edges } = await adapter.listDependencies([fake.id("web")]);
      return edges
        .filter(({ node }) => node.kind === kind)
        .map(({ node, instanceId }) => ({ kind: node.kind, id: node.id, instanceId }));
    },
  };
}

const plain: WorldSeed = {
  securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" } }] }],
  instances: [{ id: "web", securityGroups: ["app"], disks: [{ id: "root", role: "system", encrypted: true }] }],
};

describe("permissions hold what is sent by", () => {
  it("snapshot, findOwnArtifacts and removeArtifacts", async () => {
    const { adapter, fake, allowed } = await scene(plain);
    await allowed("snapshot", () => adapter.snapshot([fake.id("web")], { runId: "run" }));
    const found = await allowed("findOwnArtifacts", () => collect(adapter.findOwnArtifacts({ runId: "run" })));
    expect(found).toHaveLength(1);
    await allowed("removeArtifacts", () => adapter.removeArtifacts(found, { unexpired: { reason: "test" } }));
  });

  it("releaseSecurityRules, and revert of it", async () => {
    const { adapter, fake, allowed } = await scene(plain);
    const [released] = await allowed("releaseSecurityRules", () => adapter.releaseSecurityRules([fake.id("web")]));
    expect(released?.status).toBe("released");
    await allowed("revert", () => adapter.revert(released?.effects ?? []));
  });

  it("terminate, of protected instances and with disks kept", async () => {
    const { adapter, fake, allowed } = await scene({
      instances: [
        { id: "web", terminationProtection: true, stopProtection: true, disks: [{ role: "system" }, { role: "data" }] },
      ],
    });
    const ids = [fake.id("web")];
    const protection = { clear: ids, reason: "test" };
    await allowed("terminate", () => adapter.terminate(ids, { ...discard, protection, dryRun: true }));
    const [ended] = await allowed("terminate", () =>
      adapter.terminate(ids, { ...discard, protection, dataDisks: "keep" }),
    );
    expect(ended?.status).toBe("accepted");
  });

  it("tagInstances and quarantine, and revert of them", async () => {
    const { adapter, fake, allowed } = await scene(plain);
    const ids = [fake.id("web")];
    const [tagged] = await allowed("tagInstances", () => adapter.tagInstances(ids, { set: { owner: "test" } }));
    for (const mode of ["isolate", "stop"] as const) {
      const [held] = await allowed("quarantine", () => adapter.quarantine(ids, { mode, reason: "test", runId: "run" }));
      expect(held?.status).toBe("quarantined");
      await allowed("revert", () => adapter.revert(held?.effects ?? []));
    }
    await allowed("revert", () => adapter.revert(tagged?.effects ?? []));
  });

  it("removeArtifacts of an isolation group", async () => {
    const { adapter, fake, allowed } = await scene(plain);
    await adapter.quarantine([fake.id("web")], { mode: "isolate", reason: "test", runId: "run" });
    fake.meddle({ remove: ["web"] });
    await fake.clock.advance(600_000);
    const groups = await collect(adapter.findOwnArtifacts({ runId: "run" }));
    expect(groups.map(({ kind }) => kind)).toEqual(["security-group"]);
    const options = { unexpired: { reason: "test" } };
    const [removed] = await allowed("removeArtifacts", () => adapter.removeArtifacts(groups, options));
    expect(removed?.status).toBe("removed");
  });

  it("releaseDependencies of a target by address whose instance is gone", async () => {
    const owners = [{ kind: "load-balancer-target", id: "pool", members: ["web"], by: "address" }] as const;
    const { adapter, fake, allowed, items } = await scene({ ...plain, owners });
    const sightings = await collect(adapter.findInstances({ ids: [fake.id("web")] }));
    const named = await items("load-balancer-target");
    fake.meddle({ remove: ["web"] });
    await fake.clock.advance(600_000);
    const options = { sightings };
    const [released] = await allowed("releaseDependencies", () => adapter.releaseDependencies(named, options));
    expect(released?.status).toBe("released");
  });

  it("recover of what is not in a bin", async () => {
    const { adapter, allowed } = await scene(plain);
    const { accountId } = await adapter.whoAmI();
    const place = { cloud: "aws", accountId, region: adapter.region };
    const refs = [
      { ...place, kind: "disk", id: "vol-0123456789abcdef0" },
      { ...place, kind: "snapshot", id: "snap-0123456789abcdef0" },
      { ...place, kind: "image", id: "ami-0123456789abcdef0" },
    ] as const;
    const outcomes = await allowed("recover", () => adapter.recover(refs));
    expect(outcomes.map(({ status }) => status)).toEqual(["not-found", "not-found", "not-found"]);
  });

  it.each(["on standby", "scale-in-protected"])("the revert of a detach of a member that was %s", async (how) => {
    const { adapter, fake, allowed, items } = await scene({
      instances: [{ id: "web" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"] }],
    });
    const [released] = await adapter.releaseDependencies(await items("auto-scaling-group"));
    // As the effect is of one that was not simply in service.
    const effects: readonly Effect[] = (released?.effects ?? []).map((effect) => {
      if (!("action" in effect.undo) || effect.undo.action !== "rejoin") return effect;
      const detail = {
        lifecycleState: how === "on standby" ? "Standby" : "InService",
        protectedFromScaleIn: how !== "on standby",
      };
      return { ...effect, undo: { ...effect.undo, detail } };
    });
    await fake.clock.advance(600_000);
    const [back] = await allowed("revert", () => adapter.revert(effects));
    expect(back?.status).toBe("reverted");
    const held = adapter.permissions(["releaseDependencies"]).actions.map(({ action }) => action);
    expect(held).toEqual(expect.arrayContaining(["autoscaling:EnterStandby", "autoscaling:SetInstanceProtection"]));
  });

  it.each(["load-balancer-target", "auto-scaling-group", "spot-request"] as const)(
    "releaseDependencies of a %s, and revert of it",
    async (kind) => {
      const { adapter, allowed, items } = await scene({
        instances: [{ id: "web", ...(kind === "spot-request" ? { billing: "spot" } : {}) }],
        owners: [{ kind, id: "owner", members: ["web"], ...(kind === "spot-request" ? { replaces: true } : {}) }],
      });
      const named = await items(kind);
      const [released] = await allowed("releaseDependencies", () => adapter.releaseDependencies(named));
      expect(released?.status).toBe("released");
      await allowed("revert", () => adapter.revert(released?.effects ?? []));
    },
  );

  it("releaseDependencies of an address and a disk that were left", async () => {
    const { adapter, fake, allowed, items } = await scene({
      instances: [
        {
          id: "web",
          addresses: [{ id: "front", kind: "elastic" }],
          disks: [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }],
        },
      ],
    });
    const sightings = await collect(adapter.findInstances({ ids: [fake.id("web")] }));
    const named = [...(await items("public-address")), ...(await items("disk"))].filter(({ id }) =>
      [fake.id("front"), fake.id("kept")].includes(id),
    );
    fake.meddle({ remove: ["web"] });
    await fake.clock.advance(60_000);
    const outcomes = await allowed("releaseDependencies", () =>
      adapter.releaseDependencies(named, { ...discard, sightings }),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "released"]);
  });

  it("recover of what is in a bin", async () => {
    const { adapter, fake, allowed } = await scene({
      instances: [{ id: "web", disks: [{ id: "root", role: "system" }] }],
      bins: { disk: { enabled: true, hours: 48 } },
    });
    const [record] = await collect(adapter.findInstances({ ids: [fake.id("web")] }));
    fake.meddle({ remove: ["web"] });
    await fake.clock.advance(60_000);
    if (!record) throw new Error("not found");
    const { cloud, accountId, region } = record;
    const item = { cloud, accountId, region, kind: "disk", id: fake.id("root") } as const;
    await allowed("recover", () => adapter.recover([item]));
  });
});
