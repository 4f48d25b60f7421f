import { describe, expect, it } from "vitest";
import { permissions } from "../../../providers/tencent/permissions.js";
import type { Operation } from "../../../src/adapter.js";
import { sighting } from "../for-test.js";
import {
  expectOnlyReads,
  expectOptionalOnlyLeavesGaps,
  holdForTheUsualWork,
  type OpenScene,
  releaseAndRevert,
  sceneIn,
  terminateLater,
} from "../permissions.js";
import { discard, tencentWorld } from "./for-test.js";
import { populated } from "./populated.js";

const named = (operation: Operation) => permissions("ap-guangzhou", [operation]).actions.map(({ action }) => action);
/** CAM calls each action as the log does. */
const actionBehind = (api: string) => api;
const open: OpenScene = async (seed) => sceneIn(await tencentWorld(), seed, actionBehind);

describe("permissions hold what is sent by", () => {
  holdForTheUsualWork(open);

  it("a listing of everything, and its verification", async () => {
    const { world, adapter, allowed } = await open(populated(["web"]));
    world.seed([{ id: "bystander" }]);
    const record = await allowed("findInstances", () => sighting(world, "web"));
    const before = await allowed("listDependencies", () => adapter.listDependencies([record]));
    world.meddle({ remove: ["web"] });
    const options = { before, deadlineMs: 5 * 60_000 };
    await allowed("verifyDeleted", () => adapter.verifyDeleted([record], options));
  });

  it("a listing where nothing is, which needs controls", async () => {
    const { adapter, ids, allowed } = await open({ instances: [{ id: "web" }] });
    await allowed("listDependencies", () => adapter.listDependencies(ids));
  });

  it.each([
    ["unsubscribe", { billing: "prepaid" }],
    ["convert", { billing: "prepaid" }],
    ["expire", { billing: "prepaid", autoRenew: true }],
    ["refuse", { terminationProtection: true, disks: [{ role: "system" }, { role: "data" }] }],
  ] as const)("terminate with `prepaid: %s`", async (prepaid, over) => {
    const { adapter, ids, allowed } = await open({ instances: [{ id: "web", ...over }] });
    const options = { ...discard, prepaid, protection: { clear: ids, reason: "a test" }, dataDisks: "keep" } as const;
    const [outcome] = await allowed("terminate", () => adapter.terminate(ids, options));
    expect(["accepted", "recycled", "scheduled"]).toContain(outcome?.status);
  });

  it("a timed release, and revert of it", () => terminateLater(open));

  it.each([
    ["load-balancer-target", "layer4"],
    ["load-balancer-target", "layer7"],
    ["load-balancer-target", "classic"],
    ["load-balancer-target", "target-group"],
    ["auto-scaling-group", undefined],
  ] as const)("releaseDependencies of a %s %s, and revert of it", async (kind, variant) => {
    const scene = await open({
      instances: [{ id: "web" }],
      owners: [{ kind, id: "owner", members: ["web"], ...(variant === undefined ? {} : { variant }) }],
    });
    await releaseAndRevert(scene, kind);
  });

  it("recover of what is in the bin", async () => {
    const { adapter, ids, allowed } = await open({ instances: [{ id: "web", billing: "prepaid", state: "recycled" }] });
    const [outcome] = await allowed("recover", () => adapter.recover(ids, { renew: { months: 1, reason: "a test" } }));
    expect(outcome?.status).toBe("recovered");
  });
});

describe("the CAM policy", () => {
  it("is in the words of CAM, and grants no whole service", () => {
    const { cloud, document } = permissions("ap-guangzhou");
    expect(cloud).toBe("tencent");
    expect(document).toMatchObject({ version: "2.0", statement: [{ effect: "allow", resource: ["*"] }, {}, {}] });
    expect(JSON.stringify(document)).not.toContain(':*"]');
  });

  it("holds the writes of CVM to instances of the region, and only those", () => {
    const { document } = permissions("ap-guangzhou", ["terminate"]);
    expect(JSON.stringify(document)).toContain(
      '{"effect":"allow","action":["cvm:ModifyInstancesAttribute","cvm:ModifyInstancesRenewFlag","cvm:TerminateInstances"],"resource":["qcs::cvm:ap-guangzhou::instance/*"]}',
    );
  });

  it("grants nothing that writes to whoever only looks", () => {
    expectOnlyReads(named, /:(Describe|Get)/);
  });

  it("S33 holds what takes effects back for whoever terminates", () => {
    expect(named("terminate")).toEqual(
      expect.arrayContaining([
        "cvm:ModifyInstancesAttribute",
        "cbs:ModifyDiskAttributes",
        "cvm:ModifyInstancesRenewFlag",
        "cvm:DeleteInstancesActionTimer",
      ]),
    );
  });

  it("calls optional what only leaves a gap in the coverage", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", addresses: [{ kind: "elastic" }] }]);
    await expectOptionalOnlyLeavesGaps(world, actionBehind);
  });
});
