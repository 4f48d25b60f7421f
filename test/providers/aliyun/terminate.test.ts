import { describe, expect, it } from "vitest";
import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { aliyun } from "../../../providers/aliyun/index.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { aliyunWorld, discard, expectBlocked, mutations, sent, settle, sighting } from "./for-test.js";
import { inProcessClients } from "./in-process.js";
import type { AliyunWorld } from "./world.js";

/** A world with these instances, and their ids in that order. */
async function worldWith(...instances: readonly SeedInstance[]) {
  const world = await aliyunWorld();
  world.seed(instances);
  return { world, ids: instances.map(({ id }) => world.id(id)) };
}

const many = (count: number): readonly SeedInstance[] =>
  Array.from({ length: count }, (_, index) => ({ id: `web-${index}`, securityGroups: ["fleet"] }));
const deletes = (world: AliyunWorld, from = 0) => sent(world, "ecs:DeleteInstances", from);

describe("a release", () => {
  it("goes in batches of a hundred with a token each, and lets guests shut down", async () => {
    const { world, ids } = await worldWith(...many(205));
    const outcomes = await world.adapter.terminate(ids, discard);
    expect(outcomes.every(({ status }) => status === "accepted")).toBe(true);
    expect(
      deletes(world)
        .map(({ instanceIds }) => instanceIds.length)
        .sort(),
    ).toEqual([100, 100, 5]);
    for (const { parameters } of deletes(world)) {
      expect(parameters).toMatchObject({ Force: "true", ForceStop: "false", ClientToken: expect.any(String) });
      expect(parameters).not.toHaveProperty("TerminateSubscription");
    }
  });

  it("of 1,000 takes exactly ten requests where nothing fails, each id in one of them", async () => {
    const fake = fakeAliyun();
    fake.seed(many(1_000));
    const accessKeyId = "LTAI-home";
    const adapter = aliyun({
      region: "cn-hangzhou",
      credentials: { accessKeyId, accessKeySecret: "never checked" },
      clients: inProcessClients(fake, accessKeyId),
      clock: fake.clock,
    });
    const ids = many(1_000).map(({ id }) => fake.id(id));
    const outcomes = await adapter.terminate(ids, discard);
    expect(outcomes.every(({ status }) => status === "accepted")).toBe(true);
    const named = fake.requests.flatMap(({ api, instanceIds }) => (api === "ecs:DeleteInstances" ? [instanceIds] : []));
    expect(named.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 100));
    expect(new Set(named.flat())).toEqual(new Set(ids));
  });

  it("cuts the power only where that was asked for", async () => {
    const { world, ids } = await worldWith({ id: "web" });
    await world.adapter.terminate(ids, { ...discard, shutdown: "forced" });
    expect(deletes(world)[0]?.parameters).toMatchObject({ ForceStop: "true" });
  });

  it("finds the one member that spoils a batch, and releases all the others", async () => {
    const { world, ids } = await worldWith(...many(40));
    world.seed({ owners: [{ kind: "route", id: "way", members: ["web-17"] }] });
    const outcomes = await world.adapter.terminate(ids, discard);
    expectBlocked(outcomes[17], "dependency");
    expect(outcomes.filter(({ status }) => status === "accepted")).toHaveLength(39);
    expect(deletes(world).length).toBeLessThan(15);
    await settle(world);
    expect(world.view().instances.map(({ id }) => id)).toEqual([world.id("web-17")]);
  });

  it("asks about no more than it must when all are refused alike", async () => {
    const { world, ids } = await worldWith(...many(60));
    world.faults.add({ fault: "deny", api: "ecs:DeleteInstances" });
    const outcomes = await world.adapter.terminate(ids, discard);
    expect(outcomes.every(({ status }) => status === "failed")).toBe(true);
    expect(deletes(world).length).toBeLessThanOrEqual(20);
  });

  it("waits until an instance between two states can go, and says why it did not when that takes too long", async () => {
    const { world, ids } = await worldWith({ id: "starting", state: "pending" });
    expect((await world.adapter.terminate(ids, discard))[0]).toMatchObject({ status: "accepted" });
    const stuck = await worldWith({ id: "web", busy: { operation: "conversion", forMs: 24 * 3_600_000 } });
    const [outcome] = await stuck.world.adapter.terminate(stuck.ids, discard);
    expect(outcome).toMatchObject({ status: "blocked", problem: { cloudCode: "LastTokenProcessing" } });
    const [first, last] = [deletes(stuck.world)[0], deletes(stuck.world).at(-1)];
    expect(Date.parse(last?.at ?? "") - Date.parse(first?.at ?? "")).toBeLessThanOrEqual(5 * 60_000);
  });

  it("takes one that vanished while it was asked for again for gone only with two reads and a control", async () => {
    const { world, ids } = await worldWith({ id: "web", state: "stopped" }, { id: "control" });
    const [id = ""] = ids;
    await world.adapter.terminate([id], discard);
    const from = world.requests.length;
    // Accepted before, and still listed as Stopped: ECS has no state for that, and refuses a second request.
    expect((await world.adapter.terminate([id], discard))[0]).toMatchObject({ status: "accepted" });
    const reads = world.requests.slice(from).filter(({ api, at }) => api === "ecs:DescribeInstances" && at);
    expect(reads.length).toBeGreaterThanOrEqual(3);
    expect(world.view().effects.filter((effect) => effect.id === id)).toMatchObject([{ count: 1 }]);
  });

  it.each([true, false])(
    "S03 counts one that vanished after a lost answer as gone only while a row of the region is seen (%s)",
    async (control) => {
      const { world, ids } = await worldWith({ id: "web", state: "stopped", securityGroups: ["group"] });
      world.faults.add({ fault: "drop-after", api: "ecs:DeleteInstances" });
      // Nothing is left then that these credentials see.
      if (!control) world.meddle({ remove: ["group"] });
      const [outcome] = await world.adapter.terminate(ids, { ...discard, deadlineMs: 6 * 3_600_000 });
      expect(world.view().instances).toEqual([]);
      expect(outcome?.status).toBe(control ? "accepted" : "unknown");
    },
  );

  it("S05 sends a lost request again only with its token", async () => {
    const { world, ids } = await worldWith({ id: "web" });
    world.faults.add({ fault: "drop-after", api: "ecs:DeleteInstances", times: 1 });
    expect((await world.adapter.terminate(ids, discard))[0]).toMatchObject({ status: "accepted" });
    const tokens = deletes(world).map(({ parameters }) => parameters.ClientToken);
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
  });
});

