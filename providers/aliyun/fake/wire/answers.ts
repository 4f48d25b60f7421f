import type { JsonObject } from "../../../../src/common.js";
import type { FakeAnswer } from "../../../../src/testing/fake-definition.js";
import { CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import type { AliyunRoute } from "./request.js";

const headers = { "content-type": "application/json;charset=utf-8" };

/** Wraps a result: the same plain JSON object everywhere, some services adding fields of their own. */
export function respond(result: JsonObject | undefined, { product }: AliyunRoute, requestId: string): FakeAnswer {
  const named = product.paths ? {} : { RequestId: requestId };
  const body = JSON.stringify({ ...named, ...product.envelope, ...result });
  return { status: 200, headers: { ...headers, "x-acs-request-id": requestId }, body };
}

/** Wraps a refusal. BSS answers most of its own with status 200 and `Success: false`. */
export function refuse(refused: CloudRefusal, route: AliyunRoute | undefined, requestId: string): FakeAnswer {
  const { cloudCode: Code, message: Message, httpStatus: status, details } = refused;
  const answer = route?.product.paths
    ? // Container Service writes its errors in small letters.
      { code: Code, message: Message, requestId, status, ...details }
    : status === 200
      ? { RequestId: requestId, Success: false, Code, Message }
      : {
          RequestId: requestId,
          HostId: route ? hostOf(route) : "aliyuncs.com",
          Code,
          Message,
          Recommend: `https://api.aliyun.com/troubleshoot?q=${Code}&product=${route?.product.product ?? ""}&requestId=${requestId}`,
          ...details,
        };
  return { status, headers: { ...headers, "x-acs-request-id": requestId }, body: JSON.stringify(answer) };
}

function hostOf({ host, service, region }: AliyunRoute): string {
  if (host.endsWith(".aliyuncs.com")) return host;
  return service === "ecs" && region !== undefined ? `ecs-${region}.aliyuncs.com` : `${service}.aliyuncs.com`;
}

/** What any service can say. */
export const errors = {
  denied({ product, action }: AliyunRoute): CloudRefusal {
    const [code, status] = product.denied;
    const message =
      code === "NotAuthorized"
        ? "This API is not authorized for caller."
        : "User not authorized to operate on the specified resource, or this API doesn't support RAM.";
    return new CloudRefusal(code, message, status, {
      AccessDeniedDetail: {
        AuthAction: ramActions[`${product.name}:${action}`] ?? `${product.name}:${action}`,
        AuthPrincipalType: "SubUser",
        NoPermissionType: "ImplicitDeny",
        PolicyType: "AccountLevelIdentityBasedPolicy",
      },
    });
  },
  throttled({ product }: AliyunRoute): CloudRefusal {
    const user = product.throttled.endsWith(".User");
    return refusal(
      product.throttled,
      user ? "Request was denied due to user flow control." : "Request was denied due to request throttling.",
    );
  },
  internal({ service }: AliyunRoute): CloudRefusal {
    if (service === "ecs" || service === "vpc")
      return refusal("InternalError", "The request processing has failed due to some unknown error.", 500);
    return refusal("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503);
  },
  unknownAction({ action }: AliyunRoute, nearest: readonly string[]): CloudRefusal {
    return refusal(
      "InvalidAction.NotFound",
      `Specified api ${action} is not found, please check your url and method. The fake knows ${nearest.join(", ")}.`,
      404,
    );
  },
  unknownCredentials({ accessKey }: AliyunRoute): CloudRefusal {
    if (accessKey === undefined) return refusal("MissingAccessKeyId", "AccessKeyId is mandatory for this action.");
    return refusal("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404);
  },
};

/** RAM actions that are not called as their API is (BSS API reference, authorization information). */
const ramActions: Readonly<Record<string, string>> = {
  "bss:RefundInstance": "bss:RefundBatchRemainRefund",
  "bss:InquiryPriceRefundInstance": "bss:RefundQueryRemainAmount",
  "bss:QuerySavingsPlansInstance": "bssapi:QuerySavingsPlansInstance",
};
