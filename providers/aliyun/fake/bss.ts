import type { JsonObject } from "../../../src/common.js";
import { type CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import { read, write } from "./action.js";
import { giveBack, refundOf } from "./billing.js";
import type { AliyunActions, AliyunRequestContext, Instance, Order } from "./state.js";
import { accountOf } from "./state.js";
import { need, number, text, texts } from "./wire/read.js";
import { seconds } from "./wire/times.js";

/** Host of the international site. Accounts belong to one site, and the other one does not serve them. */
const internationalHost = "business.ap-southeast-1.aliyuncs.com";

/** What BSS refuses by itself comes with status 200 and `Success: false`. */
function no(code: string, message: string): CloudRefusal {
  return refusal(code, message, 200);
}

/** The subscription that a refund is about. `ProductType` has to be sent, though empty for servers. */
function namedInstance({ input, state }: AliyunRequestContext): Instance {
  for (const name of ["ProductCode", "ProductType", "InstanceId"])
    if (text(input, name) === undefined) throw no("InvalidParameter", `The parameter ${name} is missing.`);
  if (text(input, "ProductCode") !== "ecs" || text(input, "ProductType") !== "")
    throw no("InvalidParameter", "The product is not supported: ProductCode must be ecs and ProductType empty.");
  const instance = state.instances.get(text(input, "InstanceId") ?? "");
  if (!instance) throw no("ResourceNotExists", "The resource does not exist.");
  return instance;
}

/** What each seeded reason makes BSS say. That of a used-up quota is not published. */
function whyRefused({ route }: AliyunRequestContext, { refund }: Instance): CloudRefusal | undefined {
  if (!refund || !("refusedBecause" in refund)) return undefined;
  switch (refund.refusedBecause) {
    case "partner":
      return refusal("NotAuthorized", "This API is not authorized for caller.");
    case "wrong-site":
      return route.host === internationalHost
        ? undefined
        : refusal("NotApplicable", "This API is not applicable for caller.");
    case "quota":
      return no("RefundQuotaExceeded", "The number of refunds of this account is used up.");
    case "not-returnable":
      return no("ResourceStatusError", "The resource status error: this subscription cannot be refunded.");
  }
}

function refundable(context: AliyunRequestContext): Instance {
  const instance = namedInstance(context);
  const why = whyRefused(context, instance);
  if (why) throw why;
  const { chargeType, expiresAt, releasing, locks } = instance;
  const over = expiresAt !== undefined && expiresAt <= context.now;
  if (chargeType !== "PrePaid" || over || releasing || locks.includes("refunded") || locks.includes("security"))
    throw no("ResourceStatusError", "The resource status error.");
  return instance;
}

function inquire(context: AliyunRequestContext): JsonObject {
  const instance = refundable(context);
  const { amount, currency } = refundOf(instance, context.now);
  return { Data: { InstanceId: instance.id, RefundAmount: Number(amount), Currency: currency, HostId: "cn" } };
}

/** "If you make multiple calls with the same ClientToken, the system returns the result of the first call." */
function refund(context: AliyunRequestContext): JsonObject {
  const { input, state } = context;
  const immediately = text(input, "ImmediatelyRelease") ?? "1";
  if (immediately !== "1" && immediately !== "0") throw no("InvalidParameter", "ImmediatelyRelease must be 1 or 0.");
  const instance = refundable(context);
  if (accountOf(state).state === "restricted") throw no("InvalidOwner", "The account is restricted.");
  if (accountOf(state).refundsLeft === 0)
    throw no("RefundQuotaExceeded", "The number of refunds of this account is used up.");
  const order = giveBack(context, instance, immediately === "1");
  context.effect(instance.id);
  return { Data: { OrderId: Number(order.id), HostId: "cn" } };
}

const orderTypes: Readonly<Record<Order["kind"], string>> = {
  refund: "Refund",
  conversion: "Convert",
  renewal: "Renewal",
};

function getOrderDetail({ state, input }: AliyunRequestContext): JsonObject {
  const order = state.orders.get(need(input, "OrderId"));
  if (!order) throw no("OrderNotExist", "The order does not exist.");
  const row = {
    OrderId: order.id,
    OrderType: orderTypes[order.kind],
    PaymentStatus: order.status === "Paid" ? "Paid" : "Unpaid",
    ProductCode: "ecs",
    SubscriptionType: "Subscription",
    InstanceIDs: JSON.stringify([order.instanceId]),
    PretaxAmount: order.kind === "renewal" ? order.amount.amount : `-${order.amount.amount}`,
    Currency: order.amount.currency,
    CreateTime: seconds(order.createdAt),
  };
  return { Data: { OrderList: { Order: [row] }, PageNum: 1, PageSize: 20, TotalCount: 1, HostName: "" } };
}

const renewals: Readonly<Record<Instance["renewal"], string>> = {
  AutoRenewal: "AutoRenewal",
  Normal: "ManualRenewal",
  NotRenewal: "NotRenewal",
};

function queryAvailableInstances({ state, input, scope }: AliyunRequestContext): JsonObject {
  const ids = texts(input, "InstanceIDs");
  const wanted = text(input, "SubscriptionType");
  const all = [...state.instances.values()].filter((instance) => {
    const type = instance.chargeType === "PrePaid" ? "Subscription" : "PayAsYouGo";
    return (!ids || ids.includes(instance.id)) && (!wanted || wanted === type);
  });
  const PageNum = number(input, "PageNum") ?? 1;
  const PageSize = number(input, "PageSize") ?? 20;
  const rows = all.slice((PageNum - 1) * PageSize, PageNum * PageSize).map((instance) => ({
    InstanceID: instance.id,
    ProductCode: "ecs",
    ProductType: "",
    Region: scope.region,
    SubscriptionType: instance.chargeType === "PrePaid" ? "Subscription" : "PayAsYouGo",
    Status: instance.locks.includes("refunded") ? "WaitForRelease" : "Normal",
    RenewStatus: renewals[instance.renewal],
    CreateTime: seconds(instance.createdAt),
    EndTime: instance.expiresAt === undefined ? "" : seconds(instance.expiresAt),
  }));
  return { Data: { InstanceList: rows, PageNum, PageSize, TotalCount: all.length } };
}

/** Expenses and costs. Parameters are checked by its own handlers, since it refuses with status 200. */
export const bss: AliyunActions = {
  "bss:InquiryPriceRefundInstance": read("ProductCode ProductType InstanceId ClientToken", inquire),
  "bss:RefundInstance": write("ProductCode ProductType InstanceId ImmediatelyRelease ClientToken", refund),
  "bss:GetOrderDetail": read("OrderId!", getOrderDetail),
  "bss:QueryAvailableInstances": read(
    "Region ProductCode ProductType InstanceIDs:c100 SubscriptionType PageNum:n PageSize:n1-300",
    queryAvailableInstances,
  ),
};
