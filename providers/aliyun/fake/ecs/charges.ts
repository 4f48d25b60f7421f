import type { JsonObject } from "../../../../src/common.js";
import { type CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { checkRefunds, refundOf, renew, toPostPaid, toPrePaid } from "../billing.js";
import { matching } from "../lists.js";
import type { AliyunActions, AliyunRequestContext, Instance, Order } from "../state.js";
import { accountOf, change } from "../state.js";
import { timings } from "../timings.js";
import { numberedPage } from "../wire/pages.js";
import { flag, number, text, texts } from "../wire/read.js";
import { namedInstance } from "./instances.js";
import {
  busyRefusal,
  demand,
  isExpired,
  restricted,
  securityLocked,
  wrongChargeType,
  wrongStatus,
} from "./refusals.js";

const daysPer: Readonly<Record<string, number>> = { Week: 7, Month: 30, Year: 365 };

function daysOf({ input }: AliyunRequestContext, amount: "Period" | "Duration"): number {
  const unit = text(input, "PeriodUnit") ?? "Month";
  const days = daysPer[unit];
  if (days === undefined)
    throw refusal("InvalidPeriodUnit.ValueNotSupported", "The specified parameter PeriodUnit is not valid.");
  const count = number(input, amount);
  if (count === undefined || count < 1) throw refusal("InvalidPeriod", "The specified period is not valid.");
  return count * days;
}

/** The default target is a subscription: an omitted `InstanceChargeType` buys one (ModifyInstanceChargeTypeRequest). */
function modifyChargeType(context: AliyunRequestContext): JsonObject {
  const { input, state, now } = context;
  const target = text(input, "InstanceChargeType") ?? "PrePaid";
  if (target !== "PostPaid" && target !== "PrePaid")
    throw refusal("InvalidInstanceChargeType.ValueNotSupported", `InstanceChargeType ${target} is not supported.`);
  const instances = (texts(input, "InstanceIds") ?? []).map((id) => state.instances.get(id));
  const known = instances.flatMap((instance) => instance ?? []);
  if (known.length < instances.length)
    throw refusal("InvalidParameter.InstanceIds", "The specified InstanceIds are invalid.");
  demand(restricted(state));
  if (accountOf(state).state === "overdue")
    throw refusal("Account.Arrearage", "Your account has an outstanding payment.", 403);
  for (const instance of known) demand(whyNotConverted(instance, target, now));
  if (target === "PostPaid") checkRefunds(context, known.length, "QuotaExceed.RufundVcpu", 400);
  const days = target === "PrePaid" ? daysOf(context, "Period") : 0;
  const orders = known.map((instance) => convert(context, instance, target, days));
  const fees = known.map((instance) => feeOf(instance, now));
  return {
    OrderId: orders[0]?.id ?? "",
    FeeOfInstances: { FeeOfInstance: flag(input, "IsDetailFee") ? fees : [] },
  };
}

function whyNotConverted(instance: Instance, target: string, now: number): CloudRefusal | undefined {
  const { status, chargeType, autoReleaseAt, locks, refund } = instance;
  if (locks.includes("security")) return securityLocked();
  if (isExpired(instance, now)) return refusal("ExpiredInstance", "The specified instance has expired.");
  if ((status !== "Running" && status !== "Stopped") || instance.releasing)
    return refusal("InvalidStatus.ValueNotSupported", `The status ${status} of the instance is not supported.`);
  if (chargeType === target)
    return refusal("InvalidInstanceChargeType.ValueNotSupported", `The instance is ${target} already.`);
  if (target === "PrePaid" && autoReleaseAt !== undefined)
    return refusal("ReleaseTimeHaveBeenSet", "The specified instance has been set released time.");
  if (refund && "refusedBecause" in refund && refund.refusedBecause === "quota")
    return refusal("QuotaExceed.RufundVcpu", "The maximum number of refund vcpu is exceeded: 0.");
  return busyRefusal(instance, now);
}

function convert(
  context: AliyunRequestContext,
  instance: Instance,
  target: "PostPaid" | "PrePaid",
  days: number,
): Order {
  context.effect(instance.id);
  if (target === "PostPaid") return toPostPaid(context, instance);
  return toPrePaid(context, instance, days, flag(context.input, "IncludeDataDisks") ?? false);
}

function feeOf(instance: Instance, now: number): JsonObject {
  const { amount, currency } = refundOf(instance, now);
  return { InstanceId: instance.id, Currency: currency, Fee: `-${amount}` };
}

function renewInstance(context: AliyunRequestContext): JsonObject {
  const instance = namedInstance(context);
  if (instance.locks.includes("security")) throw securityLocked();
  if (instance.chargeType !== "PrePaid") throw wrongChargeType();
  if (instance.releasing) throw wrongStatus();
  demand(busyRefusal(instance, context.now));
  const order = renew(context, instance.id, daysOf(context, "Period"));
  context.effect(instance.id);
  return { OrderId: order.id };
}

const renewals = ["AutoRenewal", "Normal", "NotRenewal"] as const;

/** Instances by id, refusing pay-as-you-go ones: they have no renewal. */
function subscriptions({ input, state }: AliyunRequestContext): readonly Instance[] {
  return (texts(input, "InstanceId") ?? []).map((id) => {
    const instance = state.instances.get(id);
    if (!instance)
      throw refusal("InvalidParameter.InvalidInstanceId", `The specified instance ${id} is not valid.`, 403);
    if (instance.chargeType !== "PrePaid")
      throw refusal("ChargeTypeViolation", "Pay-As-You-Go instances do not support this operation.", 403);
    return instance;
  });
}

function describeAutoRenew(context: AliyunRequestContext): JsonObject {
  const { input, state } = context;
  const ids = texts(input, "InstanceId");
  const renewal = text(input, "RenewalStatus");
  if (ids === undefined && renewal === undefined)
    throw refusal(
      "InvalidParameter.RenewalStatusInstanceId",
      "The parameter RenewalStatus and InstanceId can not be both empty.",
      403,
    );
  const all = ids
    ? subscriptions(context)
    : [...state.instances.values()].filter((each) => each.chargeType === "PrePaid");
  const found = matching(all, input, {
    RenewalStatus: () => (renewal === undefined ? undefined : (instance) => instance.renewal === renewal),
  });
  const { rows, fields } = numberedPage(input, found, 100);
  const attributes = rows.map((instance) => ({
    InstanceId: instance.id,
    AutoRenewEnabled: instance.renewal === "AutoRenewal",
    RenewalStatus: instance.renewal,
    Duration: instance.renewal === "AutoRenewal" ? 1 : 0,
    PeriodUnit: "Month",
  }));
  return { ...fields, InstanceRenewAttributes: { InstanceRenewAttribute: attributes } };
}

/** `RenewalStatus` "takes precedence over the AutoRenew parameter". */
function modifyAutoRenew(context: AliyunRequestContext): undefined {
  const { input, state } = context;
  const instances = subscriptions(context);
  const word = text(input, "RenewalStatus") ?? (flag(input, "AutoRenew") ? "AutoRenewal" : "Normal");
  const renewal = renewals.find((known) => known === word);
  if (!renewal)
    throw refusal("InvalidParameter.RenewalStatus", `The specified parameter RenewalStatus ${word} is not valid.`, 403);
  if (renewal === "AutoRenewal" && number(input, "Duration") === undefined)
    throw refusal("InvalidParameter.Duration", "The specified parameter Duration is not valid.", 403);
  for (const { id } of instances) {
    change(state.instances, id, { renewal });
    context.effect(id);
  }
}

const tooMany = { codes: { InstanceId: ["InvalidParameter.ToManyInstanceIds", 403] } } as const;

/** What instances cost and how they are paid. */
export const charges: AliyunActions = {
  "ecs:ModifyInstanceChargeType": write(
    `RegionId! InstanceIds:j20! InstanceChargeType IncludeDataDisks:b IsDetailFee:b AutoPay:b Period:n PeriodUnit
     DryRun:b ClientToken`,
    modifyChargeType,
    {
      dryRun: { code: "DryRunOperation", shallow: true },
      workMs: timings.conversionMs,
      codes: { InstanceIds: ["InstancesIdQuotaExceed", 400] },
    },
  ),
  "ecs:RenewInstance": write("InstanceId! Period:n PeriodUnit ClientToken", renewInstance),
  "ecs:DescribeInstanceAutoRenewAttribute": read(
    "RegionId! InstanceId:c100 RenewalStatus PageNumber:n PageSize:n",
    describeAutoRenew,
    tooMany,
  ),
  "ecs:ModifyInstanceAutoRenewAttribute": write(
    "RegionId! InstanceId:c100! RenewalStatus AutoRenew:b Duration:n PeriodUnit",
    modifyAutoRenew,
    tooMany,
  ),
};
