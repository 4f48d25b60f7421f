/*
 * Rules of VPC v3, the only API of Huawei Cloud that can tell all of one: deny, priority, lists of ports, address groups.
 * Source: "Creating a Security Group Rule" (vpc_sg01_0012 and its v3 pages).
 */
import { describe, expect, it } from "vitest";
import type { SeedRule } from "../../../src/testing/seed.js";
import { discard, huaweiWorld, mutations, sent, settle, sighting } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const remove = "vpc:DELETE /v3/{project_id}/vpc/security-group-rules/{security_group_rule_id}";
const create = "vpc:POST /v3/{project_id}/vpc/security-group-rules";
const scope = "own-address";

/** A rule for one address. */
function from(ip: string, over: Partial<SeedRule> = {}): SeedRule {
  return { direction: "ingress", peer: { kind: "cidr", cidr: `${ip}/32`, family: "ipv4" }, ...over };
}

/** A server, and a group that others use which holds rules about it. */
async function worldWith(rules: (ip: string) => readonly SeedRule[], group = {}) {
  const world = await huaweiWorld();
  world.seed([{ id: "web" }]);
  const ip = (await sighting(world, "web")).privateIps[0] ?? "";
  world.seed({
    securityGroups: [{ id: "db", rules: rules(ip), ...group }],
    instances: [{ id: "base", securityGroups: ["db"] }],
  });
  return { world, ip, ids: [world.id("web")] };
}

function rulesOf(world: HuaweiWorld, name: string) {
  return world.view().rules.filter(({ groupId }) => groupId === world.id(name));
}

describe("rules of Huawei Cloud that name a server's own address", () => {
  it("takes each away by its id and nothing else of its group", async () => {
    const { world, ids } = await worldWith((ip) => [
      from(ip, { description: "own" }),
      from("10.9.9.9", { description: "other" }),
    ]);
    const own = rulesOf(world, "db").find(({ description }) => description === "own")?.id;
    const [outcome] = await world.adapter.releaseSecurityRules(ids, { scope });
    expect(outcome).toMatchObject({ status: "released" });
    expect(sent(world, remove).map(({ parameters }) => parameters.path)).toEqual([
      expect.objectContaining({ security_group_rule_id: own }),
    ]);
    expect(rulesOf(world, "db").map(({ description }) => description)).toEqual(["other"]);
  });

  // The priority is a number in answers and a text in requests; an absent one means 100 there.
  it("puts a rule back as it was: its priority as text, all its ports, its action and whether it is on", async () => {
    const ports = {
      kind: "ranges",
      ranges: [
        { from: 22, to: 22 },
        { from: 80, to: 90 },
      ],
    } as const;
    const protocol = { unified: "tcp", raw: "tcp" } as const;
    const { world, ids } = await worldWith((ip) => [
      from(ip, { ports, protocol, priority: 7, enabled: false, description: "own" }),
    ]);
    const before = withoutIds(rulesOf(world, "db"));
    const [outcome] = await world.adapter.releaseSecurityRules(ids, { scope });
    expect(rulesOf(world, "db")).toEqual([]);
    const [undone] = await world.adapter.revert(outcome?.effects ?? []);
    expect(undone?.status).toBe("reverted");
    expect(JSON.stringify(sent(world, create)[0]?.parameters.body)).toContain('"priority":"7"');
    expect(withoutIds(rulesOf(world, "db"))).toEqual(before);
  });

  it("S24 leaves a deny rule while the server stands, and takes it once the server is gone", async () => {
    const { world, ids } = await worldWith((ip) => [from(ip, { action: "deny" })]);
    const record = await sighting(world, "web");
    const [standing] = await world.adapter.releaseSecurityRules(ids, { scope });
    expect(standing).toMatchObject({ status: "nothing-to-release" });
    expect(mutations(world)).toEqual([]);
    await world.adapter.terminate(ids, discard);
    await settle(world);
    const [gone] = await world.adapter.releaseSecurityRules([record], { scope });
    expect(gone).toMatchObject({ status: "released" });
    expect(rulesOf(world, "db")).toEqual([]);
  });

  it("S23 leaves the rule of an address group, in which others may be", async () => {
    const { world, ids } = await worldWith(() => [
      { direction: "ingress", peer: { kind: "address-list", list: "address-group", id: "offices" } },
    ]);
    await world.adapter.releaseSecurityRules(ids);
    expect(rulesOf(world, "db")).toHaveLength(1);
    expect(mutations(world)).toEqual([]);
  });

  it("S23 leaves a rule for a network in which the address is one of many", async () => {
    const wide = { kind: "cidr", cidr: "192.168.0.0/24", family: "ipv4" } as const;
    const { world, ids } = await worldWith(() => [{ direction: "ingress", peer: wide }]);
    await world.adapter.releaseSecurityRules(ids, { scope });
    expect(rulesOf(world, "db")).toHaveLength(1);
  });

  it("S23 leaves a private address in a group that is used in another network, too", async () => {
    const { world, ids } = await worldWith((ip) => [from(ip)]);
    world.seed([{ id: "far", vpc: "another", securityGroups: ["db"] }]);
    const [outcome] = await world.adapter.releaseSecurityRules(ids, { scope });
    expect(outcome).toMatchObject({ status: "nothing-to-release" });
    expect(rulesOf(world, "db")).toHaveLength(1);
  });
});

