import { createHash } from "node:crypto";
import { endpointFor } from "../../src/endpoints.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import { importSdk } from "../../src/import-sdk.js";
import type { ApiAnswer, ApiRequest, Transport } from "../../src/transport.js";
import { isWrongSite, readBody, refusalIn, translate } from "./errors.js";
import type { HuaweiCredentials, HuaweiOptions, HuaweiSdkClient } from "./options.js";
import { classify } from "./reads.js";
import { accountServices, type BillingSite, billingServices, hostOf } from "./services.js";

const ecsPackage = "@huaweicloud/huaweicloud-sdk-ecs";
const corePackage = "@huaweicloud/huaweicloud-sdk-core";
/** Core needs `uuid` as CommonJS and does not declare it. The ECS package brings core. */
const install = `${ecsPackage} uuid@9`;

/** The place a client acts in: known only after the first, account-wide reads. */
export interface HuaweiPlace {
  readonly projectId?: string | undefined;
  readonly domainId?: string | undefined;
}

/** The SDK clients of one adapter, opened when they are first needed. */
export interface HuaweiClients extends Transport {
  /** Names the credential in use without revealing it. Throws `authentication` where none can be found. */
  fingerprint(): Promise<string>;
  /** Tells the clients where they act, once that is known. */
  settle(place: HuaweiPlace): void;
}

/** Opens nothing yet: the SDK is loaded with the first request. */
export function huaweiClients(options: HuaweiOptions, totalMs: number): HuaweiClients {
  const open = new Map<string, HuaweiSdkClient>();
  const readCredentials = credentialReader(options);
  let place: HuaweiPlace = { projectId: options.projectId, domainId: options.domainId };
  let site: BillingSite = options.site ?? (options.region.startsWith("cn-") ? "china" : "international");
  const clientFor = async (service: string): Promise<HuaweiSdkClient> => {
    await silenceLogger();
    const ready = options.clients?.[service];
    if (ready) return ready;
    const credentials = await readCredentials();
    // A client holds its keys and place for good, so new ones need a new client.
    const name = [service, credentials.ak, place.projectId, place.domainId].join("/");
    const client = open.get(name) ?? (await openClient(options, service, credentials, place, totalMs));
    open.set(name, client);
    return client;
  };
  const sendTo = async (service: string, request: ApiRequest, signal: AbortSignal) =>
    await sendOnce(await clientFor(service), request, signal);
  /** An account is known to one site only; the other refuses it before it does anything, so asking there is safe. */
  const sendToBilling = async (request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> => {
    const asked = site;
    try {
      return await sendTo(billingServices[asked], request, signal);
    } catch (error) {
      const other = asked === "china" ? "international" : "china";
      if (!isWrongSite(error) || !reachable(options, billingServices[other])) throw error;
      const answer = await sendTo(billingServices[other], request, signal);
      site = other;
      return answer;
    }
  };
  return {
    classify,
    translate,
    send: async (request, signal) =>
      request.service === "bss" ? await sendToBilling(request, signal) : await sendTo(request.service, request, signal),
    fingerprint: async () => {
      if (options.clients && options.credentials === undefined) return "ready-client";
      const { ak } = await readCredentials();
      return createHash("sha256").update(ak).digest("hex").slice(0, 16);
    },
    settle: (found) => {
      place = found;
    },
  };
}

/** Core prints each failed request with its `Authorization` header through log4js; switched off before the first call. */
async function silenceLogger(): Promise<void> {
  const module = await importSdk(
    corePackage,
    () => import("@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger.js"),
    install,
  );
  const logger = fieldOf(module, "Logger4jInstance") ?? fieldOf(fieldOf(module, "default"), "Logger4jInstance");
  if (typeof logger !== "object" || logger === null) throw new DecommissionError(noisyLogger);
  Reflect.set(logger, "level", "off");
}

/** ECS through its own package, the others through the generic client of the core that it brings. */
async function openClient(
  options: HuaweiOptions,
  service: string,
  { ak, sk, securityToken }: HuaweiCredentials,
  place: HuaweiPlace,
  totalMs: number,
): Promise<HuaweiSdkClient> {
  const core = await importSdk(corePackage, () => import("@huaweicloud/huaweicloud-sdk-core"), install);
  const { ClientBuilder } = await importSdk(
    corePackage,
    () => import("@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js"),
    install,
  );
  const forAccount = accountServices.has(service);
  const credential = forAccount
    ? new core.GlobalCredentials().withAk(ak).withSk(sk).withDomainId(place.domainId)
    : new core.BasicCredentials().withAk(ak).withSk(sk).withProjectId(place.projectId);
  if (securityToken !== undefined) credential.withSecurityToken(securityToken);
  const settings = {
    // Without it core creates a file in the home directory and reports the operating system.
    customUserAgent: options.userAgent ?? "cloud-decom",
    axiosRequestConfig: { timeout: totalMs },
  };
  const builder =
    service === "ecs"
      ? await ecsBuilder()
      : new ClientBuilder((client) => client, forAccount ? "GlobalCredentials" : "BasicCredentials");
  const built: unknown = builder
    .withCredential(credential)
    .withEndpoint(urlOf(options, service))
    .withOptions(settings)
    .build();
  return genericClient(built);
}

async function ecsBuilder() {
  const { EcsClient } = await importSdk(ecsPackage, () => import("@huaweicloud/huaweicloud-sdk-ecs"), install);
  return EcsClient.newBuilder();
}

/** The generic client inside a typed one, which hides it; a generic one as it is. */
function genericClient(built: unknown): HuaweiSdkClient {
  const client = fieldOf(built, "hcClient") ?? built;
  if (isClient(client)) return client;
  throw new DecommissionError({
    code: "unsupported",
    message: `The installed ${ecsPackage} is not built as expected.`,
    hint: "Install the version of the package that the peer dependency asks for.",
    cloud: "huawei",
  });
}

function isClient(value: unknown): value is HuaweiSdkClient {
  return (
    typeof value === "object" && value !== null && "sendRequest" in value && typeof value.sendRequest === "function"
  );
}

/** Whether a service may be asked: with endpoints or clients of the caller's own, none but those are. */
function reachable(options: HuaweiOptions, service: string): boolean {
  if (options.clients) return options.clients[service] !== undefined;
  return typeof options.endpoint !== "object" || options.endpoint[service] !== undefined;
}

function urlOf(options: HuaweiOptions, service: string): string {
  const given = endpointFor(options.endpoint, service);
  if (given === undefined) return `https://${hostOf(service, options.region)}`;
  const base = given.replace(/\/+$/, "");
  return typeof options.endpoint === "string" ? `${base}/${service}` : base;
}

/** `action` is method and path template; `parameters` hold `path`, `query` and `body`. */
async function sendOnce(client: HuaweiSdkClient, request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
  const [method, url] = request.action.split(" ");
  const { path, query, body } = request.parameters;
  const heard: { date?: string | undefined; requestId?: string | undefined; unreadable?: boolean } = {};
  const options = {
    method,
    url,
    contentType: "application/json",
    // The signer sorts lists in place, and an undefined value breaks the signature: both get copies of what is there.
    pathParams: definedFields(path),
    queryParams: definedFields(query),
    headers: {},
    ...(body === undefined ? {} : { data: body }),
    axiosRequestConfig: {
      signal,
      transformResponse: [
        (text: unknown, headers: unknown, status: unknown) => {
          heard.date = textOf(fieldOf(headers, "date"));
          heard.requestId = textOf(fieldOf(headers, "x-request-id"));
          const body = readBody(text, status);
          // The SDK would make an empty object of it.
          heard.unreadable = typeof body === "string" && body !== "";
          return body;
        },
      ],
    },
  };
  try {
    // Typed `never` in our options so that every client fits; here is where it is called.
    const answer: unknown = await Reflect.apply(client.sendRequest, client, [options]);
    const refusal = refusalIn(answer, request.service);
    if (refusal) throw refusal;
    // A page of some proxy, or half an answer: what became of the request nobody knows.
    if (heard.unreadable) throw new Error("The answer is no JSON.");
    return { body: answer, requestId: textOf(fieldOf(answer, "request_id")) ?? heard.requestId, date: heard.date };
  } catch (error) {
    // The SDK's exceptions keep no headers, and a clock that is wrong shows nowhere else once signatures are refused.
    if (error instanceof Error && heard.date !== undefined) Object.assign(error, { answeredAt: heard.date });
    throw error;
  }
}

function definedFields(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined && field !== null)
      .map(([name, field]) => [name, Array.isArray(field) ? [...field] : field]),
  );
}

