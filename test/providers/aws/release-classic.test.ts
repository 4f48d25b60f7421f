import {
  DeregisterInstancesFromLoadBalancerCommand,
  ElasticLoadBalancingClient,
} from "@aws-sdk/client-elastic-load-balancing";
import { describe, expect, it, onTestFinished } from "vitest";
import { releaseDependencies } from "../../../providers/aws/release.js";
import type { Operation } from "../../../src/adapter.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import { executePlan } from "../../../src/flow/execute-plan.js";
import { memoryJournal } from "../../../src/flow/journal-memory.js";
import { planDecommission } from "../../../src/flow/plan-decommission.js";
import type { SeedOwner } from "../../../src/testing/seed.js";
import { alone, reviewed } from "../../flow/open-world.js";
import { cannedCalls, plainRegion } from "./canned.js";
import { awsWorld, expectBlocked, mutations, sent, settle } from "./for-test.js";
import type { AwsWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;
const kind = "load-balancer-target";
const deregister = "elb:DeregisterInstancesFromLoadBalancer";
const register = "elb:RegisterInstancesWithLoadBalancer";
const old: SeedOwner = { kind, id: "old", members: ["web", "other"], variant: "classic" };

async function behindOld(...more: readonly SeedOwner[]) {
  const world = await awsWorld();
  world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [old, ...more] });
  return { world, item: itemOf(world, "web") };
}

const itemOf = (world: AwsWorld, name: string): DependencyRef => ({
  kind,
  id: world.id("old"),
  instanceId: world.id(name),
});

/** Who is registered, by the names they were seeded with. */
const membersOf = (world: AwsWorld, id = "old") =>
  world
    .view()
    .memberships.filter((membership) => membership.id === world.id(id))
    .map(({ member }) => ["web", "other"].find((name) => world.id(name) === member));

