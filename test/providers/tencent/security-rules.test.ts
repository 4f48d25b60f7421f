import { describe, expect, it } from "vitest";
import type { MutationRecorder } from "../../../src/effects.js";
import { byAnotherTool, discard, sent, settle, sighting, tencentWorld } from "./for-test.js";
import { allow, ruleNames, shared } from "./rules.js";
import type { TencentWorld } from "./world.js";

const own = { scope: "own-address" } as const;
const exclusive = { scope: "exclusive-group" } as const;
const deletions = (world: TencentWorld) => sent(world, "vpc:DeleteSecurityGroupPolicies");

/** A server with a known address, and a group of others whose rules are made from it. */
async function client(world: TencentWorld, rules: (ip: string) => ReturnType<typeof allow>[]): Promise<string> {
  world.seed([{ id: "web" }]);
  const ip = (await sighting(world, "web")).privateIps[0] ?? "";
  world.seed({ securityGroups: [shared("db", rules(ip))] });
  return ip;
}

/** Somebody else changes the group once, when a request has been announced and not yet sent. */
function changedBeforeSending(change: () => Promise<unknown>): MutationRecorder {
  let isDone = false;
  return {
    intent: async () => {
      if (!isDone) await change();
      isDone = true;
    },
    settled: async () => undefined,
  };
}

/** What another tool puts in front of all rules of the group. */
const inFront = (world: TencentWorld) =>
  byAnotherTool(world, "vpc:CreateSecurityGroupPolicies", {
    SecurityGroupId: world.id("db"),
    SecurityGroupPolicySet: {
      Ingress: [
        {
          PolicyIndex: 0,
          Protocol: "tcp",
          Port: "22",
          CidrBlock: "203.0.113.77",
          Action: "ACCEPT",
          PolicyDescription: "new",
        },
      ],
    },
  });

describe("rules of CVM security groups", () => {
  it("go by place and version, one direction a request, and never by writing the group anew", async () => {
    const world = await tencentWorld();
    await client(world, (ip) => [
      allow("keep-1", "203.0.113.1"),
      allow("web-1", ip),
      allow("keep-2", "203.0.113.2"),
      allow("web-2", ip, { ports: { kind: "all" } }),
      allow("out", ip, { direction: "egress" }),
    ]);
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], own);
    expect(outcome).toMatchObject({ status: "released", removed: { length: 3 } });
    expect(deletions(world).map(({ parameters }) => parameters.SecurityGroupPolicySet)).toEqual([
      { Version: "1", Ingress: [{ PolicyIndex: 1 }, { PolicyIndex: 3 }] },
      { Version: "2", Egress: [{ PolicyIndex: 0 }] },
    ]);
    expect(sent(world, "vpc:ModifySecurityGroupPolicies")).toEqual([]);
    expect(ruleNames(world, "db")).toEqual(["keep-1", "keep-2"]);
  });

  it("are found again where the group changes between the read and the request", async () => {
    const world = await tencentWorld();
    await client(world, (ip) => [allow("keep", "203.0.113.1"), allow("from-web", ip)]);
    const recorder = changedBeforeSending(() => inFront(world));
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { ...own, recorder });
    expect(outcome).toMatchObject({ status: "released", removed: [{ rule: { description: "from-web" } }] });
    expect(ruleNames(world, "db")).toEqual(["new", "keep"]);
    expect(deletions(world)).toMatchObject([
      { cloudCode: "UnsupportedOperation.VersionMismatch", tookEffect: false },
      { parameters: { SecurityGroupPolicySet: { Version: "2", Ingress: [{ PolicyIndex: 2 }] } }, tookEffect: true },
    ]);
  });

  it("are never hit by a request whose version the cloud did not take", async () => {
    const world = await tencentWorld();
    await client(world, (ip) => [allow("from-web", ip)]);
    world.faults.add({
      fault: "error",
      api: "vpc:DeleteSecurityGroupPolicies",
      cloudCode: "UnsupportedOperation.VersionMismatch",
    });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], own);
    expect(outcome).toMatchObject({ status: "blocked", problem: { code: "conflict" } });
    expect(ruleNames(world, "db")).toEqual(["from-web"]);
    for (const { parameters } of deletions(world)) {
      expect(parameters.SecurityGroupPolicySet).toMatchObject({ Version: "1" });
    }
  });

  it("S24 that deny stay while the server stands, in a group of its own as well", async () => {
    const world = await tencentWorld();
    world.seed({
      securityGroups: [
        { id: "app", rules: [allow("deny", "203.0.113.9", { action: "deny" }), allow("in", "203.0.113.8")] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const record = await sighting(world, "web");
    const [standing] = await world.adapter.releaseSecurityRules([record], exclusive);
    expect(standing).toMatchObject({ status: "released", kept: [{ rule: { description: "deny" } }] });
    expect(ruleNames(world, "app")).toEqual(["deny"]);
    await world.adapter.terminate([record], discard);
    await settle(world);
    await world.adapter.releaseSecurityRules([record], exclusive);
    expect(ruleNames(world, "app")).toEqual([]);
  });

  it("S23 that name a private address stay where the group is used in another network, too", async () => {
    const world = await tencentWorld();
    await client(world, (ip) => [allow("from-web", ip)]);
    world.seed([{ id: "far", vpc: "another", securityGroups: ["db"] }]);
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], own);
    expect(outcome).toMatchObject({ status: "nothing-to-release", kept: { length: 1 } });
    expect(ruleNames(world, "db")).toEqual(["from-web"]);
  });

  it.each(["managed-service", "database", "load-balancer"] as const)(
    "S23 that name a private address stay where a %s uses the group, which tells no network",
    async (user) => {
      const world = await tencentWorld();
      world.seed([{ id: "web" }]);
      const ip = (await sighting(world, "web")).privateIps[0] ?? "";
      world.seed({ securityGroups: [{ id: "db", rules: [allow("from-web", ip)], foreignUsers: ["interface", user] }] });
      await world.adapter.releaseSecurityRules([world.id("web")], own);
      expect(ruleNames(world, "db")).toEqual(["from-web"]);
    },
  );

  it("S22 stay in a group that a secondary interface of the server goes on using", async () => {
    const world = await tencentWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("in", "203.0.113.8")] }],
      instances: [{ id: "web", securityGroups: ["app"], extraInterfaces: [{ securityGroups: ["app"] }] }],
    });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], exclusive);
    expect(outcome).toMatchObject({ status: "nothing-to-release" });
    expect(ruleNames(world, "app")).toEqual(["in"]);
  });
});

