import { expect, it } from "vitest";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import { discard, expectBlocked } from "./for-test.js";
import { inProcessAdapter } from "./in-process.js";

const returning = { ...discard, prepaid: "unsubscribe", dryRun: true } as const;
const least = { amount: "0.01", currency: "CNY" } as const;

/** A prepaid server, and a cloud that tells this of its refund. */
function told(refund: object) {
  const fake = fakeTencent({ region: "ap-guangzhou" });
  fake.seed([{ id: "web", billing: "prepaid", expiresAt: "2030-01-01T00:00:00Z" }]);
  const adapter = inProcessAdapter(fake, undefined, (action, answer) =>
    action === "InquiryPriceTerminateInstances"
      ? { InstanceRefundsSet: [{ InstanceId: fake.id("web"), ...refund }] }
      : answer,
  );
  return async (options: object = {}) => (await adapter.terminate([fake.id("web")], { ...returning, ...options }))[0];
}

it("S51 shows no refund where the cloud tells none, instead of a refund of nothing", async () => {
  for (const refund of [{}, { Refunds: null }]) {
    const dryRun = told(refund);
    expect(await dryRun()).not.toHaveProperty("refund");
    expectBlocked(await dryRun({ minimumRefund: least }), "prepaid");
  }
});

// "Refund rules", 213/9711: an amount of less than nothing counts as nothing.
it("counts less than nothing as nothing", async () => {
  const dryRun = told({ Refunds: -12.5 });
  expect(await dryRun()).toMatchObject({ refund: { amount: { amount: "0.00" } } });
  expectBlocked(await dryRun({ minimumRefund: least }), "prepaid");
});
