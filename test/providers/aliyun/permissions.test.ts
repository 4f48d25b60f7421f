import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aliyun/dependencies.js";
import { permissions } from "../../../providers/aliyun/permissions.js";
import { verifyDeleted } from "../../../providers/aliyun/verify.js";
import type { Operation } from "../../../src/adapter.js";
import { expectOnlyReads, expectOptionalOnlyLeavesGaps } from "../permissions.js";
import { actionBehind, aliyunWorld } from "./for-test.js";
import { readingWorld } from "./reading-world.js";

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

const statements = (operations?: readonly Operation[]) =>
  JSON.parse(JSON.stringify(permissions("cn-hangzhou", operations).document)).Statement as readonly Statement[];
const named = (operation: Operation) => permissions("cn-hangzhou", [operation]).actions.map(({ action }) => action);

describe("permissions", () => {
  it("hold everything that a rich listing and its verification send", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [
        { id: "web", addresses: [{ kind: "elastic" }], terminationProtection: true },
        { id: "paid", billing: "prepaid" },
      ],
      owners: [
        { kind: "load-balancer-target", id: "pool", members: ["web"] },
        { kind: "load-balancer-target", id: "pair", members: ["web", "paid"], variant: "clb-pair" },
        { kind: "load-balancer-target", id: "grouped", members: ["web"], variant: "clb-group" },
        { kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true },
        { kind: "address-list", id: "list", members: ["web"] },
        { kind: "nat-rule", id: "door", members: ["web"] },
        { kind: "dns-record", id: "www", members: ["web"] },
        { kind: "cluster-node", id: "k8s", members: ["web"] },
        { kind: "file-system", id: "home", members: ["web"] },
        { kind: "alarm", id: "watched", members: ["web"], variant: "group" },
        { kind: "address-list", id: "documents", members: ["web"], variant: "mongodb" },
        { kind: "address-list", id: "ledger", members: ["web"], variant: "polardb" },
      ],
    });
    const records = [await world.record("web"), await world.record("paid")];
    const listing = await world.counted(() => listDependencies(world.open, records));
    world.fake.meddle({ remove: ["web", "paid"] });
    const before = listing.answer;
    const verification = await world.counted(() => verifyDeleted(world.open, records, { before }));
    const needed = (byApi: Readonly<Record<string, number>>) => Object.keys(byApi).map(actionBehind);
    expect(named("listDependencies")).toEqual(expect.arrayContaining(needed(listing.byApi)));
    expect(named("verifyDeleted")).toEqual(expect.arrayContaining(needed(verification.byApi)));
  });

  it("call optional what only leaves a gap in the coverage", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    await expectOptionalOnlyLeavesGaps(world, actionBehind);
  });

  it("put no action behind a wildcard, and writes on ECS and VPC on kinds of resources in the region", () => {
    for (const { Action, Resource } of statements()) {
      for (const action of Action) {
        expect(action).not.toContain("*");
        if (/^(ecs|vpc):(?!Describe)/.test(action)) expect([action, Resource]).not.toEqual([action, "*"]);
      }
    }
    const [, ...scoped] = statements();
    expect(scoped.flatMap(({ Resource }) => Resource).every((name) => name.includes(":cn-hangzhou:*:"))).toBe(true);
  });

  it("read everywhere: what a policy narrows it hides", () => {
    const [everywhere] = statements(["listDependencies"]);
    expect(everywhere?.Resource).toBe("*");
    expect(statements(["listDependencies"])).toHaveLength(1);
  });

  it("call refunds by the names that RAM has for them", () => {
    expect(named("terminate")).toEqual(
      expect.arrayContaining(["bss:RefundBatchRemainRefund", "bss:RefundQueryRemainAmount"]),
    );
    expect(named("terminate")).not.toContain("bss:RefundInstance");
  });

  it("S33 hold the undo of what an operation changes", () => {
    expect(named("releaseSecurityRules")).toContain("ecs:AuthorizeSecurityGroup");
    expect(named("terminate")).toContain("ecs:ModifyInstanceAttribute");
    expect(named("quarantine")).toContain("ecs:StartInstances");
    expect(named("releaseDependencies")).toContain("alb:AddServersToServerGroup");
    expect(named("tagInstances")).toContain("ecs:UntagResources");
  });

  it("only read where an operation only reads", () => {
    expectOnlyReads(named, /:(Describe|List|Get|Query)/, ["recover"]);
  });
});
