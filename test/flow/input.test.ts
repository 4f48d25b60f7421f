import { describe, expect, it } from "vitest";
import { approvePlan } from "../../src/flow/approval.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import { sweep } from "../../src/flow/sweep.js";
import { alone, openFlow } from "./open-world.js";

/** What a caller without types passes, or a file that somebody wrote by hand. */
type Untyped = (...parameters: readonly unknown[]) => Promise<unknown>;

const untyped = (call: unknown) => call as Untyped;
const world = openFlow();
const { adapter } = world.cloud;
const withReason = { reason: "test", clock: world.clock };

describe("planning", () => {
  it.each<readonly [string, readonly unknown[]]>([
    ["without options", [[adapter], ["a"]]],
    ["without a reason", [[adapter], ["a"], {}]],
    ["for a blank reason", [[adapter], ["a"], { reason: " " }]],
    ["with one adapter where a list is asked for", [adapter, ["a"], withReason]],
    ["without adapters", [undefined, ["a"], withReason]],
    ["without targets", [[adapter], undefined, withReason]],
    ["for a target that is null", [[adapter], [null], withReason]],
    ["for a target that is undefined", [[adapter], [undefined], withReason]],
    ["for a target that is no text", [[adapter], [1], withReason]],
    ["for half a selector", [[adapter], [{ tags: { a: "b" } }], withReason]],
  ])("%s is refused as a whole, with what to pass", async (_, parameters) => {
    await expect(untyped(planDecommission)(...parameters)).rejects.toMatchObject({
      code: "invalid-request",
      hint: expect.stringMatching(/./),
    });
  });
});

describe("executing", () => {
  const trust = alone;
  const journal = memoryJournal();
  it.each<readonly [string, unknown, string]>([
    ["without options", undefined, "invalid-request"],
    ["without trust", { journal }, "invalid-request"],
    ["without a journal", { trust }, "invalid-request"],
    ["with the name of a journal", { trust, journal: "runs/42" }, "invalid-request"],
    ["with trust that lists nobody", { journal, trust: { required: 1 } }, "invalid-request"],
    ["with an approver who has no name", { journal, trust: { required: 1, approvers: [{}] } }, "invalid-request"],
    ["with a guard that is null", { journal, trust, guard: null }, "invalid-request"],
    ["with approvals that are no list", { journal, trust, approvals: "x" }, "invalid-request"],
    ["with an approval that is null", { journal, trust, approvals: [null] }, "invalid-request"],
    ["with an approval of nothing", { journal, trust, approvals: [{}] }, "approval-invalid"],
  ])("%s is refused before anything is read or sent", async (_, options, code) => {
    const plan = await world.plan();
    const calls = world.cloud.calls.length;
    await expect(untyped(executePlan)([adapter], plan, options)).rejects.toMatchObject({ code });
    expect(world.cloud.calls).toHaveLength(calls);
  });

  it("without adapters in a list is refused", async () => {
    const options = { journal, trust, clock: world.clock };
    await expect(untyped(executePlan)(adapter, await world.plan(), options)).rejects.toMatchObject({
      code: "invalid-request",
    });
    await expect(untyped(sweep)(adapter)).rejects.toMatchObject({ code: "invalid-request" });
  });

  it.each([null, "plan", 1, [], {}])("%j for a plan runs nothing", async (plan) => {
    await expect(untyped(executePlan)([adapter], plan, { journal, trust, clock: world.clock })).rejects.toMatchObject({
      code: "plan-mismatch",
    });
  });
});

describe("approving", () => {
  it.each<readonly [string, unknown, string]>([
    ["without options", undefined, "invalid-request"],
    ["without a signer", { keyId: "sha256:x", expiresAt: "2040-01-01T00:00:00Z" }, "invalid-request"],
  ])("%s is refused", async (_, options, code) => {
    await expect(untyped(approvePlan)(await world.plan(), options)).rejects.toMatchObject({ code });
  });

  it("what is no plan is refused", async () => {
    await expect(untyped(approvePlan)(undefined, {})).rejects.toMatchObject({ code: "plan-mismatch" });
  });
});
