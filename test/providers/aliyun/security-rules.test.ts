import { describe, expect, it } from "vitest";
import type { SeedRule } from "../../../src/testing/seed.js";
import { aliyunWorld, discard, mutations, sent, settle, sighting } from "./for-test.js";
import { otherTool } from "./other-tool.js";
import { allow, group, host, ruleNames } from "./rules.js";
import type { AliyunWorld } from "./world.js";

const ingressApi = "ecs:RevokeSecurityGroup";
const egressApi = "ecs:RevokeSecurityGroupEgress";
const office = { kind: "cidr", cidr: "198.51.100.0/24", family: "ipv4" } as const;

/** A world with `web`, and a group of somebody else whose rules name its address. */
async function namedIn(rulesFor: (ip: string) => readonly SeedRule[], over: object = {}): Promise<AliyunWorld> {
  const world = await aliyunWorld();
  world.seed([{ id: "web" }]);
  const ip = (await sighting(world, "web")).privateIps[0] ?? "";
  world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules: rulesFor(ip), ...over }] });
  return world;
}

const port = (nth: number) => ({ ports: { kind: "ranges", ranges: [{ from: nth, to: nth }] } }) as const;
const close = async (world: AliyunWorld, scope: "own-address" | "exclusive-group" | "both" = "own-address") =>
  (await world.adapter.releaseSecurityRules([world.id("web")], { scope }))[0];

describe("releaseSecurityRules on ECS", () => {
  it("takes rules away by id, at most 100 a request, each direction by its own operation", async () => {
    const world = await namedIn((ip) => [
      ...Array.from({ length: 120 }, (_, nth) => allow(`in-${nth}`, host(ip), port(nth + 1))),
      allow("out", host(ip), { direction: "egress" }),
    ]);
    expect(await close(world)).toMatchObject({ status: "released" });
    const sizes = sent(world, ingressApi).map(({ parameters }) =>
      Array.isArray(parameters.SecurityGroupRuleId) ? parameters.SecurityGroupRuleId.length : 0,
    );
    expect(sizes).toEqual([100, 20]);
    expect(sent(world, egressApi)).toHaveLength(1);
    expect(ruleNames(world)).toEqual([]);
  });

  it.each([
    ["ingress", ingressApi, "InvalidParam.SecurityGroupRuleId"],
    ["egress", egressApi, "InvalidSecurityGroupRule.RuleNotExist"],
  ] as const)("drops an id that is gone and sends the rest again (%s)", async (direction, api, cloudCode) => {
    const world = await namedIn((ip) =>
      [1, 2, 3].map((nth) => allow(`rule-${nth}`, host(ip), { direction, ...port(nth) })),
    );
    const second = world.view().rules.find(({ description }) => description === "rule-2")?.id ?? "";
    let meddled = false;
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], {
      scope: "own-address",
      recorder: {
        intent: async () => {
          if (meddled) return;
          meddled = true;
          await otherTool(world, api, { SecurityGroupId: world.id("db"), SecurityGroupRuleId: [second] });
          await world.clock.advance(60_000);
        },
        settled: async () => undefined,
      },
    });
    const removed = outcome?.status === "released" ? outcome.removed.map(({ rule }) => rule.description) : [];
    expect(removed).toEqual(["rule-1", "rule-3"]);
    expect(sent(world, api).map((request) => request.cloudCode)).toContain(cloudCode);
    expect(ruleNames(world)).toEqual([]);
  });

  it("S22 keeps rules in a group that a service manages", async () => {
    const world = await namedIn((ip) => [allow("from-web", host(ip))], { managed: true });
    expect(await close(world)).toMatchObject({
      status: "nothing-to-release",
      kept: [{ rule: { description: "from-web" } }],
    });
    expect(mutations(world)).toEqual([]);
  });

  it("S22 closes nothing in a group that others use, or whose users could not all be asked", async () => {
    const world = await aliyunWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("app-office", office)] }],
      instances: [
        { id: "web", securityGroups: ["app"] },
        { id: "twin", securityGroups: ["app"] },
      ],
    });
    expect(await close(world, "exclusive-group")).toMatchObject({ status: "nothing-to-release" });
    await world.adapter.terminate([world.id("twin")], discard);
    await settle(world);
    const allow_ = world.faults.add({ fault: "deny", api: "ecs:DescribeNetworkInterfaces" });
    await close(world, "exclusive-group");
    expect(ruleNames(world)).toEqual(["app-office"]);
    allow_();
    expect(await close(world, "exclusive-group")).toMatchObject({ status: "released" });
    expect(ruleNames(world)).toEqual([]);
  });

  it("S22 closes rules of other groups that name a group of the target's own, and none that name a shared one", async () => {
    const world = await aliyunWorld();
    world.seed({
      securityGroups: [
        { id: "app", rules: [] },
        { id: "fleet", rules: [] },
        {
          id: "db",
          foreignUsers: ["interface"],
          rules: [allow("app-db", group("app")), allow("fleet-db", group("fleet"))],
        },
      ],
      instances: [
        { id: "web", securityGroups: ["app", "fleet"] },
        { id: "twin", securityGroups: ["fleet"] },
      ],
    });
    expect(await close(world, "exclusive-group")).toMatchObject({ status: "released" });
    expect(ruleNames(world)).toEqual(["fleet-db"]);
  });

  it("S23 leaves a rule whose peer is a range, though the target is in it", async () => {
    const world = await namedIn((ip) => [
      allow("range", { kind: "cidr", cidr: `${ip.replace(/\d+$/, "0")}/24`, family: "ipv4" }),
    ]);
    expect(await close(world)).toMatchObject({ status: "nothing-to-release" });
    expect(ruleNames(world)).toEqual(["range"]);
  });

  it("S23 keeps a private address in a group of another network", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    world.seed({ securityGroups: [{ id: "far", vpc: "elsewhere", rules: [allow("from-web", host(ip))] }] });
    await close(world);
    expect(ruleNames(world)).toEqual(["from-web"]);
  });

  it("S24 keeps a rule that denies while the instance stands, and closes it once it is gone", async () => {
    const world = await namedIn((ip) => [allow("never", host(ip), { action: "deny" })]);
    const record = await sighting(world, "web");
    expect(await close(world)).toMatchObject({ status: "nothing-to-release" });
    expect(ruleNames(world)).toEqual(["never"]);
    await world.adapter.terminate([record], discard);
    await settle(world);
    await world.adapter.releaseSecurityRules([record], { scope: "own-address" });
    expect(ruleNames(world)).toEqual([]);
  });

  it("S24 keeps the denials of a group of the target's own while it stands", async () => {
    const world = await aliyunWorld();
    world.seed({
      securityGroups: [
        { id: "app", rules: [allow("yes", office), allow("no", office, { action: "deny", ...port(1) })] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    expect(await close(world, "exclusive-group")).toMatchObject({ status: "released" });
    expect(ruleNames(world)).toEqual(["no"]);
  });

  it("S25 keeps the rule of a gone instance while a read shows another holder of its address", async () => {
    const world = await namedIn((ip) => [allow("from-web", host(ip))]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    world.seed([{ id: "heir", privateIps: record.privateIps }]);
    await settle(world);
    await world.adapter.releaseSecurityRules([record], { scope: "own-address" });
    expect(ruleNames(world)).toEqual(["from-web"]);
  });
});
