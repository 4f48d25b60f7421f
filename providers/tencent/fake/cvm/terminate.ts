import { flag } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { isolate, operate, order, quoteOf, returnDataDisks, terminate } from "../lifecycle.js";
import type { Instance } from "../records.js";
import { cvm } from "../service.js";
import type { TencentActions, TencentRequestContext } from "../state.js";
import { timings } from "../timings.js";
import { checkApplication, checkOneChargeType, checkOneZoneType, instancesFor, moving, passing } from "./guard.js";

/** Giving instances back. */
export const terminateActions: TencentActions = {
  "cvm:TerminateInstances": cvm.write("InstanceIds[100]! ReleaseAddress:b ReleasePrepaidDataDisks:b", (context) => {
    const instances = instancesFor(context, {
      refuses: [...passing, ...moving, "TERMINATING"],
      special: ["RESCUE_MODE", "SERVICE_LIVE_MIGRATE"],
    });
    checkOneChargeType(instances, "UnsupportedOperation.InstanceMixedPricingModel");
    checkApplication(instances);
    for (const { id, isProtected } of instances)
      if (isProtected) throw refusal("UnsupportedOperation.InstancesProtected", `The instance \`${id}\` is protected.`);
    const returned = instances.filter((instance) => instance.chargeType === "PREPAID" && !isInBin(instance));
    checkReturnable(context, returned);
    for (const instance of instances) end(context, instance);
    return {};
  }),
  "cvm:InquiryPriceTerminateInstances": cvm.read("InstanceIds[100]!", (context) => {
    const instances = instancesFor(context, { onlyAsks: true });
    checkOneChargeType(instances, "UnsupportedOperation.InstanceMixedPricingModel");
    checkOneZoneType(instances);
    for (const instance of instances) checkRefund(instance);
    return {
      InstanceRefundsSet: instances.map((instance) => {
        const { amount } = quoteOf(instance);
        return { InstanceId: instance.id, Refunds: Number(amount), PriceDetail: `Refund: ${amount}` };
      }),
    };
  }),
};

function isInBin({ state }: Instance): boolean {
  return state === "SHUTDOWN";
}

/**
 * The two meanings of one call. A prepaid instance goes into the bin with a refund; an instance in the bin, and any
 * other, is destroyed. The second stage is counted apart, since nothing brings the instance back after it.
 */
function end(context: TencentRequestContext, instance: Instance): void {
  const { parameters, requestId, effect } = context;
  const isStageOne = instance.chargeType === "PREPAID" && !isInBin(instance);
  effect(instance.id);
  operate(context, instance.id, "TerminateInstances", requestId, timings.isolateMs);
  if (isStageOne) {
    order(context, "refund", instance.id, quoteOf(instance));
    if (flag(parameters, "ReleasePrepaidDataDisks")) returnDataDisks(context, instance);
    isolate(context, instance, "MANMADE", timings.stateLagMs);
    return;
  }
  if (isInBin(instance)) effect(`${instance.id}/second-stage`);
  // `ReleaseAddress` is documented for HighQualityEIP, AntiDDoSEIP and IPv6 addresses, of which there is none here.
  terminate(context, instance);
}

/** What refuses a return: the instance's own terms, then what the account has left of its quota. */
function checkReturnable({ state }: TencentRequestContext, instances: readonly Instance[]): void {
  for (const { id, refund } of instances) {
    if (!("refusedBecause" in refund)) continue;
    if (refund.refusedBecause === "quota")
      throw refusal("LimitExceeded.UserReturnQuota", "The return quota has been used up.");
    throw refusal("FailedOperation.Unreturnable", `The instance \`${id}\` cannot be returned.`);
  }
  const left = state.quotas.get("refunds");
  if (left === undefined) return;
  if (instances.length > left) throw refusal("LimitExceeded.UserReturnQuota", "The return quota has been used up.");
  state.quotas.set("refunds", left - instances.length);
}

/** The inquiry knows the instance's own terms but not the account's quota: its error list has no such code. */
function checkRefund({ id, chargeType, refund, state }: Instance): void {
  if (chargeType !== "PREPAID")
    throw refusal("InvalidInstanceNotSupportedPrepaidInstance", `The instance \`${id}\` is not prepaid.`);
  if (state === "SHUTDOWN" || state === "TERMINATING")
    throw refusal("FailedOperation.InquiryRefundPriceFailed", `There is no refund for \`${id}\` any more.`);
  if ("refusedBecause" in refund && refund.refusedBecause !== "quota")
    throw refusal("FailedOperation.Unreturnable", `The instance \`${id}\` cannot be returned.`);
}
