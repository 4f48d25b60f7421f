import type { JsonObject } from "../../../src/common.js";
import type { FakeAnswer, FakeRequest } from "../../../src/testing/fake-definition.js";
import { isRecord } from "../../../src/testing/fake-json.js";
import { type CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import type { TencentActions, TencentRoute } from "./state.js";

/** API version of each service; `isGlobal` where the region of a request means nothing. */
export const services: Readonly<Record<string, { readonly version: string; readonly isGlobal?: true }>> = {
  as: { version: "2018-04-19" },
  billing: { version: "2018-07-09", isGlobal: true },
  cam: { version: "2019-01-16", isGlobal: true },
  cbs: { version: "2017-03-12" },
  cdb: { version: "2017-03-20" },
  cfs: { version: "2019-07-19" },
  clb: { version: "2018-03-17" },
  cvm: { version: "2017-03-12" },
  dnspod: { version: "2021-03-23", isGlobal: true },
  kms: { version: "2019-01-18" },
  monitor: { version: "2018-07-24" },
  privatedns: { version: "2020-10-28", isGlobal: true },
  redis: { version: "2018-04-12" },
  sts: { version: "2018-08-13", isGlobal: true },
  tag: { version: "2018-08-13", isGlobal: true },
  tat: { version: "2020-10-28" },
  tke: { version: "2018-05-25" },
  vpc: { version: "2017-03-12" },
};

/** Hosts of the API: `cvm.tencentcloudapi.com`, with a region, or of the international or internal site. */
export const hosts = /(^|\.)tencentcloudapi\.com$/;

/**
 * Reads a request of the TC3 dialect, the default of every official SDK: action, version and region in headers, JSON
 * in the body. The service is the first label of the host or, on loopback, the path; else the one service that has
 * that action in that version.
 */
export function routeOf(
  { method, url, headers, body }: FakeRequest,
  actions: TencentActions,
  regions: readonly string[] | undefined,
): TencentRoute {
  const action = headers.get("x-tc-action");
  const version = headers.get("x-tc-version");
  if (method !== "POST" || action === null || version === null)
    throw refusal("UnsupportedProtocol", "The fake reads TC3 requests only: POST with X-TC-Action and X-TC-Version.");
  const service = serviceOf(url, action, version, actions);
  const known = services[service];
  if (known && known.version !== version)
    throw refusal("NoSuchVersion", `The version ${version} of ${service} does not exist; it is ${known.version}.`);
  const region = headers.get("x-tc-region") ?? "";
  if (known && !known.isGlobal) checkRegion(region, regions);
  const accessKey = /\bCredential=([^/]+)\//.exec(headers.get("authorization") ?? "")?.[1];
  return {
    service,
    action,
    parameters: parametersOf(body),
    instanceIds: [...new Set(body.match(/\bins-[0-9a-z]{8}\b/g))],
    language: headers.get("x-tc-language") ?? "zh-CN",
    ...(accessKey === undefined ? {} : { accessKey }),
    ...(known?.isGlobal ? {} : { region }),
  };
}

function serviceOf(url: URL, action: string, version: string, actions: TencentActions): string {
  const path = url.pathname.split("/")[1];
  if (path) return path;
  const label = url.hostname.split(".")[0] ?? "";
  if (hosts.test(url.hostname) && services[label]) return label;
  const candidates = Object.keys(services).filter((name) => services[name]?.version === version);
  return candidates.find((name) => actions[`${name}:${action}`] !== undefined) ?? candidates[0] ?? label;
}

function checkRegion(region: string, regions: readonly string[] | undefined): void {
  if (region === "") throw refusal("MissingParameter", "The request is missing a region.");
  if (!/^[a-z]+-[a-z0-9-]+$/.test(region) || (regions && !regions.includes(region)))
    throw refusal("UnsupportedRegion", `The region ${region} is not supported.`);
}

function parametersOf(body: string): JsonObject {
  if (body === "") return {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (isRecord(parsed)) return parsed;
  } catch {
    // Said below.
  }
  throw refusal("InvalidRequest", "The body of the request is no JSON object.");
}

/** Every success is 200 with `Response`, which always has a request id. */
export function respond(result: JsonObject | undefined, _route: TencentRoute, requestId: string): FakeAnswer {
  return json({ Response: { ...result, RequestId: requestId } });
}

/** Every refusal is 200 too. Only what stands in front of the API answers otherwise, and then with no body of the API's. */
export function refuse(refused: CloudRefusal, route: TencentRoute | undefined, requestId: string): FakeAnswer {
  const { cloudCode, message, httpStatus } = refused;
  if (httpStatus >= 500 && cloudCode !== "FakeDefect")
    return { status: httpStatus, headers: { "content-type": "text/html" }, body: "" };
  const Message = route?.language === "en-US" ? message : `请求未完成（${cloudCode}）。${message}`;
  return json({ Response: { Error: { Code: cloudCode, Message }, RequestId: requestId } });
}

function json(body: JsonObject): FakeAnswer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** What any service can say ("Common error codes"). */
export const errors = {
  denied({ service, action }: TencentRoute): CloudRefusal {
    return refusal(
      "AuthFailure.UnauthorizedOperation",
      `You are not authorized to perform the operation (${service}:${action}).`,
    );
  },
  throttled({ action }: TencentRoute): CloudRefusal {
    return refusal("RequestLimitExceeded", `Your current request times of ${action} exceed the limit per second.`);
  },
  internal(_route: TencentRoute): CloudRefusal {
    return refusal("InternalError", "An internal error has occurred. Retry your request.");
  },
  unknownAction({ service, action }: TencentRoute, nearest: readonly string[]): CloudRefusal {
    return refusal("InvalidAction", `${service} has no action ${action}. The fake knows ${nearest.join(", ")}.`);
  },
  unknownCredentials(_route: TencentRoute): CloudRefusal {
    return refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found. Please ensure that it is correct.");
  },
};

/** Service to URL. The path tells one server which service is meant; the SDK keeps it. */
export function endpoints(base: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(services).map((name) => [name, `${base}/${name}`]));
}
