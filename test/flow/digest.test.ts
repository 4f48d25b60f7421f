import { describe, expect, it } from "vitest";
import { digestOf, runIdOf, sealPlan, verifyPlan } from "../../src/flow/digest.js";
import type { Plan } from "../../src/flow/plan.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import { fakeClock } from "../../src/testing/fake-clock.js";
import { aRecord, scriptedCloud } from "./scripted-adapter.js";

async function aPlan(name = "server"): Promise<Plan> {
  const clock = fakeClock();
  const { adapter } = scriptedCloud(clock, [aRecord("a", { name }), aRecord("b")]);
  return await planDecommission([adapter], ["a", "b"], { reason: "test", clock });
}

describe("the digest of a plan", () => {
  it("does not depend on the order of fields, as RFC 8785 says", () => {
    expect(digestOf({ b: 1, a: [true, null] })).toBe(digestOf({ a: [true, null], b: 1 }));
    // Computed with sha256sum over the canonical text {"a":[true,null],"b":1}.
    expect(digestOf({ b: 1, a: [true, null] })).toBe(
      "51705a2c9eb3e7e410a58f696a770c3ac3885a0cf43eb7fc88f5e47c11d4d30d",
    );
  });

  it("survives a journey through JSON", async () => {
    const plan = await aPlan();
    expect(() => verifyPlan(JSON.parse(JSON.stringify(plan)))).not.toThrow();
  });

  it("refuses every changed field, whether of the plan or deep in an instance", async () => {
    const plan = await aPlan();
    const [scope] = plan.scopes;
    const [first, second] = scope?.instances ?? [];
    if (!scope || !first || !second) throw new Error("the plan has two instances");
    const edited: readonly Plan[] = [
      { ...plan, reason: "other" },
      { ...plan, finishBefore: "2040-01-01T00:00:00.000Z" },
      { ...plan, scopes: [{ ...scope, region: "r2" }] },
      { ...plan, scopes: [{ ...scope, endpoints: { ec2: "http://127.0.0.1:1" } }] },
      { ...plan, scopes: [{ ...scope, instances: [first] }] },
      { ...plan, scopes: [{ ...scope, instances: [second, first] }] },
      { ...plan, scopes: [{ ...scope, instances: [{ ...first, steps: [] }, second] }] },
    ];
    for (const [index, one] of edited.entries()) {
      expect(() => verifyPlan(one), String(index)).toThrow(expect.objectContaining({ code: "plan-mismatch" }));
    }
  });

  it("refuses an instance that was edited and sealed again", async () => {
    const plan = await aPlan();
    const [scope] = plan.scopes;
    const [first, second] = scope?.instances ?? [];
    if (!scope || !first || !second) throw new Error("the plan has two instances");
    const { digest: _old, ...fields } = { ...first, steps: [] };
    const forged = { digest: digestOf(fields), ...fields };
    const edited = { ...plan, scopes: [{ ...scope, instances: [forged, second] }] };
    expect(() => verifyPlan(edited)).toThrow(expect.objectContaining({ code: "plan-mismatch" }));
  });

  it("holds for a name with half a surrogate pair, which has no canonical form", async () => {
    const plan = await aPlan("broken \uD800 name");
    expect(() => verifyPlan(JSON.parse(JSON.stringify(plan)))).not.toThrow();
    expect(JSON.stringify(plan)).toContain("broken \uFFFD name");
  });

  it("gives a plan that differs in anything another run id", async () => {
    const plan = await aPlan();
    const { digest, ...rest } = plan;
    expect(runIdOf(sealPlan({ ...rest, reason: "other" }).digest)).not.toBe(runIdOf(digest));
  });
});
