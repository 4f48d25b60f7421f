import { createHash } from "node:crypto";
import { endpointFor } from "../../src/endpoints.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import { importSdk } from "../../src/import-sdk.js";
import type { ApiAnswer, ApiRequest, Transport } from "../../src/transport.js";
import { cloudCodeOf, translate } from "./errors.js";
import { flatten } from "./flatten.js";
import type { AliyunCredentials, AliyunOptions, AliyunSdkClient } from "./options.js";
import { classify } from "./reads.js";
import { services } from "./services.js";

const ecsPackage = "@alicloud/ecs20140526";
const corePackage = "@alicloud/openapi-core";

/** The SDK clients of one adapter, opened when they are first needed. */
export interface AliyunClients extends Transport {
  /** Names the credential in use without revealing it. Throws `authentication` where none can be found. */
  fingerprint(): Promise<string>;
}

/** Opens nothing yet: the SDK is loaded with the first request. */
export function aliyunClients(options: AliyunOptions, totalMs: number): AliyunClients {
  const open = new Map<string, { readonly client: AliyunSdkClient; readonly accessKeyId: string }>();
  const readCredentials = credentialReader(options);
  const clientFor = async (service: string, host?: string): Promise<AliyunSdkClient> => {
    const ready = options.clients?.[service];
    if (ready) return ready;
    const credentials = await readCredentials();
    const name = `${service}/${host ?? ""}`;
    const known = open.get(name);
    // A client holds its keys for good, so new keys need a new client.
    if (known?.accessKeyId === credentials.accessKeyId) return known.client;
    const client = await openClient(options, service, credentials, totalMs, host);
    open.set(name, { client, accessKeyId: credentials.accessKeyId });
    return client;
  };
  const billingSite = siteFinder(options, async (request, host) => {
    return await sendOnce(await clientFor(request.service, host), request);
  });
  return {
    classify,
    translate,
    send: async (asked) => {
      const request = inRegion(asked, options.region);
      if (request.service === "bss" && billingSite) return await billingSite(request);
      return await sendOnce(await clientFor(request.service), request);
    },
    fingerprint: async () => {
      if (options.clients && options.credentials === undefined) return "ready-client";
      const { accessKeyId } = await readCredentials();
      return createHash("sha256").update(accessKeyId).digest("hex").slice(0, 16);
    },
  };
}

/** ECS through its own package, the others through the generic client that it brings. */
async function openClient(
  options: AliyunOptions,
  service: string,
  credentials: AliyunCredentials,
  totalMs: number,
  host: string | undefined,
): Promise<AliyunSdkClient> {
  const known = services[service];
  if (!known) throw new TypeError(`No Alibaba Cloud service is called ${service}.`);
  const core = await loadCore();
  const Client =
    service === "ecs" ? unwrap(await importSdk(ecsPackage, () => import("@alicloud/ecs20140526"))) : unwrap(core);
  const endpoint = endpointFor(options.endpoint, service);
  const url = endpoint === undefined ? undefined : new URL(endpoint);
  const config = new core.$OpenApiUtil.Config({
    ...credentials,
    regionId: options.region,
    endpoint: url?.host ?? host ?? known.host(options.region, options.site ?? siteOf(options.region)),
    protocol: (url?.protocol ?? "https:").replace(":", ""),
    // The SDK's own default is three seconds for either.
    readTimeout: totalMs,
    connectTimeout: Math.max(options.timeouts?.connectMs ?? 5_000, 1),
    userAgent: options.userAgent ?? "cloud-decom",
  });
  return Reflect.construct(Client, [config]);
}

/** China's own regions are sold by the China site, unless the account says otherwise. */
function siteOf(region: string): "china" | "international" {
  return region.startsWith("cn-") ? "china" : "international";
}

type SendTo = (request: ApiRequest, host: string) => Promise<ApiAnswer>;

/**
 * Billing belongs to the account's site, and nothing tells which one that is. A read that the first site has no use for is
 * asked of the other; what moves money goes where the inquiry before it was answered. `undefined` where the caller has
 * named the site, the endpoint or the client.
 */
function siteFinder(
  { region, site, endpoint, clients }: AliyunOptions,
  sendTo: SendTo,
): ((request: ApiRequest) => Promise<ApiAnswer>) | undefined {
  if (site !== undefined || endpointFor(endpoint, "bss") !== undefined || clients?.bss) return undefined;
  const hostOf = (one: "china" | "international") => services.bss?.host(region, one) ?? "";
  const first = siteOf(region);
  let known: string | undefined;
  return async (request) => {
    try {
      return await sendTo(request, known ?? hostOf(first));
    } catch (error) {
      const wrongSite = known === undefined && cloudCodeOf(error) === "NotApplicable";
      if (!wrongSite || classify(request) !== "read") throw error;
      const other = hostOf(first === "china" ? "international" : "china");
      const answer = await sendTo(request, other);
      known = other;
      return answer;
    }
  };
}

