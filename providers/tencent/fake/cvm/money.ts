import type { JsonObject } from "../../../../src/common.js";
import { flag, number, record, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { monthlyDiskPrice, monthlyPrice, operate, order, renew, watchExpiry } from "../lifecycle.js";
import type { Disk, Instance } from "../records.js";
import { cvm } from "../service.js";
import { change, type TencentActions, type TencentRequestContext } from "../state.js";
import { monthsLater } from "../times.js";
import { timings } from "../timings.js";
import { checkApplication, checkOneZoneType, instancesFor, passing } from "./guard.js";

/** "Period": months one can buy. */
const periods = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 36, 48, 60];
const renewFlags = "NOTIFY_AND_AUTO_RENEW|NOTIFY_AND_MANUAL_RENEW|DISABLE_NOTIFY_AND_MANUAL_RENEW";
const prepaid = `InstanceChargePrepaid{Period:n! RenewFlag=${renewFlags}}`;

/** Renewing instances and changing how they are paid for. */
export const moneyActions: TencentActions = {
  "cvm:RenewInstances": cvm.write(`InstanceIds[100]! ${prepaid} RenewPortableDataDisk:b`, (context) => {
    const { state, parameters, requestId, effect } = context;
    const { instances, months } = renewal(context);
    checkApplication(instances);
    checkBalance(context);
    for (const instance of instances) {
      effect(instance.id);
      operate(context, instance.id, "RenewInstances", requestId, timings.renewMs);
      renew(context, instance, months);
      for (const disk of renewedDisks(context, instance))
        change(state.disks, disk.id, { expiresAt: monthsLater(disk.expiresAt ?? context.now, months) });
      const renewFlag = text(record(parameters, "InstanceChargePrepaid"), "RenewFlag");
      if (renewFlag !== undefined) change(state.instances, instance.id, { renewFlag });
    }
    return {};
  }),
  "cvm:InquiryPriceRenewInstances": cvm.read(
    `InstanceIds[100]! ${prepaid}! DryRun:b RenewPortableDataDisk:b`,
    (context) => {
      const { instances, months } = renewal(context, true);
      const disks = instances.flatMap((instance) => renewedDisks(context, instance));
      return { Price: priceOf(months * (instances.length * monthlyPrice + disks.length * monthlyDiskPrice)) };
    },
  ),
  "cvm:ModifyInstancesChargeType": cvm.write(
    `InstanceIds[20]! InstanceChargeType=PREPAID|POSTPAID_BY_HOUR! ${prepaid} ModifyPortableDataDisk:b`,
    (context) => {
      const { instances, target } = conversion(context);
      checkBalance(context);
      for (const instance of instances) {
        context.effect(instance.id);
        operate(context, instance.id, "ModifyInstancesChargeType", context.requestId, timings.convertMs);
        const amount = target === "PREPAID" ? convertedPrice(context) : monthlyPrice;
        order(context, "conversion", instance.id, { amount: amount.toFixed(2), currency: "CNY" });
        context.later(timings.convertMs, (now) => convert(context, instance.id, target, now));
      }
      return {};
    },
  ),
  "cvm:InquiryPriceModifyInstancesChargeType": cvm.read(
    `InstanceIds[20]! InstanceChargeType=PREPAID|POSTPAID_BY_HOUR! ${prepaid} ModifyPortableDataDisk:b`,
    (context) => {
      const { instances, target } = conversion(context, true);
      return { Price: priceOf(target === "PREPAID" ? instances.length * convertedPrice(context) : 0) };
    },
  ),
};

function renewal(context: TencentRequestContext, onlyAsks = false) {
  const months = periodOf(context);
  const instances = instancesFor(context, { refuses: [...passing, "TERMINATING"], onlyAsks });
  for (const { id, chargeType } of instances)
    if (chargeType !== "PREPAID")
      throw refusal("UnsupportedOperation.InstanceChargeType", `The instance \`${id}\` is not prepaid.`);
  checkOneZoneType(instances);
  return { instances, months };
}

function periodOf({ parameters }: TencentRequestContext): number {
  if (parameters.InstanceChargePrepaid === undefined)
    throw refusal("MissingParameter", "The request is missing parameter `InstanceChargePrepaid`.");
  const months = number(record(parameters, "InstanceChargePrepaid"), "Period") ?? 0;
  if (!periods.includes(months)) throw refusal("InvalidPeriod", `A period of ${months} months cannot be bought.`);
  return months;
}

/** "RenewPortableDataDisk", true where nothing is said: elastic prepaid disks are renewed as well, and cost. */
function renewedDisks({ state, parameters }: TencentRequestContext, instance: Instance): readonly Disk[] {
  if (flag(parameters, "RenewPortableDataDisk") === false) return [];
  return instance.diskIds
    .flatMap((id) => state.disks.get(id) ?? [])
    .filter(({ portable, chargeType }) => portable && chargeType === "PREPAID");
}

function checkBalance({ state }: TencentRequestContext): void {
  if (state.account.get("overdue")) throw refusal("InvalidAccount.InsufficientBalance", "The balance is insufficient.");
}

function conversion(context: TencentRequestContext, onlyAsks = false) {
  const target = text(context.parameters, "InstanceChargeType") === "PREPAID" ? "PREPAID" : "POSTPAID_BY_HOUR";
  if (target === "PREPAID") periodOf(context);
  const instances = instancesFor(context, {
    refuses: ["REBOOTING", "RESCUE_MODE", "SHUTDOWN", "STOPPING", "TERMINATING"],
    special: ["PENDING", "STARTING"],
    onlyAsks,
  });
  for (const { id, chargeType, stopChargingMode } of instances) {
    const hasTimer = [...context.state.timers.values()].some((timer) => timer.instanceId === id);
    if (chargeType === target || chargeType === "SPOTPAID")
      throw refusal("UnsupportedOperation.InstanceChargeType", `\`${id}\` cannot be charged as ${target}.`);
    if (hasTimer || stopChargingMode === "STOP_CHARGING")
      throw refusal("InvalidInstance.NotSupported", `The instance \`${id}\` cannot change how it is charged.`);
  }
  checkOneZoneType(instances);
  return { instances, target } as const;
}

function convertedPrice(context: TencentRequestContext): number {
  return periodOf(context) * monthlyPrice;
}

function convert(context: TencentRequestContext, id: string, target: "PREPAID" | "POSTPAID_BY_HOUR", now: number) {
  const { state } = context;
  if (target === "POSTPAID_BY_HOUR") {
    change(state.instances, id, { chargeType: target, expiresAt: undefined, renewFlag: undefined });
    return;
  }
  const expiresAt = monthsLater(now, periodOf(context));
  change(state.instances, id, { chargeType: target, expiresAt, renewFlag: "NOTIFY_AND_MANUAL_RENEW" });
  watchExpiry(context, id);
}

function priceOf(amount: number): JsonObject {
  const price = { OriginalPrice: amount, DiscountPrice: amount, Discount: 100 };
  const nothing = { OriginalPrice: 0, DiscountPrice: 0, Discount: 100 };
  return { InstancePrice: price, BandwidthPrice: nothing };
}