describe("groups of Huawei Cloud that a server has for itself", () => {
  const lone = { id: "lone", rules: [from("10.0.0.9", { description: "in" })] };

  it("empties the group that the server alone uses, and leaves the group itself on its interface", async () => {
    const world = await huaweiWorld();
    world.seed({ securityGroups: [lone], instances: [{ id: "web", securityGroups: ["lone"] }] });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(outcome).toMatchObject({ status: "released" });
    expect(rulesOf(world, "lone")).toEqual([]);
    expect((await sighting(world, "web")).securityGroupIds).toEqual([world.id("lone")]);
  });

  it("S24 puts the rules of the group back beside the denials that stayed in it while the server stood", async () => {
    const world = await huaweiWorld();
    const deny = from("10.0.0.8", { action: "deny", description: "out" });
    world.seed({
      securityGroups: [{ ...lone, rules: [...lone.rules, deny] }],
      instances: [{ id: "web", securityGroups: ["lone"] }],
    });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(rulesOf(world, "lone").map(({ description }) => description)).toEqual(["out"]);
    const undone = await world.adapter.revert(outcome?.effects ?? []);
    expect(undone.map(({ status }) => status)).toEqual(["reverted"]);
    expect(rulesOf(world, "lone")).toHaveLength(2);
  });

  it("S22 never touches the default group, whoever uses it", async () => {
    const world = await huaweiWorld();
    world.seed({
      securityGroups: [{ ...lone, isDefault: true }],
      instances: [{ id: "web", securityGroups: ["lone"] }],
    });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(outcome).toMatchObject({ status: "nothing-to-release" });
    expect(mutations(world)).toEqual([]);
  });

  it.each([
    "vpc:GET /v1/{project_id}/ports",
    "ecs:GET /v3/{project_id}/launch-template-versions",
    "as:GET /autoscaling-api/v1/{project_id}/scaling_configuration",
  ])("S22 keeps everything of the group while its users could not be read through %s", async (api) => {
    const world = await huaweiWorld();
    world.seed({ securityGroups: [lone], instances: [{ id: "web", securityGroups: ["lone"] }] });
    world.faults.add({ fault: "deny", api });
    await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" }).catch(() => []);
    expect(rulesOf(world, "lone")).toHaveLength(1);
    expect(mutations(world)).toEqual([]);
  });
});

function withoutIds(rules: ReturnType<HuaweiWorld["view"]>["rules"]) {
  return rules.map(({ id: _, ...rest }) => rest);
}
