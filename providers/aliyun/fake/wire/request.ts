import type { JsonValue } from "../../../../src/common.js";
import type { FakeRequest, FakeRoute } from "../../../../src/testing/fake-definition.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { idForms } from "../ids.js";
import { readTree } from "./parameters.js";
import { isList } from "./read.js";
import { type Service, services } from "./services.js";

/** What a request asks for. */
export interface AliyunRoute extends FakeRoute {
  readonly product: Service;
  readonly host: string;
}

/** Names of the older dialect's own parameters ("Common parameters", ECS API reference). */
const dialectNames = [
  "Action",
  "Version",
  "Format",
  "AccessKeyId",
  "SecurityToken",
  "Signature",
  "SignatureMethod",
  "SignatureVersion",
  "SignatureNonce",
  "SignatureType",
  "Timestamp",
];

/**
 * Reads a request in either dialect of the RPC style: today's SDKs put action, version and signature into headers, the
 * older ones into the query. Parameters come in the query or in a form body. In the ROA style the path says what is asked.
 */
export function routeOf(request: FakeRequest): AliyunRoute {
  const product = services[request.headers.get("x-acs-version") ?? ""];
  return product?.paths ? roaRouteOf(request, product) : rpcRouteOf(request);
}

function rpcRouteOf({ url, headers, body }: FakeRequest): AliyunRoute {
  const form = headers.get("content-type")?.includes("x-www-form-urlencoded") ? new URLSearchParams(body) : [];
  const pairs = [...url.searchParams, ...form];
  const sent = new Map(pairs);
  const action = headers.get("x-acs-action") ?? sent.get("Action");
  const version = headers.get("x-acs-version") ?? sent.get("Version");
  if (url.pathname !== "/") throw refusal("InvalidAction.NotFound", `There is no path ${url.pathname} here.`, 404);
  if (!action) throw refusal("MissingAction", "Action is mandatory for this action.");
  const product = services[version ?? ""];
  if (!product)
    throw refusal("InvalidVersion", `Specified parameter Version (${version}) is not valid: ${known()}.`, 404);
  const byHeader = headers.has("x-acs-action");
  const accessKey = byHeader ? signedByHeader(headers) : signedByQuery(sent);
  const parameters = readTree(pairs.filter(([name]) => byHeader || !dialectNames.includes(name)));
  const region = regionOf(product, url.hostname, parameters.RegionId);
  return {
    service: product.name,
    action,
    parameters,
    instanceIds: [...new Set(instanceIdsIn(parameters))],
    product,
    host: url.hostname,
    ...(accessKey === undefined ? {} : { accessKey }),
    ...(region === undefined ? {} : { region }),
  };
}

/** The path decides, as in the cloud; what a header calls the action does not matter. */
function roaRouteOf({ method, url, headers }: FakeRequest, product: Service): AliyunRoute {
  const found = Object.entries(product.paths ?? {}).flatMap(([action, template]) => {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    const values = new RegExp(`^${template.replace(/\{\w+\}/g, "([^/]+)")}$`).exec(url.pathname)?.slice(1);
    if (!values || method !== "GET") return [];
    return [
      { action, path: Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(values[at] ?? "")])) },
    ];
  })[0];
  const parameters = { ...readTree(url.searchParams), ...found?.path };
  const accessKey = signedByHeader(headers) ?? /^acs ([^:\s]+):\S+$/.exec(headers.get("authorization") ?? "")?.[1];
  const region = regionOf(product, url.hostname, parameters.RegionId);
  return {
    service: product.name,
    action: found?.action ?? `${method} ${url.pathname}`,
    parameters,
    instanceIds: [...new Set(instanceIdsIn(parameters))],
    product,
    host: url.hostname,
    ...(accessKey === undefined ? {} : { accessKey }),
    ...(region === undefined ? {} : { region }),
  };
}

function known(): string {
  return Object.entries(services)
    .map(([version, { name }]) => `${name} is ${version}`)
    .join(", ");
}

/** The access key of a header signature (ACS3-HMAC-SHA256). What it signs must be there; the signature is not checked. */
function signedByHeader(headers: Headers): string | undefined {
  const credential = /^ACS3-[\w-]+ Credential=([^,\s]+),\s*SignedHeaders=.+,\s*Signature=[0-9a-f]+$/.exec(
    headers.get("authorization") ?? "",
  )?.[1];
  if (credential === undefined) return undefined;
  for (const name of ["x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"])
    if (!headers.has(name)) throw refusal("IncompleteSignature", `The request signature does not conform: no ${name}.`);
  return credential;
}

/** The access key of a query signature (HMAC-SHA1). Its answers would be XML, unless JSON is asked for. */
function signedByQuery(sent: ReadonlyMap<string, string>): string | undefined {
  const accessKey = sent.get("AccessKeyId");
  if (accessKey === undefined) return undefined;
  for (const name of ["Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp"])
    if (!sent.get(name)) throw refusal(`Missing${name}`, `${name} is mandatory for this action.`);
  if (sent.get("Format")?.toUpperCase() !== "JSON")
    throw refusal(
      "InvalidParameter.Format",
      "The default format is XML, which this fake does not write: send Format=JSON.",
    );
  return accessKey;
}

/** `ecs.cn-beijing.aliyuncs.com`, `ecs-cn-hangzhou.aliyuncs.com`: the host may name the region as well. */
function regionOf(product: Service, host: string, sent: JsonValue | undefined): string | undefined {
  if (product.global) return undefined;
  if (typeof sent === "string" && sent !== "") return sent;
  return /^[a-z-]+?[.-]([a-z]{2}-[a-z0-9-]+)\.aliyuncs\.com$/.exec(host)?.[1];
}

/** Every instance id that a request names, however deep and in whichever list. */
function instanceIdsIn(value: JsonValue): readonly string[] {
  if (typeof value === "string")
    return value.split(/[^0-9a-z-]+/).filter((word) => idForms.instance.pattern.test(word));
  if (typeof value !== "object" || value === null) return [];
  return (isList(value) ? value : Object.values(value)).flatMap(instanceIdsIn);
}