describe("what keeps an instance", () => {
  it("clears protection for the named ids alone, as the last step, and puts it back on failure", async () => {
    const { world, ids } = await worldWith(
      {
        id: "named",
        terminationProtection: true,
        disks: [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: true }],
      },
      { id: "other", terminationProtection: true },
    );
    const options = {
      ...discard,
      protection: { clear: ids.slice(0, 1), reason: "a test" },
      dataDisks: "keep",
    } as const;
    world.faults.add({ fault: "deny", api: "ecs:DeleteInstances" });
    const [named, other] = await world.adapter.terminate(ids, options);
    expect(named).toMatchObject({ status: "failed", effects: [] });
    expectBlocked(other, "protected");
    const acts = mutations(world).map(({ action }) => action);
    expect(acts.slice(0, 3)).toEqual(["ModifyDiskAttribute", "ModifyInstanceAttribute", "DeleteInstances"]);
    expect(world.view().instances.every(({ terminationProtection }) => terminationProtection)).toBe(true);
    expect(world.view().disks.find(({ id }) => id === world.id("data"))?.deletedWithInstance).toBe(true);
  });

  it.each([
    ["security", "locked"],
    ["platform", "locked"],
    ["unknown", "locked"],
  ] as const)("never forces a lock of the kind %s", async (unified, code) => {
    const { world, ids } = await worldWith({ id: "web", locks: [{ unified }] });
    const protection = { clear: ids, reason: "a test" };
    expectBlocked((await world.adapter.terminate(ids, { ...discard, protection }))[0], code);
    expect(mutations(world)).toEqual([]);
  });

  it("releases what nobody paid for, since the cloud does, too", async () => {
    const { world, ids } = await worldWith({ id: "web", state: "stopped", locks: [{ unified: "overdue" }] });
    expect((await world.adapter.terminate(ids, discard))[0]).toMatchObject({ status: "accepted" });
    expect(deletes(world)).toHaveLength(1);
  });

  it("sends nothing for spot capacity that is being taken back already", async () => {
    const { world, ids } = await worldWith({ id: "web", billing: "spot", locks: [{ unified: "reclaim" }] });
    expect((await world.adapter.terminate(ids, discard))[0]).toMatchObject({ status: "accepted", effects: [] });
    expect(mutations(world)).toEqual([]);
  });

  it.each([
    ["cluster-node", "cluster-node"],
    ["stack", "stack"],
    ["auto-scaling-group", "auto-scaling-group"],
  ] as const)(
    "leaves an instance to its owner (%s) with the way out, unless that owner is accepted",
    async (kind, accepted) => {
      const { world, ids } = await worldWith({ id: "web" }, { id: "other" });
      world.seed({
        owners: [{ kind, id: "owner", members: ["web"], ...(kind === "auto-scaling-group" ? { replaces: true } : {}) }],
      });
      const [outcome] = await world.adapter.terminate(ids.slice(0, 1), discard);
      expectBlocked(outcome, "owned");
      expect(mutations(world)).toEqual([]);
      const options = { ...discard, cloudOptions: { acceptOwners: [accepted] } };
      expect((await world.adapter.terminate(ids.slice(0, 1), options))[0]).toMatchObject({ status: "accepted" });
    },
  );

  it.each([[{ acceptOwners: "stack" }], [{ acceptOwners: ["database"] }], [{ nothing: true }]])(
    "refuses the cloud option %j before anything is sent",
    async (cloudOptions) => {
      const { world, ids } = await worldWith({ id: "web" });
      const wrong = world.adapter.terminate(ids, { ...discard, cloudOptions });
      await expect(wrong).rejects.toMatchObject({ code: "invalid-request" });
      expect(world.requests).toEqual([]);
    },
  );

  it("S02 keeps an instance whose second listing of disks could not be read", async () => {
    const { world, ids } = await worldWith({ id: "web" });
    world.faults.add({ fault: "deny", api: "ecs:DescribeDisksFullStatus" });
    expectBlocked((await world.adapter.terminate(ids, discard))[0], "data-loss");
    expect(mutations(world)).toEqual([]);
  });
});