function fieldOf(value: unknown, name: string): unknown {
  return (typeof value === "object" && value !== null) || typeof value === "function"
    ? Reflect.get(value, name)
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function credentialReader(options: HuaweiOptions): () => Promise<HuaweiCredentials> {
  const { credentials } = options;
  return async () => {
    const found = typeof credentials === "function" ? await credentials() : (credentials ?? fromEnvironment());
    if (!found.ak || !found.sk) throw new DecommissionError(noCredentials);
    return found;
  };
}

/** The SDK's chain is the environment alone; it has no profiles and no instance role in Node. */
function fromEnvironment(): HuaweiCredentials {
  const { HUAWEICLOUD_SDK_AK: ak, HUAWEICLOUD_SDK_SK: sk, HUAWEICLOUD_SDK_SECURITY_TOKEN: securityToken } = process.env;
  return { ak: ak ?? "", sk: sk ?? "", ...(securityToken ? { securityToken } : {}) };
}

const noCredentials: Problem = {
  code: "authentication",
  message: "No Huawei Cloud credentials could be loaded.",
  hint: "Pass `credentials`, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK.",
  cloud: "huawei",
};

const noisyLogger: Problem = {
  code: "unsupported",
  message: `The logger of the installed ${corePackage} cannot be silenced, and it prints credentials.`,
  hint: "Install the version of the package that the peer dependency asks for. Nothing was sent.",
  cloud: "huawei",
};
