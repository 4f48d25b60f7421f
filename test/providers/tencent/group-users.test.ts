import { describe, expect, it } from "vitest";
import {
  type GroupUsers,
  groupUserSources,
  readGroupUsers,
  readReferences,
} from "../../../providers/tencent/dependencies/group-users.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import { byAnotherTool, sent, tencentWorld } from "./for-test.js";
import type { TencentWorld } from "./world.js";

async function usersOf(world: TencentWorld, ...names: string[]): Promise<GroupUsers> {
  return await readGroupUsers(
    await world.open("reads"),
    names.map((name) => world.id(name)),
  );
}

async function seeded(seed: WorldSeed): Promise<TencentWorld> {
  const world = await tencentWorld();
  world.seed(seed);
  return world;
}

describe("who uses a security group", () => {
  it("S22 names instances and secondary interfaces, and nothing more where the counts agree", async () => {
    const world = await seeded({
      instances: [{ id: "web", securityGroups: ["app"], extraInterfaces: [{ id: "second", securityGroups: ["app"] }] }],
    });
    const { uses, unchecked } = await usersOf(world, "app");
    expect(uses).toMatchObject([
      { kind: "instance", id: world.id("web"), instanceId: world.id("web") },
      { kind: "network-interface", id: world.id("second"), instanceId: world.id("web") },
    ]);
    expect(uses).toHaveLength(2);
    expect(unchecked).toEqual([]);
  });

  it("S22 counts an instance in the recycle bin, which still holds its groups", async () => {
    const world = await seeded({
      instances: [{ id: "binned", billing: "prepaid", state: "recycled", securityGroups: ["app"] }],
    });
    expect((await usersOf(world, "app")).uses).toMatchObject([{ instanceId: world.id("binned") }]);
  });

  it.each([
    ["database", { kind: "product", id: "Redis" }],
    ["managed-service", { kind: "product", id: "EKS" }],
    ["load-balancer", { kind: "product", id: "CLB" }],
    ["interface", { kind: "network-interface" }],
    ["template", { kind: "launch-template" }],
    ["scaling-group", { kind: "launch-configuration" }],
  ] as const)("S22 finds a %s, whether or not a flat counter covers it", async (user, use) => {
    const world = await seeded({ securityGroups: [{ id: "app", foreignUsers: [user] }] });
    const { uses } = await usersOf(world, "app");
    expect(uses).toMatchObject([use]);
    expect(uses[0]?.instanceId).toBeUndefined();
  });

  it("S22 takes a user that is counted and not listed for a stranger", async () => {
    const world = await seeded({ instances: [{ id: "web", securityGroups: ["app"] }, { id: "joiner" }] });
    world.faults.add({ fault: "stale", api: "cvm:DescribeInstances", forMs: 60_000 });
    const joins = { InstanceIds: [world.id("joiner")], SecurityGroups: [world.id("app")] };
    await byAnotherTool(world, "cvm:ModifyInstancesAttribute", joins);
    const { uses } = await usersOf(world, "app");
    expect(uses).toMatchObject([{ instanceId: world.id("web") }, { kind: "product", id: "CVM" }]);
    expect(uses[1]?.instanceId).toBeUndefined();
  });

  it.each(groupUserSources.map((source) => [source]))("S22 says that %s could not be read", async (source) => {
    const world = await seeded({
      securityGroups: [{ id: "app", foreignUsers: ["template"] }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    world.faults.add({ fault: "deny", api: source });
    const { unchecked } = await usersOf(world, "app");
    expect(unchecked).toMatchObject([{ source, problem: { code: "access-denied" } }]);
  });

  it("reads every version of a template: those above 30 are shown only when asked for", async () => {
    const world = await seeded({ securityGroups: [{ id: "app", foreignUsers: ["template"] }] });
    await usersOf(world, "app");
    expect(sent(world, "cvm:DescribeLaunchTemplateVersions")[0]?.parameters.MaxVersion).toBe(1);
  });

  it("asks for no more groups at once than each call takes", async () => {
    const names = Array.from({ length: 23 }, (_, index) => `g${index}`);
    const world = await seeded({ securityGroups: names.map((id) => ({ id })) });
    expect((await usersOf(world, ...names)).unchecked).toEqual([]);
    expect(sent(world, "vpc:DescribeSecurityGroupAssociationStatistics")).toHaveLength(2);
    expect(sent(world, "cvm:DescribeInstances")).toHaveLength(5);
  });

  it("names the groups whose rules name a group, but not the group itself", async () => {
    const allowApp = { direction: "ingress", peer: { kind: "security-group", groupId: "app" } } as const;
    const world = await seeded({
      securityGroups: [
        { id: "app", rules: [allowApp] },
        { id: "db", rules: [allowApp] },
      ],
    });
    const references = await readReferences(await world.open("reads"), [world.id("app")]);
    expect(references.get(world.id("app"))).toEqual([world.id("db")]);
  });
});