describe("disks at the end", () => {
  it("S13 keeps the data disks that can be kept, and refuses where one cannot", async () => {
    const data = { id: "data", role: "data", deletedWithInstance: true } as const;
    const { world, ids } = await worldWith(
      { id: "web", disks: [{ role: "system" }, data] },
      { id: "scratch", disks: [{ role: "system" }, { id: "host", role: "data", medium: "local" }] },
      { id: "tied", disks: [{ role: "system" }, { id: "bound", role: "data", tied: true }] },
    );
    const outcomes = await world.adapter.terminate(ids, { ...discard, dataDisks: "keep" });
    expect(outcomes[0]).toMatchObject({ status: "accepted" });
    expectBlocked(outcomes[1], "unsupported");
    expectBlocked(outcomes[2], "unsupported");
    await settle(world);
    expect(world.holds("data")).toBe(true);
    const acceptDataLoss = [{ instanceId: world.id("tied"), diskId: world.id("bound"), reason: "a test" }];
    const [tied] = await world.adapter.terminate(ids.slice(2), { ...discard, dataDisks: "keep", acceptDataLoss });
    expect(tied).toMatchObject({ status: "accepted" });
  });

  it("lets exactly the named disks go along", async () => {
    const kept = { role: "data", deletedWithInstance: false } as const;
    const { world, ids } = await worldWith({
      id: "web",
      disks: [{ role: "system" }, { ...kept, id: "goes" }, { ...kept, id: "stays" }],
    });
    await world.adapter.terminate(ids, { ...discard, dataDisks: { delete: [world.id("goes")] } });
    await settle(world);
    expect([world.holds("goes"), world.holds("stays")]).toEqual([false, true]);
  });

  it("S10 takes no automatic snapshot for a proof, nor one of another instance's disk", async () => {
    const { world, ids } = await worldWith({ id: "web", disks: [{ id: "root", role: "system" }] }, { id: "db" });
    world.seed({ owners: [{ kind: "snapshot", id: "auto", members: ["root"], variant: "auto" }] });
    const [saved] = await world.adapter.snapshot(ids, { runId: "r" });
    const proofs = saved?.status === "completed" ? saved.proofs : [];
    const [proof] = proofs;
    if (!proof) throw new Error("nothing was saved");
    const automatic = { ...proof, id: world.id("auto") };
    const options = { data: { proofs: [automatic] } };
    expectBlocked((await world.adapter.terminate(ids.slice(0, 1), options))[0], "missing-snapshot-proof");
    expectBlocked((await world.adapter.terminate(ids.slice(1), { data: { proofs } }))[0], "missing-snapshot-proof");
    expect((await world.adapter.terminate(ids.slice(0, 1), { data: { proofs } }))[0]).toMatchObject({
      status: "accepted",
    });
  });
});

