import { describe, expect, it } from "vitest";
import type { DependencyEdge } from "../../src/dependencies.js";
import type { Policy } from "../../src/flow/policy.js";
import { meddle, openFlow } from "./open-world.js";
import { aRecord, aRule } from "./scripted-adapter.js";

const ephemeral = { ip: "203.0.113.5", kind: "ephemeral", releasedWithInstance: true } as const;

function sees(id: string, ruleId: string): DependencyEdge {
  return {
    instanceId: id,
    node: { kind: "security-rule", id: ruleId },
    relation: "references",
    effect: "report",
    atTermination: "kept",
    why: "it opens a port to this address",
    source: "test:Rules",
  };
}

function withRule(policy: Policy = {}, record = aRecord("a"), address = "10.0.0.1") {
  const world = openFlow([record], policy);
  world.cloud.rules.set("r-1", aRule("r-1", "sg-x", address));
  world.cloud.edges.push(sees("a", "r-1"));
  return world;
}

describe("S20 rules of an address", () => {
  it("S20 go before the step that gives the address up", async () => {
    const world = withRule(
      { quarantine: { mode: "stop", forHours: 1 } },
      aRecord("a", { publicAddresses: [ephemeral] }),
      ephemeral.ip,
    );
    await world.plan();
    await world.execute({ maxIdleMs: 1 });
    expect(world.cloud.mutations).toEqual(["tag a", "releaseRules a", "stop a"]);
  });

  it("S20 that the server keeps wait for the final gate", async () => {
    const world = withRule();
    await world.plan();
    await world.execute();
    expect(world.cloud.mutations).toEqual(["tag a", "snapshot a", "releaseRules a", "terminate a"]);
  });

  it("S20 that appeared since planning go, too", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.rules.set("r-1", aRule("r-1", "sg-x", "10.0.0.1"));
    world.cloud.edges.push(sees("a", "r-1"));
    await world.execute();
    expect([...world.cloud.rules.keys()]).toEqual([]);
  });
});

describe("S20 what cannot be closed", () => {
  it("S20 keeps its server: it does not go before the rules of its address", async () => {
    const world = withRule();
    await world.plan();
    const problem = { code: "access-denied", message: "No.", hint: "" } as const;
    world.cloud.refuse = (api) => (api === "releaseRules" ? problem : undefined);
    expect((await world.execute()).instances[0]).toMatchObject({
      status: "blocked",
      problem: { code: "access-denied" },
    });
    expect(world.standing()).toEqual(["a"]);
    expect([...world.cloud.rules.keys()]).toEqual(["r-1"]);
  });

  it("S25 is a rule of an address that the server lost without this run", async () => {
    const world = withRule({}, aRecord("a", { publicAddresses: [ephemeral] }), ephemeral.ip);
    await world.plan();
    meddle(world.cloud, "a", { publicAddresses: [] });
    expect((await world.execute()).instances[0]?.status).toBe("accepted");
    expect(world.cloud.options.get("releaseSecurityRules:own-address")).toMatchObject({
      sightings: [{ id: "a", publicAddresses: [], privateIps: ["10.0.0.1"] }],
    });
  });
});

describe("S21 a rule", () => {
  it("S21 returns when the termination does not happen and the server still holds its address", async () => {
    const world = withRule();
    await world.plan();
    world.cloud.refuse = (api) => (api === "terminate" ? { code: "protected", message: "No.", hint: "" } : undefined);
    const result = await world.execute();
    expect(result.instances[0]?.status).toBe("blocked");
    expect([...world.cloud.rules.keys()]).toEqual(["r-1"]);
  });

  it.each([
    ["a stranger holds its address", () => ({ privateIps: ["10.0.0.77"], networkInterfaces: [] })],
    ["its server is on the way out", () => ({ state: { unified: "terminating", raw: "shutting-down" } as const })],
  ])("S21 stays away when %s by then", async (_, change) => {
    const world = withRule();
    await world.plan();
    world.cloud.refuse = (api) => {
      if (api !== "terminate") return undefined;
      meddle(world.cloud, "a", change());
      return { code: "quota", message: "No.", hint: "" };
    };
    const result = await world.execute();
    expect(world.cloud.rules.size).toBe(0);
    const outcomes = [];
    for await (const { entry } of world.journal.read()) {
      if (entry.type === "outcome" && entry.operation === "revert") outcomes.push(entry.outcome);
    }
    expect(outcomes).toContainEqual(expect.objectContaining({ status: "not-restored", cause: "address-released" }));
    expect(result.instances[0]?.status).toBe("blocked");
  });
});

