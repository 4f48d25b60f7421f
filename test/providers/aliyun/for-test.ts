import type { FakeOptions } from "../../../src/testing/world.js";
import { closedWithTest } from "../for-test.js";
import { type AliyunWorld, openAliyunWorld } from "./world.js";

export { collect, discard, effect, expectBlocked, mutations, sent, settle, sighting } from "../for-test.js";

/** A world that is closed with the test. */
export async function aliyunWorld(options?: FakeOptions): Promise<AliyunWorld> {
  return await closedWithTest(openAliyunWorld(options));
}

/** RAM calls actions of the billing service by names of its own. */
const ramNames: Readonly<Record<string, string>> = {
  "bss:RefundInstance": "bss:RefundBatchRemainRefund",
  "bss:InquiryPriceRefundInstance": "bss:RefundQueryRemainAmount",
  "bss:QuerySavingsPlansInstance": "bssapi:QuerySavingsPlansInstance",
};

/** The action that a request needs. */
export function actionBehind(api: string): string {
  return ramNames[api] ?? api;
}
