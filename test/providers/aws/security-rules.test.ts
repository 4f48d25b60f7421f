import { RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { awsWorld, discard, mutations, otherTool, sent, settle, sighting } from "./for-test.js";
import { allow, group, host, openTo, ruleNames } from "./rules.js";

const ingressApi = "ec2:RevokeSecurityGroupIngress";

describe("releaseSecurityRules on EC2: own addresses", () => {
  it("takes many rules of one group away in one request per direction", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    const rules = [
      ...[1, 2, 3].map((port) => allow(`in-${port}`, host(ip), port)),
      ...[1, 2].map((port) => ({ ...allow(`out-${port}`, host(ip), port), direction: "egress" as const })),
    ];
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules }] });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    expect(outcome).toMatchObject({ status: "released" });
    expect(mutations(world).map(({ api }) => api)).toEqual([ingressApi, "ec2:RevokeSecurityGroupEgress"]);
    expect(ruleNames(world)).toEqual([]);
  });

  it("takes a rule for gone that the cloud refuses to find, though a lagging list still shows it", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules: [allow("in", host(ip), 1)] }] });
    await settle(world);
    const [rule] = world.view().rules.filter(({ description }) => description === "in");
    const revoke = { GroupId: world.id("db"), SecurityGroupRuleIds: [rule?.id ?? ""] };
    await otherTool(world).send(new RevokeSecurityGroupIngressCommand(revoke));
    world.faults.add({ fault: "stale", api: "ec2:DescribeSecurityGroupRules", forMs: 5_000 });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    expect(outcome).toMatchObject({ status: "nothing-to-release", effects: [] });
    expect(sent(world, ingressApi).map(({ cloudCode }) => cloudCode)).toContain("InvalidSecurityGroupRuleId.NotFound");
  });

  it("lists again when one of a group's rules is gone, and takes the others", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    const rules = [1, 2, 3].map((port) => allow(`in-${port}`, host(ip), port));
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules }] });
    const second = world.view().rules.find(({ description }) => description === "in-2")?.id ?? "";
    let meddled = false;
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], {
      scope: "own-address",
      recorder: {
        intent: async () => {
          if (meddled) return;
          meddled = true;
          const revoke = { GroupId: world.id("db"), SecurityGroupRuleIds: [second] };
          await otherTool(world).send(new RevokeSecurityGroupIngressCommand(revoke));
          await world.clock.advance(60_000);
        },
        settled: async () => undefined,
      },
    });
    expect(outcome).toMatchObject({ status: "released" });
    const removed = outcome?.status === "released" ? outcome.removed.map(({ rule }) => rule.description) : [];
    expect(removed).toEqual(["in-1", "in-3"]);
    expect(ruleNames(world)).toEqual([]);
  });

  it("S22 keeps rules in groups that a stack or a service manages", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    world.seed({ securityGroups: [{ id: "db", managed: true, rules: [allow("from-web", host(ip))] }] });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    expect(outcome).toMatchObject({ status: "nothing-to-release", kept: [{ rule: { description: "from-web" } }] });
    expect(mutations(world)).toEqual([]);
  });

  it("S23 keeps a private address where the group is also used in another network", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["share"], rules: [allow("from-web", host(ip))] }] });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    expect(outcome).toMatchObject({ status: "nothing-to-release" });
    expect(JSON.stringify(outcome)).toContain("used elsewhere");
    expect(ruleNames(world)).toEqual(["from-web"]);
  });

  it("S23 keeps a private address where it could not be read in which networks the group is used", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules: [allow("from-web", host(ip))] }] });
    world.faults.add({ fault: "deny", api: "ec2:DescribeSecurityGroupVpcAssociations" });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    expect(outcome).toMatchObject({ status: "nothing-to-release" });
    expect(ruleNames(world)).toEqual(["from-web"]);
  });

  it("S25 keeps the rule of a gone instance while a read shows another holder of its address", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }, { id: "bystander" }]);
    const record = await sighting(world, "web");
    const ip = record.privateIps[0] ?? "";
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules: [allow("from-web", host(ip))] }] });
    await world.adapter.terminate([record], discard);
    await settle(world);
    world.seed([{ id: "heir", privateIps: [ip] }]);
    await settle(world);
    const [outcome] = await world.adapter.releaseSecurityRules([record], { scope: "own-address" });
    expect(outcome).toMatchObject({ status: "nothing-to-release" });
    expect(JSON.stringify(outcome)).toContain(world.id("heir"));
    expect(ruleNames(world)).toEqual(["from-web"]);
  });

  it("keeps the rule of an address whose interface outlives the instance", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", extraInterfaces: [{ id: "second", deletedWithInstance: false }] }]);
    const kept = (await sighting(world, "web")).networkInterfaces.find(({ id }) => id === world.id("second"));
    const rules = [allow("from-second", host(kept?.privateIps[0] ?? ""))];
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules }] });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")]);
    expect(JSON.stringify(outcome)).toContain("is kept");
    expect(ruleNames(world)).toContain("from-second");
  });
});

describe("releaseSecurityRules on EC2: exclusive groups", () => {
  it("S22 keeps a group whose interface outlives its instance", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("app-office", openTo)] }],
      instances: [
        {
          id: "web",
          extraInterfaces: [{ id: "second", deletedWithInstance: false, securityGroups: ["app"] }],
        },
      ],
    });
    await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(ruleNames(world)).toContain("app-office");
  });

  it("S22 keeps everything where one source of users cannot be read, and names it", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("app-office", openTo)] }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    world.faults.add({ fault: "server-error", api: "ec2:DescribeLaunchTemplateVersions" });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(outcome).toMatchObject({ status: "nothing-to-release" });
    expect(JSON.stringify(outcome)).toContain("ec2:DescribeLaunchTemplateVersions");
    expect(ruleNames(world)).toEqual(["app-office"]);
  });

  it("S22 closes no reference in a group that somebody else manages", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [
        { id: "app", rules: [allow("app-office", openTo)] },
        { id: "db", managed: true, foreignUsers: ["interface"], rules: [allow("from-app", group("app"))] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(outcome).toMatchObject({ status: "released", kept: [{ rule: { description: "from-app" } }] });
    expect(ruleNames(world)).toEqual(["from-app"]);
  });

  it("S22 keeps the group when somebody joins it between the two looks", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("app-office", openTo)] }],
      instances: [{ id: "web", securityGroups: ["app"] }, { id: "joiner" }],
    });
    let looks = 0;
    await world.adapter.releaseSecurityRules([world.id("web")], {
      scope: "exclusive-group",
      onEvent: (event) => {
        if (event.type !== "request" || event.api !== "ec2:DescribeSecurityGroupRules" || looks++ > 0) return;
        world.meddle({ set: [{ id: "joiner", securityGroups: ["app"] }] });
      },
    });
    expect(looks).toBeGreaterThan(0);
    expect(ruleNames(world)).toEqual(["app-office"]);
  });

  it("empties the groups of a whole set of targets, and lists each rule with the first of them", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("app-office", openTo)] }],
      instances: [
        { id: "one", securityGroups: ["app"] },
        { id: "two", securityGroups: ["app"] },
      ],
    });
    const outcomes = await world.adapter.releaseSecurityRules([world.id("one"), world.id("two")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "nothing-to-release"]);
    expect(ruleNames(world)).toEqual([]);
    expect(sent(world, ingressApi)).toHaveLength(1);
  });
});