/** Every regional service takes the region with every action, and most refuse to do without it. */
function inRegion(request: ApiRequest, region: string): ApiRequest {
  if (services[request.service]?.global === true) return request;
  return { ...request, parameters: { RegionId: region, ...request.parameters } };
}

async function sendOnce(client: AliyunSdkClient, request: ApiRequest): Promise<ApiAnswer> {
  const core = await loadCore();
  const { service, action } = request;
  const { query: asked, ...style } = wireForm(request);
  const parameters = new core.$OpenApiUtil.Params({
    action,
    version: services[service]?.version,
    protocol: "HTTPS",
    authType: "AK",
    bodyType: "json",
    ...style,
  });
  const query = new core.$OpenApiUtil.OpenApiRequest({ query: flatten(asked) });
  // Typed `never` in our options so that every client fits; here is where it is called. Every client adds its own
  // protocol, so the one in the parameters does not count.
  const answer: unknown = await Reflect.apply(client.callApi, client, [parameters, query, {}]);
  return answerOf(answer, service, action);
}

/** RPC has one path and everything in the query; ROA (reads alone, here) takes some parameters out of it for its path. */
function wireForm({ service, action, parameters }: ApiRequest) {
  const template = services[service]?.paths?.[action];
  if (template === undefined) {
    return { style: "RPC", method: "POST", pathname: "/", reqBodyType: "formData", query: parameters };
  }
  // The region stands in the path or in the host: no ROA action takes it in the query.
  const { RegionId, ...query } = { ...parameters };
  const pathname = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === "RegionId" ? RegionId : query[name];
    delete query[name];
    return encodeURIComponent(String(value));
  });
  return { style: "ROA", method: "GET", pathname, reqBodyType: "json", query };
}

/** Services that can refuse with HTTP 200 and `Success: false`, which the SDK takes for a success. */
const refusesInSuccess = new Set(["bss", "cms", "hbr"]);

function answerOf(answer: unknown, service: string, action: string): ApiAnswer {
  const body = fieldOf(answer, "body");
  // ROA answers carry their id in a header alone.
  const headers = fieldOf(answer, "headers");
  const requestId = textOf(fieldOf(body, "RequestId")) ?? textOf(fieldOf(headers, "x-acs-request-id"));
  const code = textOf(fieldOf(body, "Code"));
  if (refusesInSuccess.has(service) && fieldOf(body, "Success") === false) {
    throw Object.assign(new Error(`${action} was refused`), { name: "ClientError", code, statusCode: 200, requestId });
  }
  return { body, requestId, date: textOf(fieldOf(headers, "date")) };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

async function loadCore() {
  return await importSdk(corePackage, () => import("@alicloud/openapi-core"));
}

/** The class in a module that Node's ESM sees as `module.default.default`, bundlers as `module.default`. */
function unwrap(module: object): new (config: object) => AliyunSdkClient {
  for (let found: unknown = module, depth = 0; depth < 3; depth++) {
    found = fieldOf(found, "default");
    if (isClass(found)) return found;
  }
  throw new DecommissionError({
    code: "unsupported",
    message: "The installed Alibaba Cloud SDK holds no client.",
    hint: `Run: npm install ${ecsPackage}`,
    cloud: "aliyun",
  });
}

function isClass(value: unknown): value is new (config: object) => AliyunSdkClient {
  return typeof value === "function";
}

function credentialReader(options: AliyunOptions): () => Promise<AliyunCredentials> {
  const { credentials } = options;
  return async () => {
    const found = typeof credentials === "function" ? await credentials() : (credentials ?? (await fromChain()));
    if (!found.accessKeyId || !found.accessKeySecret) throw new DecommissionError(noCredentials);
    return found;
  };
}

/** The SDK's own chain: environment, OIDC, profiles, instance role. */
async function fromChain(): Promise<AliyunCredentials> {
  const module = await importSdk("@alicloud/credentials", () => import("@alicloud/credentials"));
  try {
    const credential = Reflect.construct(unwrap(module), []);
    const found: unknown = await Reflect.apply(Reflect.get(credential, "getCredential"), credential, []);
    const securityToken = textOf(fieldOf(found, "securityToken"));
    return {
      accessKeyId: textOf(fieldOf(found, "accessKeyId")) ?? "",
      accessKeySecret: textOf(fieldOf(found, "accessKeySecret")) ?? "",
      ...(securityToken === undefined ? {} : { securityToken }),
    };
  } catch (cause) {
    throw new DecommissionError(noCredentials, { cause });
  }
}

const noCredentials: Problem = {
  code: "authentication",
  message: "No Alibaba Cloud credentials could be loaded.",
  hint: "Pass `credentials`, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
  cloud: "aliyun",
};
