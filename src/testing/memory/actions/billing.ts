import type { Money } from "../../../common.js";
import { refusal } from "../../fake-refusal.js";
import { become, end, release, timings } from "../lifecycle.js";
import type { MemoryFeatures } from "../options.js";
import type { Instance, MemoryAction } from "../state.js";
import { aboutInstance, assertFree, instanceOf, mutates, reads } from "./shared.js";

const month = 30 * 24 * 3_600_000;
const nothing: Money = { amount: "0.00", currency: "CNY" };

/** Money, and ways out of a subscription. Requests that are repeated do what the cloud says they would. */
export function billingActions(features: MemoryFeatures): Readonly<Record<string, MemoryAction>> {
  const { capabilities } = features;
  const unsubscribeAgain = capabilities.repeat.unsubscribe;
  return {
    "cloud:QuoteRefund": reads((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      parameters.done();
      if (!capabilities.refundQuote) throw refusal("Unsupported", "This cloud quotes no refunds.");
      return { ...refundOf(instance) };
    }),

    "cloud:Unsubscribe": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      parameters.done();
      if (instance.billing !== "prepaid") throw aboutInstance("ChargeTypeViolation", instance.id, "is not prepaid");
      assertFree(context, instance);
      if (instance.terminationProtection || instance.stopProtection) {
        throw aboutInstance("Protected", instance.id, "is protected");
      }
      const again = instance.status === "recycled" || instance.status === "terminating";
      context.effect(instance.id);
      if (again && unsubscribeAgain !== "refunds-twice") {
        release(context, instance);
        return {};
      }
      context.state.orders.push({ kind: "refund", instanceId: instance.id, amount: refundOf(instance) });
      if (!again) end(context, instance, features);
      return { orderId: `order-${context.state.orders.length}` };
    }),

    "cloud:ConvertBilling": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      parameters.done();
      if (instance.billing !== "prepaid") throw aboutInstance("ChargeTypeViolation", instance.id, "is not prepaid");
      assertFree(context, instance);
      context.effect(instance.id);
      context.state.orders.push({ kind: "conversion", instanceId: instance.id, amount: refundOf(instance) });
      instance.busy = { operation: "conversion", until: context.now + timings.conversion };
      context.later(timings.conversion, () => {
        instance.billing = "on-demand";
        delete instance.expiresAt;
        instance.autoRenew = false;
      });
      return { orderId: `order-${context.state.orders.length}` };
    }),

    "cloud:SetAutoRenew": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      const value = parameters.flag("value");
      parameters.done();
      if (instance.autoRenew !== value) context.effect(instance.id);
      instance.autoRenew = value;
      return {};
    }),

    "cloud:Recover": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      const months = parameters.has("months") ? parameters.number("months") : undefined;
      parameters.done();
      if (!capabilities.recycleBin.restore) throw refusal("Unsupported", "This cloud's bin gives nothing back.");
      if (instance.status !== "recycled") throw aboutInstance("WrongState", instance.id, "is in no bin");
      if (capabilities.recycleBin.restoreCostsMoney) {
        if (months === undefined)
          throw aboutInstance("InvalidParameter", instance.id, "comes back only by renewing it");
        instance.expiresAt = Math.max(context.now, instance.expiresAt ?? 0) + months * month;
        const amount = { amount: `${months * 100}.00`, currency: "CNY" };
        context.state.orders.push({ kind: "renewal", instanceId: instance.id, amount });
      }
      delete instance.bin;
      become(instance, "stopped");
      context.effect(instance.id);
      return {};
    }),

    "cloud:Purge": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      parameters.done();
      if (!capabilities.recycleBin.purge) throw refusal("Unsupported", "This cloud's bin cannot be emptied.");
      if (instance.status === "terminating") return {};
      if (instance.status !== "recycled") throw aboutInstance("WrongState", instance.id, "is in no bin");
      context.effect(instance.id);
      release(context, instance);
      return {};
    }),

    "cloud:GetBin": reads(({ state }, parameters) => {
      parameters.done();
      return { ...state.bin };
    }),
  };
}

function refundOf(instance: Instance): Money {
  const { refund } = instance;
  if (refund && "refusedBecause" in refund) {
    throw aboutInstance("RefundRefused", instance.id, `cannot be returned (${refund.refusedBecause})`);
  }
  return refund?.quote ?? nothing;
}
