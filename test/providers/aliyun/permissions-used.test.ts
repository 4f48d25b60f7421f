import { describe, expect, it } from "vitest";
import {
  holdForTheUsualWork,
  type OpenScene,
  releaseAndRevert,
  sceneIn,
  terminateLater,
  terminateProtected,
} from "../permissions.js";
import { actionBehind, aliyunWorld, discard } from "./for-test.js";

const open: OpenScene = async (seed) => sceneIn(await aliyunWorld(), seed, actionBehind);

describe("permissions hold what is sent by", () => {
  holdForTheUsualWork(open);

  it("terminate, of protected instances and with disks kept", () => terminateProtected(open));

  it("terminate later, and revert of it", () => terminateLater(open));

  it.each([
    ["load-balancer-target", "alb"],
    ["load-balancer-target", "nlb"],
    ["load-balancer-target", "gwlb"],
    ["load-balancer-target", "clb"],
    ["load-balancer-target", "clb-group"],
    ["auto-scaling-group", "attached"],
  ] as const)("releaseDependencies of a %s (%s), and revert of it", async (kind, variant) => {
    const scene = await open({
      instances: [{ id: "web" }],
      owners: [{ kind, id: "owner", members: ["web"], variant }],
    });
    await releaseAndRevert(scene, kind);
  });

  it.each(["unsubscribe", "convert", "expire"] as const)("terminate of a subscription by %s", async (prepaid) => {
    const { adapter, ids, allowed } = await open({
      instances: [{ id: "web", billing: "prepaid", autoRenew: true }],
    });
    await allowed("terminate", () => adapter.terminate(ids, { ...discard, prepaid, dryRun: true }));
    const [ended] = await allowed("terminate", () => adapter.terminate(ids, { ...discard, prepaid }));
    expect(ended?.status).toBe(prepaid === "expire" ? "scheduled" : "accepted");
    await allowed("revert", () => adapter.revert(ended?.effects ?? []));
  });
});
