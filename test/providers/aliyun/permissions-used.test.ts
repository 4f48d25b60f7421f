import { afterEach, describe, expect, it } from "vitest";
import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { aliyun } from "../../../providers/aliyun/index.js";
import type { CloudAdapter, Operation } from "../../../src/adapter.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import type { FakeCloud } from "../../../src/testing/world.js";
import { collect } from "./reading-world.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** RAM calls two actions of the billing service by names of its own. */
const ramNames: Readonly<Record<string, string>> = {
  "bss:RefundInstance": "bss:RefundBatchRemainRefund",
  "bss:InquiryPriceRefundInstance": "bss:RefundQueryRemainAmount",
};

const discard = { data: { discard: "test" } } as const;

interface Scene {
  readonly fake: FakeCloud;
  readonly adapter: CloudAdapter;
  /** Does something, and fails when it sent what the operation's permissions do not hold. */
  allowed<T>(operation: Operation, work: () => Promise<T>): Promise<T>;
  items(kind: DependencyKind): Promise<readonly { kind: DependencyKind; id: string; instanceId: string }[]>;
}

async function scene(seed: WorldSeed): Promise<Scene> {
  const fake = fakeAliyun();
  const server = await fake.listen();
  closers.push(() => server.close());
  fake.seed(seed);
  const adapter = aliyun({
    region: "cn-hangzhou",
    endpoint: server.endpoint,
    credentials: { accessKeyId: "LTAI-home", accessKeySecret: "never checked" },
    clock: fake.clock,
  });
  return {
    fake,
    adapter,
    allowed: async (operation, work) => {
      const from = fake.requests.length;
      const answer = await work();
      const held = new Set(adapter.permissions([operation]).actions.map(({ action }) => action));
      const sent = fake.requests.slice(from).map(({ api }) => ramNames[api] ?? api);
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
      instances: [{ id: "web", terminationProtection: true, disks: [{ role: "system" }, { role: "data" }] }],
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
    const groups = await collect(adapter.findOwnArtifacts({}));
    await allowed("removeArtifacts", () => adapter.removeArtifacts(groups));
  });

  it.each([
    ["load-balancer-target", "alb"],
    ["load-balancer-target", "nlb"],
    ["load-balancer-target", "gwlb"],
    ["load-balancer-target", "clb"],
    ["load-balancer-target", "clb-group"],
    ["auto-scaling-group", "attached"],
  ] as const)("releaseDependencies of a %s (%s), and revert of it", async (kind, variant) => {
    const { adapter, allowed, items } = await scene({
      instances: [{ id: "web" }],
      owners: [{ kind, id: "owner", members: ["web"], variant }],
    });
    const named = await items(kind);
    const [released] = await allowed("releaseDependencies", () => adapter.releaseDependencies(named));
    expect(released?.status).toBe("released");
    await allowed("revert", () => adapter.revert(released?.effects ?? []));
  });

  it.each(["unsubscribe", "convert", "expire"] as const)("terminate of a subscription by %s", async (prepaid) => {
    const { adapter, fake, allowed } = await scene({
      instances: [{ id: "web", billing: "prepaid", autoRenew: true }],
    });
    const ids = [fake.id("web")];
    await allowed("terminate", () => adapter.terminate(ids, { ...discard, prepaid, dryRun: true }));
    const [ended] = await allowed("terminate", () => adapter.terminate(ids, { ...discard, prepaid }));
    expect(ended?.status).toBe(prepaid === "expire" ? "scheduled" : "accepted");
    await allowed("revert", () => adapter.revert(ended?.effects ?? []));
  });

  it("terminate later, and revert of it", async () => {
    const { adapter, fake, allowed } = await scene(plain);
    const releaseAt = new Date(fake.clock.now() + 7_200_000).toISOString();
    const [ended] = await allowed("terminate", () => adapter.terminate([fake.id("web")], { ...discard, releaseAt }));
    expect(ended?.status).toBe("scheduled");
    await allowed("revert", () => adapter.revert(ended?.effects ?? []));
  });

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
});
