import { createHash } from "node:crypto";
import { endpointFor, isLoopback } from "../../src/endpoints.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import { importSdk } from "../../src/import-sdk.js";
import type { ApiRequest, Transport } from "../../src/transport.js";
import { agentFor } from "./agent.js";
import { translate } from "./errors.js";
import type { TencentCredentials, TencentOptions, TencentSdkClient } from "./options.js";
import { classify } from "./reads.js";
import { services } from "./services.js";

const packageName = "tencentcloud-sdk-nodejs";

/** The SDK clients of one adapter, opened when they are first needed. */
export interface TencentClients extends Transport {
  /** Names the credential in use without revealing it. Throws `authentication` where none can be found. */
  fingerprint(): Promise<string>;
}

/** Opens nothing yet: the SDK is loaded with the first request. */
export function tencentClients(options: TencentOptions, totalMs: number): TencentClients {
  const open = new Map<string, TencentSdkClient>();
  const readCredentials = credentialReader(options);
  const clientFor = async (name: string): Promise<TencentSdkClient> => {
    const ready = options.clients?.[name] ?? open.get(name);
    if (ready) return ready;
    const service = services[name];
    if (!service) throw new TypeError(`No Tencent Cloud service is called ${name}.`);
    const module = await importSdk(packageName, service.load);
    const profile = { language: "en-US", httpProfile: httpProfile(options, name, totalMs) };
    // Read anew for each request, so that temporary credentials can change under a long run.
    const credential = { getCredential: readCredentials };
    const client = construct(module, name, service.version, { credential, region: options.region, profile });
    open.set(name, client);
    return client;
  };
  return {
    classify,
    translate,
    send: async (request, signal) => await sendOnce(await clientFor(request.service), request, signal),
    fingerprint: async () => {
      if (options.clients && options.credentials === undefined) return "ready-client";
      const { secretId } = await readCredentials();
      return createHash("sha256").update(secretId).digest("hex").slice(0, 16);
    },
  };
}

async function sendOnce(client: TencentSdkClient, request: ApiRequest, signal: AbortSignal) {
  let date: string | undefined;
  const view = noting(client, (found) => {
    date = found;
  });
  // Typed `never` in our options so that every client fits; here is where it is called.
  const body: unknown = await Reflect.apply(client.request, view, [request.action, request.parameters, { signal }]);
  const requestId = typeof body === "object" && body !== null && "RequestId" in body ? body.RequestId : undefined;
  return { body, requestId: typeof requestId === "string" && requestId !== "" ? requestId : undefined, date };
}

/**
 * The client, with an ear for the `Date` header that the SDK drops: it parses each answer with a method of its own. The
 * caller's client stays as it is, and one without that method is taken as it comes.
 */
function noting(client: TencentSdkClient, note: (date: string | undefined) => void): TencentSdkClient {
  const parse: unknown = Reflect.get(client, "parseResponse");
  if (typeof parse !== "function") return client;
  return Object.assign(Object.create(client), {
    parseResponse(response: unknown): unknown {
      note(dateOf(response));
      return Reflect.apply(parse, client, [response]);
    },
  });
}

function dateOf(response: unknown): string | undefined {
  const headers: unknown =
    typeof response === "object" && response !== null ? Reflect.get(response, "headers") : undefined;
  const date: unknown =
    headers instanceof Object && "get" in headers && typeof headers.get === "function"
      ? headers.get("date")
      : undefined;
  return typeof date === "string" ? date : undefined;
}

function httpProfile(options: TencentOptions, service: string, totalMs: number): object {
  const reqTimeout = Math.ceil(totalMs / 1_000);
  const endpoint = endpointFor(options.endpoint, service);
  const agent =
    endpoint === undefined ? agentFor("https:", false) : agentFor(new URL(endpoint).protocol, isLoopback(endpoint));
  const profile = { reqTimeout, ...(agent === undefined ? {} : { agent }) };
  if (endpoint === undefined) return profile;
  const url = new URL(endpoint);
  // The SDK glues protocol, endpoint and a slash together.
  return { ...profile, protocol: `${url.protocol}//`, endpoint: `${url.host}${url.pathname}`.replace(/\/+$/, "") };
}

function construct(module: object, service: string, version: string, config: object): TencentSdkClient {
  const namespace: unknown = Reflect.get(module, service);
  const versioned: unknown =
    typeof namespace === "object" && namespace !== null ? Reflect.get(namespace, version) : undefined;
  const client: unknown =
    typeof versioned === "object" && versioned !== null ? Reflect.get(versioned, "Client") : undefined;
  if (typeof client !== "function") {
    throw new DecommissionError({
      code: "unsupported",
      message: `The installed ${packageName} has no ${service} ${version}.`,
      hint: "Install the version of the package that the peer dependency asks for.",
      cloud: "tencent",
    });
  }
  return Reflect.construct(client, [config]);
}

type CredentialReader = () => Promise<TencentCredentials>;

function credentialReader(options: TencentOptions): CredentialReader {
  const { credentials } = options;
  return async () => {
    const found = typeof credentials === "function" ? await credentials() : (credentials ?? (await fromChain()));
    // The SDK's chain ends with empty keys instead of an error, and sends them.
    if (!found.secretId || !found.secretKey) throw new DecommissionError(noCredentials);
    return found;
  };
}

/** The SDK's own chain, made anew each time: a provider that failed once keeps failing. */
async function fromChain(): Promise<TencentCredentials> {
  const common = await importSdk(packageName, () => import("tencentcloud-sdk-nodejs/tencentcloud/common/index.js"));
  const report = console.error;
  try {
    // It prints each step that found nothing.
    console.error = () => undefined;
    const { secretId, secretKey, token } = await new common.DefaultCredentialProvider().getCredential();
    return { secretId: secretId ?? "", secretKey: secretKey ?? "", ...(token ? { token } : {}) };
  } catch (cause) {
    throw new DecommissionError(noCredentials, { cause });
  } finally {
    console.error = report;
  }
}

const noCredentials: Problem = {
  code: "authentication",
  message: "No Tencent Cloud credentials could be loaded.",
  hint: "Pass `credentials`, or set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY.",
  cloud: "tencent",
};
