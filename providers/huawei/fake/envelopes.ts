import type { JsonObject } from "../../../src/common.js";
import type { FakeAnswer } from "../../../src/testing/fake-definition.js";
import { type CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import type { HuaweiRoute } from "./state.js";

/** Wraps a success. Its status comes from the action. */
export function respond(result: JsonObject | undefined, success: number | undefined, requestId: string): FakeAnswer {
  const status = success ?? (result === undefined ? 204 : 200);
  const headers = headersOf(requestId);
  // 202 and 200 without a body are empty texts, 204 is none at all.
  if (result === undefined) return { status, headers, body: status === 204 ? null : "" };
  return { status, headers, body: JSON.stringify(result) };
}

/** Wraps a refusal in the envelope of the API that was asked. */
export function refuse(refused: CloudRefusal, route: HuaweiRoute | undefined, requestId: string): FakeAnswer {
  const { httpStatus: status } = refused;
  const body = JSON.stringify(envelopeOf(refused, route, requestId));
  return { status, headers: headersOf(requestId), body };
}

function headersOf(requestId: string): Readonly<Record<string, string>> {
  return { "content-type": "application/json", "x-request-id": requestId };
}

/** At least five envelopes, by service and version of the path. What stands in front of every API has one of its own. */
function envelopeOf(refused: CloudRefusal, route: HuaweiRoute | undefined, requestId: string): JsonObject {
  const { cloudCode: code, message } = refused;
  const gateway = { error_msg: message, error_code: code, request_id: requestId };
  if (!route || /^APIGW?\.|^FakeDefect$/.test(code)) return gateway;
  switch (familyOf(route)) {
    case "wrapped":
      return { error: { code, message }, ...batchFailures(refused) };
    case "nova":
      return { [novaWord(refused.httpStatus)]: { message, code: refused.httpStatus } };
    case "neutron":
      return { NeutronError: { message, type: code, detail: "" } };
    case "flat":
      return { code, message };
    case "gateway":
      return gateway;
  }
}

type Family = "wrapped" | "nova" | "neutron" | "flat" | "gateway";

function familyOf({ service, action }: HuaweiRoute): Family {
  const path = action.split(" ")[1] ?? "";
  if (path.startsWith("/v2.1/")) return service === "dns" ? "flat" : "nova";
  if (path.startsWith("/v2.0/")) return "neutron";
  if (service === "elb" && path.startsWith("/v2/")) return "neutron";
  if (["ecs", "evs", "as", "ims"].includes(service)) return "wrapped";
  if (service === "dns" || (service === "vpc" && path.startsWith("/v1/"))) return "flat";
  return "gateway";
}

/** "Responses (Batch Requests)": which of the named servers it was about. Core's error has no place for it. */
function batchFailures({ cloudCode, message, details }: CloudRefusal): JsonObject {
  const { ids } = details;
  if (!Array.isArray(ids)) return {};
  return { internalError: ids.map((id) => ({ id: String(id), error_code: cloudCode, error_message: message })) };
}

function novaWord(status: number): string {
  return { 404: "itemNotFound", 409: "conflictingRequest", 403: "forbidden" }[status] ?? "badRequest";
}

/** What any service can say, mostly through the gateway in front of it ("API Gateway error codes"). */
export const errors = {
  denied({ service, action }: HuaweiRoute): CloudRefusal {
    return refusal("APIGW.0302", `Policy doesn't allow ${service}:${action} to be performed.`, 403);
  },
  throttled(_route: HuaweiRoute): CloudRefusal {
    const message = "The throttling threshold has been reached: policy user over ratelimit,limit:5,time:1 minute";
    return refusal("APIGW.0308", message, 429);
  },
  internal(_route: HuaweiRoute): CloudRefusal {
    return refusal("APIGW.0201", "Backend timeout.", 504);
  },
  unknownAction({ service, action }: HuaweiRoute, nearest: readonly string[]): CloudRefusal {
    const message = `The API does not exist or has not been published: ${service} has no ${action}.`;
    return refusal("APIGW.0101", `${message} The fake knows ${nearest.join(", ")}.`, 404);
  },
  unknownCredentials(_route: HuaweiRoute): CloudRefusal {
    return refusal("APIGW.0301", "Incorrect IAM authentication information: Unauthorized", 401);
  },
};