describe("a dry run", () => {
  it("asks the cloud about permission once a batch, and finds whom a refusal is about", async () => {
    const { world, ids } = await worldWith(...many(30));
    const outcomes = await world.adapter.terminate(ids, { ...discard, dryRun: true });
    expect(outcomes.every((one) => one.status === "would-terminate" && one.permissionChecked)).toBe(true);
    expect(world.requests.filter(({ dryRun }) => dryRun)).toHaveLength(1);
    world.faults.add({ fault: "deny", api: "ecs:DeleteInstances", instanceId: "web-3" });
    const again = await world.adapter.terminate(ids, { ...discard, dryRun: true });
    expect(again.filter(({ status }) => status === "failed")).toMatchObject([{ instanceId: ids[3] }]);
    expect(mutations(world)).toEqual([]);
  });

  it("does not call a permission checked for which the cloud has no dry run", async () => {
    const { world, ids } = await worldWith({ id: "web", terminationProtection: true });
    const protection = { clear: ids, reason: "a test" };
    const [outcome] = await world.adapter.terminate(ids, { ...discard, protection, dryRun: true });
    expect(outcome).toMatchObject({ status: "would-terminate", permissionChecked: false });
  });
});

describe("a release at a later time", () => {
  const inMinutes = (world: AliyunWorld, minutes: number) =>
    new Date(world.clock.now() + minutes * 60_000).toISOString();

  it.each([
    [5, "invalid-request"],
    [30, "invalid-request"],
    [4 * 365 * 1440, "invalid-request"],
  ])("is refused for %i minutes ahead", async (minutes, code) => {
    const { world, ids } = await worldWith({ id: "web" });
    const releaseAt = inMinutes(world, minutes);
    expectBlocked((await world.adapter.terminate(ids, { ...discard, releaseAt }))[0], code);
    expect(mutations(world)).toEqual([]);
  });

  it("gives a former time back, and leaves one that somebody has set since", async () => {
    const { world, ids } = await worldWith({ id: "web" });
    const first = inMinutes(world, 600);
    world.meddle({ set: [{ id: "web", scheduledReleaseAt: first }] });
    const [outcome] = await world.adapter.terminate(ids, { ...discard, releaseAt: inMinutes(world, 120) });
    const effects = outcome?.status === "scheduled" ? outcome.effects : [];
    expect((await world.adapter.revert(effects))[0]).toMatchObject({ status: "reverted" });
    const former = new Date(Math.floor(Date.parse(first) / 60_000) * 60_000).toISOString();
    expect((await sighting(world, "web")).scheduledReleaseAt).toBe(former);
    world.meddle({ set: [{ id: "web", scheduledReleaseAt: inMinutes(world, 900) }] });
    expect((await world.adapter.revert(effects))[0]).toMatchObject({ status: "not-reverted", cause: "changed-since" });
  });

  it("is not had for subscriptions, nor while the account is in arrears", async () => {
    const { world, ids } = await worldWith(
      { id: "paid", billing: "prepaid" },
      { id: "overdue", locks: [{ unified: "overdue" }] },
    );
    const outcomes = await world.adapter.terminate(ids, { ...discard, releaseAt: inMinutes(world, 120) });
    expectBlocked(outcomes[0], "unsupported");
    expectBlocked(outcomes[1], "locked");
  });

  it("is no way into a recycle bin: there is none", async () => {
    const { world, ids } = await worldWith({ id: "web" });
    const [outcome] = await world.adapter.terminate(ids, { ...discard, recycleBin: "require" });
    expectBlocked(outcome, "recycle-bin-unavailable");
    expect(mutations(world)).toEqual([]);
  });
});
