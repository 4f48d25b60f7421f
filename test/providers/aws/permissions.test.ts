import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { permissions } from "../../../providers/aws/permissions.js";
import { verifyDeleted } from "../../../providers/aws/verify.js";
import type { Operation } from "../../../src/adapter.js";
import { expectOnlyReads, expectOptionalOnlyLeavesGaps } from "../permissions.js";
import { actionBehind, awsWorld } from "./for-test.js";
import { readingWorld } from "./reading-world.js";

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

const statements = (region: string, operations?: readonly Operation[]) =>
  JSON.parse(JSON.stringify(permissions(region, operations).document)).Statement as readonly Statement[];

const named = (operation: Operation) => permissions("eu-west-1", [operation]).actions.map(({ action }) => action);

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
    const needed = (byApi: Readonly<Record<string, number>>) => Object.keys(byApi).map(actionBehind);
    expect(named("listDependencies")).toEqual(expect.arrayContaining(needed(listing.byApi)));
    expect(named("verifyDeleted")).toEqual(expect.arrayContaining(needed(verification.byApi)));
  });

  it("call optional what only leaves a gap in the coverage", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", addresses: [{ kind: "elastic" }] }]);
    await expectOptionalOnlyLeavesGaps(world, actionBehind);
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
    expectOnlyReads(named, /:(Describe|List|Get)/);
  });

  it.each([
    ["cn-north-1", "arn:aws-cn:"],
    ["us-gov-west-1", "arn:aws-us-gov:"],
    ["eu-west-1", "arn:aws:"],
  ])("name resources of the partition of %s", (region, prefix) => {
    const resources = statements(region).flatMap(({ Resource }) => Resource);
    expect(
      resources.filter((arn) => arn !== "*").every((arn) => arn.startsWith(prefix) && arn.includes(`:${region}:`)),
    ).toBe(true);
  });
});
