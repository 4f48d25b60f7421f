import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aliyun/dependencies.js";
import { permissions } from "../../../providers/aliyun/permissions.js";
import { verifyDeleted } from "../../../providers/aliyun/verify.js";
import type { Operation } from "../../../src/adapter.js";
import { readingWorld } from "./reading-world.js";

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

const statements = (operations?: readonly Operation[]) =>
  JSON.parse(JSON.stringify(permissions("cn-hangzhou", operations).document)).Statement as readonly Statement[];
const actionsOf = (operation: Operation) => permissions("cn-hangzhou", [operation]).actions;
const named = (operation: Operation) => actionsOf(operation).map(({ action }) => action);

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
    const asked = Object.keys(listing.byApi).map((api) => api.replace("bss:QuerySavings", "bssapi:QuerySavings"));
    expect(named("listDependencies")).toEqual(expect.arrayContaining(asked));
    expect(named("verifyDeleted")).toEqual(expect.arrayContaining(Object.keys(verification.byApi)));
  });

  it("call optional what only leaves a gap in the coverage", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
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
    for (const operation of [
      "whoAmI",
      "findInstances",
      "listDependencies",
      "verifyDeleted",
      "findOwnArtifacts",
      "recover",
    ] as const)
      for (const action of named(operation)) expect(action).toMatch(/:(Describe|List|Get|Query)/);
  });
});