describe("S25 what is named by an address", () => {
  const target: DependencyEdge = {
    instanceId: "a",
    node: { kind: "load-balancer-target", id: "tg-1/10.0.0.1:80" },
    relation: "member",
    effect: "release-first",
    atTermination: "kept",
    why: "it takes traffic",
    source: "test:Targets",
  };

  it("S25 is touched while the server is seen holding it", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.edges.push(target);
    world.cloud.registrations.add("tg-1/10.0.0.1:80 a");
    await world.plan();
    expect((await world.execute()).instances[0]?.status).toBe("accepted");
    expect(world.cloud.mutations).toContain("release:load-balancer-target a");
  });

  it("S25 is left alone once the address may be a stranger's", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.edges.push(target);
    world.cloud.registrations.add("tg-1/10.0.0.1:80 a");
    await world.plan();
    world.cloud.after = (api) => {
      if (api === "tag") meddle(world.cloud, "a", { privateIps: ["10.0.0.9"], networkInterfaces: [] });
    };
    expect((await world.execute()).instances[0]?.status).toBe("drifted");
    expect(world.cloud.mutations).not.toContain("release:load-balancer-target a");
  });

  it("S25 is looked at again when the run goes on later", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.edges.push(target);
    world.cloud.registrations.add("tg-1/10.0.0.1:80 a");
    await world.plan();
    let frozen = false;
    world.cloud.after = (api) => {
      if (api === "tag") frozen = true;
    };
    const control = () => (frozen ? ({ state: "freeze", reason: "x" } as const) : ({ state: "run" } as const));
    expect((await world.execute({ control })).status).toBe("stopped");
    meddle(world.cloud, "a", { privateIps: ["10.0.0.9"], networkInterfaces: [] });
    frozen = false;
    world.cloud.after = undefined;
    expect((await world.execute({ control })).instances[0]?.status).toBe("drifted");
    expect(world.cloud.mutations).not.toContain("release:load-balancer-target a");
  });

  it("S25 lets a rule for an address that somebody else took away stay", async () => {
    const world = withRule({}, aRecord("a", { publicAddresses: [ephemeral] }), ephemeral.ip);
    await world.plan();
    // Somebody stopped it: the address went back to the pool, and not by this run.
    meddle(world.cloud, "a", { publicAddresses: [] });
    await world.execute();
    const sightings = world.cloud.options.get("releaseSecurityRules:own-address");
    expect(sightings).toMatchObject({ sightings: [{ publicAddresses: [] }] });
  });
});

describe("rules of a group", () => {
  it("wait until every planned user is gone, not while one is only recycled", async () => {
    const shared = { securityGroupIds: ["sg-1"] };
    const world = openFlow([aRecord("a", shared), aRecord("b", shared)], { waves: [1] });
    world.cloud.edges.push(
      { ...sees("a", "sg-1"), node: { kind: "security-group", id: "sg-1" } },
      { ...sees("b", "sg-1"), node: { kind: "security-group", id: "sg-1" } },
    );
    world.cloud.rules.set("any", { ...aRule("any", "sg-1", "10.0.0.1"), peer: { kind: "any" } });
    await world.plan();
    const releases = () => world.cloud.calls.filter((call) => call.startsWith("releaseSecurityRules:exclusive-group"));
    let afterFirst = -1;
    await world.execute({
      hooks: {
        afterWave: (wave) => {
          if (wave === 0) afterFirst = releases().length;
          return undefined;
        },
      },
    });
    expect(afterFirst).toBe(0);
    expect(releases()).toEqual(["releaseSecurityRules:exclusive-group a b"]);

    const binned = openFlow([aRecord("a", shared)]);
    binned.cloud.edges.push({ ...sees("a", "sg-1"), node: { kind: "security-group", id: "sg-1" } });
    binned.cloud.rules.set("any", { ...aRule("any", "sg-1", "10.0.0.1"), peer: { kind: "any" } });
    binned.cloud.paths.set("a", { how: "recycle" });
    await binned.plan();
    expect((await binned.execute()).instances[0]?.status).toBe("recycled");
    expect([...binned.cloud.rules.keys()]).toEqual(["any"]);
  });
});
