/*
 * Listings of Huawei Cloud that leave rows out for whoever may not see them. AS answers a user of some enterprise projects
 * with the groups of those ("Querying AS Groups", enterprise_project_id); of ports nothing is said.
 */
import { describe, expect, it } from "vitest";
import { adapterReading, discard, expectBlocked, huaweiWorld, mutations } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

/** The adapter of somebody who sees none of these rows. */
async function blindTo(world: HuaweiWorld, ...lists: readonly (readonly [path: RegExp, field: string])[]) {
  return await adapterReading(world, (path, text) => {
    const list = lists.find(([pattern]) => pattern.test(path));
    return list ? JSON.stringify({ ...JSON.parse(text), [list[1]]: [], total_number: 0 }) : text;
  });
}

const scalingGroups = [/\/scaling_group$/, "scaling_groups"] as const;
const securityGroups = [/\/vpc\/security-groups$/, "security_groups"] as const;
const ports = [/\/ports$/, "ports"] as const;

describe("rows of Huawei Cloud that may be hidden", () => {
  it("S01 are no AS groups where nothing else of the project shows, and keep a server", async () => {
    const world = await huaweiWorld();
    world.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"] }],
    });
    const adapter = await blindTo(world, scalingGroups, securityGroups);
    const { coverage } = await adapter.listDependencies([world.id("web")]);
    const line = coverage.find(({ kind, gate }) => kind === "auto-scaling-group" && gate === "required");
    expect(line).toMatchObject({ status: "partial" });
    expectBlocked((await adapter.terminate([world.id("web")], discard))[0], "access-denied");
    expectBlocked(
      (await adapter.quarantine([world.id("web")], { mode: "stop", reason: "a test" }))[0],
      "access-denied",
    );
    expect(mutations(world)).toEqual([]);
  });

  it("S01 are none where the project's default group is seen by the same credentials", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const { coverage } = await world.adapter.listDependencies([world.id("web")]);
    const line = coverage.find(({ kind, gate }) => kind === "auto-scaling-group" && gate === "required");
    expect(line).toMatchObject({ status: "checked", control: { by: "row", row: "default-group" } });
    expect((await world.adapter.terminate([world.id("web")], discard))[0]?.status).toBe("accepted");
  });

  it("S22 are users of a group whose ports do not even show the server that is in it", async () => {
    const world = await huaweiWorld();
    const rules = [{ direction: "ingress", peer: { kind: "any" } }] as const;
    world.seed({
      securityGroups: [{ id: "app", rules }],
      instances: ["web", "stranger"].map((id) => ({ id, securityGroups: ["app"] })),
    });
    const adapter = await blindTo(world, ports);
    const before = world.view().rules.length;
    const [outcome] = await adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(outcome?.status).not.toBe("released");
    expect([mutations(world), world.view().rules.length]).toEqual([[], before]);
    const { coverage, edges } = await adapter.listDependencies([world.id("web")]);
    expect(coverage.find(({ kind, source }) => kind === "security-group" && source === "vpc:ListPorts")).toMatchObject({
      status: "partial",
    });
    expect(edges.filter(({ node }) => node.kind === "security-rule")).toEqual([]);
  });
});
