import { describe, expect, it } from "vitest";
import type { Effect } from "../../../src/effects.js";
import { aliyunWorld, discard, effect, mutations, sent, settle, sighting } from "./for-test.js";
import { otherTool } from "./other-tool.js";
import { allow, group, host, ruleNames } from "./rules.js";
import type { AliyunWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;
const office = { kind: "cidr", cidr: "198.51.100.0/24", family: "ipv4" } as const;
const hour = 3_600_000;

async function closed(world: AliyunWorld): Promise<readonly Effect[]> {
  const outcomes = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
  return outcomes.flatMap(({ effects }) => effects);
}

async function appWorld(): Promise<AliyunWorld> {
  const world = await aliyunWorld();
  world.seed({
    securityGroups: [{ id: "app", rules: [allow("app-office", office)] }],
    instances: [{ id: "web", securityGroups: ["app"] }],
  });
  return world;
}

describe("revert on ECS: rules", () => {
  it("brings a rule back as it was: direction, protocol, ports, policy, priority, description and every kind of peer", async () => {
    const world = await aliyunWorld();
    const ports = { kind: "ranges", ranges: [{ from: 1, to: 9 }] } as const;
    world.seed({
      securityGroups: [
        { id: "friends", foreignUsers: ["interface"] },
        {
          id: "app",
          rules: [
            allow("range", office, { ports, priority: 7 }),
            allow("six", { kind: "cidr", cidr: "2001:db8::/32", family: "ipv6" }, { family: "ipv6" }),
            allow("friends", group("friends")),
            allow("out", host("10.9.9.9"), { direction: "egress" }),
            allow("all", office, { protocol: { unified: "any", raw: "ALL" }, ports: { kind: "all" } }),
          ],
        },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const essence = () =>
      world
        .view()
        .rules.map(({ id: _id, ...rule }) => JSON.stringify(rule))
        .sort();
    const before = essence();
    // As a journal on disk would hand them back.
    const effects: readonly Effect[] = JSON.parse(JSON.stringify(await closed(world)));
    expect(ruleNames(world)).toEqual([]);
    const outcomes = await world.adapter.revert(effects, patience);
    expect(outcomes.map(({ status }) => status)).toEqual(effects.map(() => "reverted"));
    expect(essence()).toEqual(before);
    expect((await world.adapter.revert(effects, patience)).map(({ status }) => status)).toEqual(
      effects.map(() => "already-reverted"),
    );
  });

  it("S22 leaves a group alone that holds a rule which is not from before", async () => {
    const world = await appWorld();
    const effects = await closed(world);
    await otherTool(world, "ecs:AuthorizeSecurityGroup", {
      SecurityGroupId: world.id("app"),
      Permissions: [
        { IpProtocol: "tcp", PortRange: "22/22", SourceCidrIp: "10.9.0.0/16", Policy: "accept", Priority: "1" },
      ],
    });
    await settle(world);
    const from = world.requests.length;
    const outcomes = await world.adapter.revert(effects, patience);
    expect(outcomes.map((one) => ("cause" in one ? one.cause : one.status))).toEqual(
      effects.map(() => "changed-since"),
    );
    expect(mutations(world, from)).toEqual([]);
  });

  it("S24 puts the rules of a group back beside the denials that stayed in it while the instance stood", async () => {
    const world = await aliyunWorld();
    world.seed({
      securityGroups: [
        { id: "app", rules: [allow("yes", office), allow("no", host("203.0.113.9"), { action: "deny" })] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const effects = await closed(world);
    expect(ruleNames(world)).toEqual(["no"]);
    const outcomes = await world.adapter.revert(effects, patience);
    expect(outcomes.map(({ status }) => status)).toEqual(["reverted"]);
    expect(ruleNames(world)).toEqual(["no", "yes"]);
  });

  it("S22 leaves a group alone that somebody else uses by now, or whose users could not be read", async () => {
    const world = await appWorld();
    const effects = await closed(world);
    const readable = world.faults.add({ fault: "deny", api: "ecs:DescribeNetworkInterfaces" });
    for (const outcome of await world.adapter.revert(effects, patience)) expect(outcome.status).toBe("failed");
    readable();
    world.seed([{ id: "stranger", securityGroups: ["app"] }]);
    for (const outcome of await world.adapter.revert(effects, patience))
      expect(outcome).toMatchObject({ cause: "group-in-use" });
    expect(ruleNames(world)).toEqual([]);
  });

  it("S21 lets no stranger in who has the address by now", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }, { id: "bystander" }]);
    const record = await sighting(world, "web");
    world.seed({
      securityGroups: [
        { id: "db", foreignUsers: ["interface"], rules: [allow("web", host(record.privateIps[0] ?? ""))] },
      ],
    });
    const [outcome] = await world.adapter.releaseSecurityRules([record], { scope: "own-address" });
    await world.adapter.terminate([record], discard);
    await settle(world);
    const [back] = await world.adapter.revert(outcome?.effects ?? [], patience);
    expect(back).toMatchObject({ cause: "address-released" });
    expect(ruleNames(world)).toEqual([]);
  });
});

describe("revert on ECS: instances", () => {
  it("calls a timed release off, and sets the former one again", async () => {
    const world = await aliyunWorld();
    const at = (hours: number) => new Date(Math.ceil(world.clock.now() / hour) * hour + hours * hour).toISOString();
    world.seed([{ id: "web" }, { id: "timed", scheduledReleaseAt: at(48) }]);
    const ids = ["web", "timed"].map((name) => world.id(name));
    const outcomes = await world.adapter.terminate(ids, { ...discard, releaseAt: at(5) });
    expect(outcomes.map(({ status }) => status)).toEqual(["scheduled", "scheduled"]);
    const effects = outcomes.flatMap((outcome) => outcome.effects);
    expect((await world.adapter.revert(effects, patience)).map(({ status }) => status)).toEqual([
      "reverted",
      "reverted",
    ]);
    const due = ids.map((id) => world.view().instances.find((one) => one.id === id)?.scheduledReleaseAt);
    expect(due).toEqual([undefined, at(48)]);
  });

  it("leaves a timer that somebody set since", async () => {
    const world = await aliyunWorld();
    const at = (hours: number) => new Date(Math.ceil(world.clock.now() / hour) * hour + hours * hour).toISOString();
    world.seed([{ id: "web" }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, releaseAt: at(5) });
    world.meddle({ set: [{ id: "web", scheduledReleaseAt: at(9) }] });
    await settle(world);
    const [back] = await world.adapter.revert(outcome?.effects ?? [], patience);
    expect(back).toMatchObject({ status: "not-reverted", cause: "changed-since" });
  });

  it("lets a subscription renew itself again, with the period it had", async () => {
    const world = await aliyunWorld();
    const expiresAt = new Date(world.clock.now() + 90 * 24 * hour).toISOString();
    world.seed([{ id: "web", billing: "prepaid", expiresAt, autoRenew: true }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "expire" });
    expect(outcome?.status).toBe("scheduled");
    const [back] = await world.adapter.revert(outcome?.effects ?? [], patience);
    expect(back?.status).toBe("reverted");
    const [, last] = sent(world, "ecs:ModifyInstanceAutoRenewAttribute");
    expect(last?.parameters).toMatchObject({ RenewalStatus: "AutoRenewal" });
    expect(last?.parameters).toHaveProperty("PeriodUnit");
  });

  it("switches protection on again, and leaves what is as it was", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    const undo = { action: "set-protection", instanceId: world.id("web"), which: "termination", value: true } as const;
    const one = await effect(world, undo, { kind: "protection-cleared", left: false });
    expect((await world.adapter.revert([one], patience))[0]?.status).toBe("reverted");
    expect(world.view().instances[0]?.terminationProtection).toBe(true);
    expect((await world.adapter.revert([one], patience))[0]?.status).toBe("already-reverted");
    expect(sent(world, "ecs:ModifyInstanceAttribute")).toHaveLength(1);
  });

  it("knows no stop protection and no flag but one", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    const instanceId = world.id("web");
    const effects = await Promise.all([
      effect(world, { action: "set-protection", instanceId, which: "stop", value: true }, { left: false }),
      effect(world, {
        action: "set-flag",
        resource: { kind: "disk", id: "d-bp1" },
        instanceId,
        flag: "Portable",
        value: true,
      }),
    ]);
    for (const outcome of await world.adapter.revert(effects, patience))
      expect(outcome).toMatchObject({ status: "not-reverted", cause: "impossible" });
    expect(mutations(world)).toEqual([]);
  });

  it("starts what was stopped, once it is at rest", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], {
      mode: "stop",
      reason: "a test",
      ...patience,
    });
    const [back] = await world.adapter.revert(outcome?.effects ?? [], patience);
    expect(back?.status).toBe("reverted");
    expect(world.view().instances[0]?.state).toBe("running");
  });

  it("takes nothing of another account", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    const undo = { action: "set-protection", instanceId: world.id("web"), which: "termination", value: true } as const;
    const foreign = await effect(world, undo, { accountId: "9999999999999999", left: false });
    const [outcome] = await world.adapter.revert([foreign], patience);
    expect(outcome?.status).not.toBe("reverted");
    expect(mutations(world)).toEqual([]);
  });
});
