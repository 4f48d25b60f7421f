import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { permissions } from "../../../providers/aws/permissions.js";
import { verifyDeleted } from "../../../providers/aws/verify.js";
import type { Operation } from "../../../src/adapter.js";
import { readingWorld } from "./reading-world.js";

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

const statements = (region: string, operations?: readonly Operation[]) =>
  JSON.parse(JSON.stringify(permissions(region, operations).document)).Statement as readonly Statement[];

const actionsOf = (operation: Operation) => permissions("eu-west-1", [operation]).actions;

/** IAM knows both generations of load balancers by one name. */
const sent = (byApi: Readonly<Record<string, number>>) =>
  Object.keys(byApi).map((api) => api.replace(/^elb:/, "elasticloadbalancing:"));

describe("permissions", () => {
  it("hold everything that a rich listing and its verification send", async () => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "app" }],
      instances: [
        { id: "web", securityGroups: ["app"], addresses: [{ kind: "elastic" }], terminationProtection: true },
        { id: "spot", billing: "spot" },
      ],
      owners: [
        { kind: "load-balancer-target", id: "pool", members: ["web"] },
        { kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true },
        { kind: "spot-request", id: "request", members: ["spot"], replaces: true },
        { kind: "dedicated-host", id: "host", members: ["web"] },
        { kind: "address-list", id: "list", members: ["web"] },
      ],
    });
    const records = [await world.record("web"), await world.record("spot")];
    const listing = await world.counted(() => listDependencies(world.open, records));
    world.fake.meddle({ remove: ["web", "spot"] });
    const before = listing.answer;
    const verification = await world.counted(() => verifyDeleted(world.open, records, { before }));
    const named = (operation: "listDependencies" | "verifyDeleted") => actionsOf(operation).map(({ action }) => action);
    expect(named("listDependencies")).toEqual(expect.arrayContaining(sent(listing.byApi)));
    expect(named("verifyDeleted")).toEqual(expect.arrayContaining(sent(verification.byApi)));
  });

  it("call optional what only leaves a gap in the coverage", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web", addresses: [{ kind: "elastic" }] }]);
    const ids = [world.fake.id("web")];
    const { byApi } = await world.counted(() => listDependencies(world.open, ids));
    for (const { action, optional } of actionsOf("listDependencies")) {
      if (byApi[action] === undefined || action.startsWith("sts:")) continue;
      const heal = world.fake.faults.add({ fault: "deny", api: action });
      const threw = await listDependencies(world.open, ids).then(
        () => false,
        () => true,
      );
      heal();
      expect([action, !optional]).toEqual([action, threw]);
    }
  });

  it("put no write on every resource, and no action behind a wildcard", () => {
    const reads = /:(Describe|List|Get)/;
    for (const { Action, Resource } of statements("eu-west-1")) {
      for (const action of Action) {
        expect(action).not.toContain("*");
        if (!reads.test(action)) expect([action, Resource]).not.toEqual([action, "*"]);
      }
    }
  });

  it("let snapshots be deleted only where they carry our mark", () => {
    const statement = statements("eu-west-1", ["removeArtifacts"]).find(({ Action }) =>
      Action.includes("ec2:DeleteSnapshot"),
    );
    expect(statement).toMatchObject({
      Resource: ["arn:aws:ec2:eu-west-1::snapshot/*"],
      Condition: { Null: { "aws:ResourceTag/cloud-decom:run": "false" } },
    });
  });

  it("S33 hold the undo of what an operation changes", () => {
    const named = (operation: Operation) => actionsOf(operation).map(({ action }) => action);
    expect(named("releaseSecurityRules")).toContain("ec2:AuthorizeSecurityGroupIngress");
    expect(named("terminate")).toContain("ec2:ModifyInstanceAttribute");
    expect(named("quarantine")).toContain("ec2:StartInstances");
    expect(named("releaseDependencies")).toContain("elasticloadbalancing:RegisterTargets");
    expect(named("tagInstances")).toContain("ec2:DeleteTags");
  });

  it("hold no write that the adapter never sends", () => {
    const sources = ["", "/quarantine", "/release", "/revert", "/rules", "/snapshots", "/termination"].flatMap(
      (folder) => {
        const home = new URL(`../../../providers/aws${folder}/`, import.meta.url);
        const files = readdirSync(home).filter((name) => name.endsWith(".ts") && !name.startsWith("permission"));
        return files.map((name) => readFileSync(new URL(name, home), "utf8"));
      },
    );
    const code = sources.join("\n");
    const unsent = statements("eu-west-1")
      .flatMap(({ Action }) => Action)
      .map((action) => action.split(":")[1] ?? "")
      .filter((action) => !code.includes(`"${action}"`))
      // Their names are put together, or they are in the tables of what is looked at.
      .filter((action) => !/^(Describe|List|Get|RestoreVolume|RestoreSnapshot|RestoreImage)/.test(action));
    expect(unsent).toEqual([]);
  });

  it("only read where an operation only reads", () => {
    for (const operation of [
      "whoAmI",
      "findInstances",
      "listDependencies",
      "verifyDeleted",
      "findOwnArtifacts",
    ] as const)
      for (const { action } of actionsOf(operation)) expect(action).toMatch(/:(Describe|List|Get)/);
  });

  it.each([
    ["cn-north-1", "arn:aws-cn:"],
    ["us-gov-west-1", "arn:aws-us-gov:"],
    ["eu-west-1", "arn:aws:"],
  ])("name resources of the partition of %s", (region, prefix) => {
    const named = statements(region).flatMap(({ Resource }) => Resource);
    expect(
      named.filter((arn) => arn !== "*").every((arn) => arn.startsWith(prefix) && arn.includes(`:${region}:`)),
    ).toBe(true);
  });
});