describe("rules that come back", () => {
  const release = async (world: TencentWorld) => {
    const outcomes = await world.adapter.releaseSecurityRules([world.id("web")], own);
    return outcomes.flatMap((outcome) => outcome.effects);
  };

  it("S24 stand between the same neighbours again, several side by side included", async () => {
    const world = await tencentWorld();
    await client(world, (ip) => [
      allow("first", "203.0.113.1"),
      allow("web-1", ip),
      allow("web-2", ip, { ports: { kind: "all" } }),
      allow("last", "203.0.113.2"),
    ]);
    const effects = await release(world);
    expect(ruleNames(world, "db")).toEqual(["first", "last"]);
    for (const outcome of await world.adapter.revert(effects)) expect(outcome.status).toBe("reverted");
    expect(ruleNames(world, "db")).toEqual(["first", "web-1", "web-2", "last"]);
  });

  it("S24 stay away where others stand between their neighbours by now", async () => {
    const world = await tencentWorld();
    await client(world, (ip) => [allow("from-web", ip), allow("last", "203.0.113.2")]);
    const effects = await release(world);
    await inFront(world);
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "not-restored", cause: "order-changed" }]);
    expect(ruleNames(world, "db")).toEqual(["new", "last"]);
  });

  it("are sent without the empty fields that a read fills in", async () => {
    const world = await tencentWorld();
    const ip = await client(world, (address) => [allow("from-web", address)]);
    await world.adapter.revert(await release(world));
    const [request] = sent(world, "vpc:CreateSecurityGroupPolicies");
    expect(request?.parameters.SecurityGroupPolicySet).toEqual({
      Version: "2",
      Ingress: [
        {
          PolicyIndex: 0,
          Protocol: "tcp",
          Port: "5432",
          CidrBlock: `${ip}/32`,
          Action: "ACCEPT",
          PolicyDescription: "from-web",
        },
      ],
    });
  });

  it("S22 stay away from a group that holds a rule which is not from before", async () => {
    const world = await tencentWorld();
    world.seed({
      securityGroups: [{ id: "db", rules: [allow("in", "203.0.113.8")] }],
      instances: [{ id: "web", securityGroups: ["db"] }],
    });
    const effects = (await world.adapter.releaseSecurityRules([world.id("web")], exclusive)).flatMap(
      (outcome) => outcome.effects,
    );
    await inFront(world);
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "not-reverted", cause: "changed-since" }]);
    expect(ruleNames(world, "db")).toEqual(["new"]);
  });
});