/** Somebody else takes an instance out. */
async function takeOut(world: AwsWorld, name: string): Promise<void> {
  const { accessKeyId, secretAccessKey } = world.credentials;
  const tool = new ElasticLoadBalancingClient({
    region: world.adapter.region,
    endpoint: world.adapter.endpoints?.elb ?? "",
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  onTestFinished(() => tool.destroy());
  const Instances = [{ InstanceId: world.id(name) }];
  await tool.send(new DeregisterInstancesFromLoadBalancerCommand({ LoadBalancerName: world.id("old"), Instances }));
}

describe("releaseDependencies on EC2: classic load balancers", () => {
  it("takes out the instance it is told, and no other", async () => {
    const { world, item } = await behindOld();
    const [outcome] = await world.adapter.releaseDependencies([item], patience);
    expect(outcome).toMatchObject({ status: "released", effects: [{ kind: "registration-removed" }] });
    expect(membersOf(world)).toEqual(["other"]);
    expect(mutations(world).map(({ api }) => api)).toEqual([deregister]);
  });

  it("takes all instances of one load balancer out with one request, and each has an effect of its own", async () => {
    const { world, item } = await behindOld();
    const outcomes = await world.adapter.releaseDependencies([item, itemOf(world, "other")], patience);
    expect(outcomes.map(({ effects }) => effects.flatMap(({ instanceIds }) => instanceIds))).toEqual([
      [world.id("web")],
      [world.id("other")],
    ]);
    expect(membersOf(world)).toEqual([]);
    expect(mutations(world)).toHaveLength(1);
  });

  it("takes it out of a target group as well, each generation by its own request", async () => {
    const { world, item } = await behindOld({ kind, id: "pool", members: ["web", "other"] });
    const items = [item, { ...item, id: world.id("pool") }];
    const outcomes = await world.adapter.releaseDependencies(items, patience);
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "released"]);
    expect([membersOf(world), membersOf(world, "pool")]).toEqual([["other"], ["other"]]);
  });

  it("waits until connections have drained", async () => {
    const { world, item } = await behindOld();
    const started = world.clock.now();
    await world.adapter.releaseDependencies([item], patience);
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(300_000);
  });

  it("waits no longer for a drain than it is told", async () => {
    const { world, item } = await behindOld();
    const started = world.clock.now();
    const [outcome] = await world.adapter.releaseDependencies([item], { drainTimeoutMs: 20_000, ...patience });
    expect(outcome).toMatchObject({ status: "released" });
    expect(world.clock.now() - started).toBeLessThan(60_000);
  });

  it("waits for a drain that was already under way, such as one that a killed process had begun", async () => {
    const { world, item } = await behindOld();
    await takeOut(world, "web");
    await world.clock.advance(10_000);
    const [from, started] = [world.requests.length, world.clock.now()];
    const [outcome] = await world.adapter.releaseDependencies([item], patience);
    expect(outcome).toMatchObject({ status: "already-released", effects: [] });
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(280_000);
    expect(mutations(world, from)).toEqual([]);
  });

  it("waits for the one that drains, though the load balancer does not know the other at all any more", async () => {
    const { world, item } = await behindOld();
    world.meddle({ remove: ["other"] });
    await settle(world);
    const started = world.clock.now();
    const outcomes = await world.adapter.releaseDependencies([itemOf(world, "other"), item], patience);
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "released"]);
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(300_000);
  });

  it.each([
    ["as long as it may where draining is on", { Enabled: true, Timeout: 120 }, 120_000, 200_000],
    ["for no drain where it is off", { Enabled: false, Timeout: 300 }, 0, 60_000],
  ])("waits %s", async (_, ConnectionDraining, least, most) => {
    const id = "i-0123456789abcdef0";
    let listed = [{ InstanceId: id }];
    const { open } = cannedCalls({
      ...plainRegion(),
      "elb:DescribeLoadBalancers": () => ({
        LoadBalancerDescriptions: [{ LoadBalancerName: "old", Instances: listed }],
      }),
      "elb:DescribeLoadBalancerAttributes": { LoadBalancerAttributes: { ConnectionDraining } },
      "elb:DescribeInstanceHealth": { InstanceStates: [{ InstanceId: id, State: "InService" }] },
      [deregister]: () => {
        listed = [];
        return { Instances: [] };
      },
    });
    const { clock } = (await open("reads")).requests;
    const started = clock.now();
    const [outcome] = await releaseDependencies(open, [{ kind, id: "old", instanceId: id }], patience);
    expect(outcome).toMatchObject({ status: "released" });
    expect(clock.now() - started).toBeGreaterThanOrEqual(least);
    expect(clock.now() - started).toBeLessThan(most);
  });

  it("says what a dry run would do, and sends nothing", async () => {
    const { world, item } = await behindOld();
    const [outcome] = await world.adapter.releaseDependencies([item], { dryRun: true, ...patience });
    expect(outcome).toMatchObject({ status: "would-release", effects: [] });
    expect(mutations(world)).toEqual([]);
    expect(membersOf(world)).toEqual(["web", "other"]);
  });

  it("finds no load balancer that is gone", async () => {
    const { world, item } = await behindOld();
    const [outcome] = await world.adapter.releaseDependencies([{ ...item, id: "never" }], patience);
    expect(outcome).toMatchObject({ status: "not-found", effects: [] });
    expect(mutations(world)).toEqual([]);
  });

  it("settles a lost answer by reading who is registered", async () => {
    const { world, item } = await behindOld();
    const heal = world.faults.add({ fault: "drop-before", api: deregister });
    const [lost] = await world.adapter.releaseDependencies([item], patience);
    expect(lost?.status).not.toMatch(/released/);
    expect(membersOf(world)).toEqual(["web", "other"]);
    heal();
    world.faults.add({ fault: "drop-after", api: deregister });
    const [landed] = await world.adapter.releaseDependencies([item], patience);
    expect(landed).toMatchObject({ status: "released", effects: [{ kind: "registration-removed" }] });
    expect(membersOf(world)).toEqual(["other"]);
  });

  it("calls what is denied blocked or refused, and lets the other generation go all the same", async () => {
    const { world, item } = await behindOld({ kind, id: "pool", members: ["web", "other"] });
    world.faults.add({ fault: "deny", api: deregister });
    const items = [item, { ...item, id: world.id("pool") }];
    const [denied, released] = await world.adapter.releaseDependencies(items, patience);
    expect(denied).toMatchObject({ problem: { code: "access-denied" } });
    expect(released).toMatchObject({ status: "released" });
    expect(membersOf(world)).toEqual(["web", "other"]);
  });

  it("throws nothing once it has taken an instance away, though another load balancer cannot be read", async () => {
    const { world, item } = await behindOld({ ...old, id: "older" });
    world.faults.add({ fault: "deny", api: "elb:DescribeLoadBalancers", skip: 2 });
    const items = [item, { ...item, id: world.id("older") }];
    const outcomes = await world.adapter.releaseDependencies(items, patience);
    expect(outcomes[0]).toMatchObject({ status: "released" });
    expectBlocked(outcomes[1], "access-denied");
  });
});

