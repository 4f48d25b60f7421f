import type { JsonObject } from "../../../src/common.js";
import type { FakeAnswer } from "../../../src/testing/fake-definition.js";
import { type CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import type { AwsRoute } from "./state.js";
import { escapeXml, renderXml } from "./wire/xml.js";

const xmlType = "text/xml;charset=UTF-8";

/** Wraps a result as the service's protocol does. The SDK takes the request id from the header alone. */
export function respond(result: JsonObject | undefined, route: AwsRoute, requestId: string): FakeAnswer {
  const status = route.success ?? 200;
  const headers = { "x-amzn-requestid": requestId };
  const namespace = route.namespace === undefined ? "" : ` xmlns="${route.namespace}"`;
  if (route.protocol === "ec2") {
    const body = `<requestId>${requestId}</requestId>${renderXml(result ?? {}, "item")}`;
    return xml(status, headers, `<${route.action}Response${namespace}>${body}</${route.action}Response>`);
  }
  if (route.protocol === "query") {
    const inner = `<${route.action}Result>${renderXml(result ?? {}, "member")}</${route.action}Result>`;
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return xml(status, headers, `<${route.action}Response${namespace}>${inner}${metadata}</${route.action}Response>`);
  }
  if (route.protocol === "rest-xml") {
    const inner = renderXml(result ?? {}, "member");
    return xml(status, headers, `<${route.action}Response${namespace}>${inner}</${route.action}Response>`);
  }
  const type = route.protocol === "json" ? "application/x-amz-json-1.1" : "application/json";
  return { status, headers: { ...headers, "content-type": type }, body: JSON.stringify(result ?? {}) };
}

/** Wraps a refusal: EC2 has an envelope of its own, the other XML services share one, JSON services name a type. */
export function refuse(refused: CloudRefusal, route: AwsRoute | undefined, requestId: string): FakeAnswer {
  const { cloudCode, message, httpStatus: status } = refused;
  const headers = { "x-amzn-requestid": requestId };
  const protocol = route?.protocol ?? "ec2";
  if (protocol === "json" || protocol === "rest-json") {
    return {
      status,
      headers: { ...headers, "content-type": "application/json", "x-amzn-errortype": cloudCode },
      body: JSON.stringify({ __type: cloudCode, message }),
    };
  }
  const error = `<Code>${escapeXml(cloudCode)}</Code><Message>${escapeXml(message)}</Message>`;
  const start = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (protocol === "ec2")
    return xml(
      status,
      headers,
      `${start}<Response><Errors><Error>${error}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
    );
  const type = status < 500 ? "Sender" : "Receiver";
  return xml(
    status,
    headers,
    `${start}<ErrorResponse><Error><Type>${type}</Type>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  );
}

function xml(status: number, headers: Readonly<Record<string, string>>, body: string): FakeAnswer {
  return { status, headers: { ...headers, "content-type": xmlType }, body };
}

/** What any AWS service can say, each in its own words. */
export const errors = {
  denied({ protocol, service, action }: AwsRoute): CloudRefusal {
    const message = `User: arn:aws:iam::123456789012:user/operator is not authorized to perform: ${iamPrefix(service)}:${action}`;
    if (protocol === "ec2")
      return refusal("UnauthorizedOperation", `You are not authorized to perform this operation. ${message}`, 403);
    if (protocol === "json") return refusal("AccessDeniedException", message, 400);
    return refusal(protocol === "rest-json" ? "AccessDeniedException" : "AccessDenied", message, 403);
  },
  throttled({ protocol }: AwsRoute): CloudRefusal {
    if (protocol === "ec2") return refusal("RequestLimitExceeded", "Request limit exceeded.", 503);
    if (protocol === "json" || protocol === "rest-json") return refusal("ThrottlingException", "Rate exceeded", 400);
    return refusal("Throttling", "Rate exceeded", 400);
  },
  internal({ protocol }: AwsRoute): CloudRefusal {
    if (protocol === "ec2") return refusal("InternalError", "An internal error has occurred", 500);
    return refusal("InternalFailure", "The request processing has failed because of an unknown error.", 500);
  },
  unknownAction({ protocol, action }: AwsRoute, nearest: readonly string[]): CloudRefusal {
    const message = `The action ${action} is not valid for this web service. The fake knows ${nearest.join(", ")}.`;
    if (protocol === "json" || protocol === "rest-json") return refusal("UnknownOperationException", message, 404);
    return refusal("InvalidAction", message);
  },
  unknownCredentials({ protocol }: AwsRoute): CloudRefusal {
    const message = "AWS was not able to validate the provided access credentials";
    if (protocol === "ec2") return refusal("AuthFailure", message, 401);
    if (protocol === "json" || protocol === "rest-json") return refusal("UnrecognizedClientException", message, 403);
    return refusal("InvalidClientTokenId", "The security token included in the request is invalid", 403);
  },
};

/** The classic load balancer is `elb` here and `elasticloadbalancing` in IAM. */
function iamPrefix(service: string): string {
  return service === "elb" ? "elasticloadbalancing" : service;
}
