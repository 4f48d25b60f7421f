import { describe, expect, it } from "vitest";
import { actionBehind } from "../../../providers/huawei/permission-actions.js";
import { permissions } from "../../../providers/huawei/permissions.js";
import type { Operation } from "../../../src/adapter.js";
import {
  expectOnlyReads,
  expectOptionalOnlyLeavesGaps,
  holdForTheUsualWork,
  type OpenScene,
  releaseAndRevert,
  sceneIn,
  terminateProtected,
} from "../permissions.js";
import { discard, huaweiWorld, settle, sighting } from "./for-test.js";
import { populated } from "./populated.js";

const named = (operation: Operation) => permissions([operation]).actions.map(({ action }) => action);
/** The action behind a request of the log. */
const behind = (api: string) => {
  const [service = "", ...rest] = api.split(":");
  return actionBehind(service, rest.join(":"));
};
const open: OpenScene = async (seed) => sceneIn(await huaweiWorld(), seed, behind);

describe("permissions of Huawei Cloud hold what is sent by", () => {
  holdForTheUsualWork(open);

  it("a rich listing, and the verification of its end", async () => {
    const { world, adapter, allowed } = await open(populated);
    world.seed([{ id: "bystander" }]);
    const record = await sighting(world, "web");
    const before = await allowed("listDependencies", () => adapter.listDependencies([record]));
    world.meddle({ remove: ["web"] });
    await settle(world);
    await allowed("verifyDeleted", () => adapter.verifyDeleted([record], { before }));
  });

  it("terminate, of locked servers and with disks kept", () => terminateProtected(open));

  it("terminate of a yearly or monthly server", async () => {
    const { adapter, ids, allowed } = await open({
      instances: [{ id: "web", billing: "prepaid", expiresAt: "2035-01-01T00:00:00Z" }],
    });
    const [ended] = await allowed("terminate", () => adapter.terminate(ids, { ...discard, prepaid: "unsubscribe" }));
    expect(ended?.status).toBe("accepted");
  });

  it.each(["load-balancer-target", "auto-scaling-group"] as const)(
    "releaseDependencies of a %s, and revert of it",
    async (kind) => {
      const scene = await open({
        instances: [{ id: "web" }],
        owners: [{ kind, id: "owner", members: ["web"] }],
      });
      await releaseAndRevert(scene, kind);
    },
  );

  it("recover of a server in the bin", async () => {
    const { world, adapter, allowed } = await open({ instances: [{ id: "web", state: "recycled" }] });
    const record = await sighting(world, "web");
    const [recovered] = await allowed("recover", () => adapter.recover([record]));
    expect(recovered?.status).toBe("recovered");
  });
});

describe("permissions of Huawei Cloud", () => {
  it("are a policy with each action once, and none behind a wildcard", () => {
    const { document, actions } = permissions();
    const statement = JSON.parse(JSON.stringify(document)).Statement[0];
    expect(statement).toMatchObject({ Effect: "Allow" });
    expect(statement.Action).toEqual([...new Set(actions.map(({ action }) => action))].sort());
    expect(statement.Action.every((action: string) => /^[a-z]+:[A-Za-z]+:[A-Za-z]+$/.test(action))).toBe(true);
  });

  it("S33 hold the undo of what an operation changes", () => {
    expect(named("releaseSecurityRules")).toContain("vpc:securityGroupRules:create");
    expect(named("terminate")).toContain("ecs:cloudServers:lock");
    expect(named("terminate")).toContain("ecs:cloudServers:attach");
    expect(named("quarantine")).toContain("vpc:securityGroups:delete");
    expect(named("releaseDependencies")).toContain("elb:members:create");
  });

  it("only read where an operation only reads", () => {
    expectOnlyReads(named, /:(list|get|view|show)[A-Za-z]*$/);
  });

  it("call optional what only leaves a gap in the coverage", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", addresses: [{ kind: "elastic" }] }]);
    await expectOptionalOnlyLeavesGaps(world, behind);
  });

  it("say nothing of a request that nobody wrote down: it is refused rather than left out", () => {
    expect(() => actionBehind("ecs", "DELETE /v1/{project_id}/everything")).toThrow(/written down/);
  });
});