describe("a plan without a word about releases, for an instance behind a classic load balancer", () => {
  it("takes it out before it ends it", async () => {
    const { world, item } = await behindOld();
    const { adapter, clock } = world;
    const plan = await planDecommission([adapter], [{ cloud: adapter.cloud, ids: [item.instanceId] }], {
      policy: { snapshot: { skip: "a test" }, waivers: [reviewed] },
      reason: "test",
      clock,
    });
    const [planned] = plan.scopes.flatMap((scope) => scope.instances);
    expect(planned?.blockers.filter(({ waived }) => !waived)).toEqual([]);
    const steps = planned?.steps.filter(({ step }) => step === "release-dependencies");
    expect(steps).toMatchObject([{ when: "before", items: [item] }]);
    const from = world.requests.length;
    const result = await executePlan([adapter], plan, { journal: memoryJournal({ clock }), clock, trust: alone });
    expect(result.instances).toMatchObject([{ status: "accepted" }]);
    const order = mutations(world, from).map(({ api }) => api);
    expect(order.indexOf(deregister)).toBeGreaterThanOrEqual(0);
    expect(order.indexOf(deregister)).toBeLessThan(order.indexOf("ec2:TerminateInstances"));
    expect(membersOf(world)).toEqual(["other"]);
    expect(sent(world, deregister, from)).toHaveLength(1);
  });
});

describe("revert on EC2: classic load balancers", () => {
  async function released() {
    const { world, item } = await behindOld();
    const [outcome] = await world.adapter.releaseDependencies([item], patience);
    await settle(world);
    return { world, effects: outcome?.effects ?? [], from: world.requests.length };
  }

  it("S33 is among the permissions of the release, and each sends nothing but what its own hold", async () => {
    const { world, item } = await behindOld();
    const heldBy = (operation: Operation) => world.adapter.permissions([operation]).actions.map(({ action }) => action);
    const sentFrom = (from: number) =>
      world.requests.slice(from).map(({ api }) => api.replace(/^elb:/, "elasticloadbalancing:"));
    const [outcome] = await world.adapter.releaseDependencies([item], patience);
    expect(heldBy("releaseDependencies")).toEqual(expect.arrayContaining(sentFrom(0)));
    await settle(world);
    const from = world.requests.length;
    await world.adapter.revert(outcome?.effects ?? [], patience);
    expect(heldBy("revert")).toEqual(expect.arrayContaining(sentFrom(from)));
    const undo = "elasticloadbalancing:RegisterInstancesWithLoadBalancer";
    expect(sentFrom(from)).toContain(undo);
    expect(heldBy("releaseDependencies")).toContain(undo);
  });

  it("registers the instance again", async () => {
    const { world, effects, from } = await released();
    expect(await world.adapter.revert(effects, patience)).toMatchObject([{ status: "reverted" }]);
    expect(membersOf(world).toSorted()).toEqual(["other", "web"]);
    expect(mutations(world, from).map(({ api }) => api)).toEqual([register]);
  });

  it("sends nothing where it is registered already", async () => {
    const { world, effects } = await released();
    await world.adapter.revert(effects, patience);
    await settle(world);
    const from = world.requests.length;
    expect(await world.adapter.revert(effects, patience)).toMatchObject([{ status: "already-reverted" }]);
    expect(mutations(world, from)).toEqual([]);
  });

  it("sends nothing for an instance that is gone", async () => {
    const { world, effects, from } = await released();
    world.meddle({ remove: ["web"] });
    await settle(world);
    const [outcome] = await world.adapter.revert(effects, patience);
    expect(outcome).toMatchObject({ status: "not-reverted", cause: "resource-gone" });
    expect(mutations(world, from)).toEqual([]);
  });

  it("finds nothing to register with where the load balancer is gone", async () => {
    const { world, effects, from } = await released();
    const gone = effects.map((effect) =>
      "action" in effect.undo && effect.undo.action === "rejoin"
        ? { ...effect, undo: { ...effect.undo, node: { kind, id: "never" } as const } }
        : effect,
    );
    const [outcome] = await world.adapter.revert(gone, patience);
    expect(outcome).toMatchObject({ status: "not-reverted", cause: "resource-gone" });
    expect(mutations(world, from)).toEqual([]);
  });

  it("takes a lost answer that landed for done", async () => {
    const { world, effects } = await released();
    world.faults.add({ fault: "drop-after", api: register });
    expect(await world.adapter.revert(effects, patience)).toMatchObject([{ status: "reverted" }]);
    expect(membersOf(world).toSorted()).toEqual(["other", "web"]);
  });
});
