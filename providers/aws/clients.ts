import { createHash } from "node:crypto";
import { endpointFor } from "../../src/endpoints.js";
import { DecommissionError } from "../../src/errors.js";
import { importSdk } from "../../src/import-sdk.js";
import type { ApiAnswer, ApiRequest, Transport } from "../../src/transport.js";
import { cloudCodeOf, metadataOf, translate } from "./errors.js";
import type { AwsOptions, AwsSdkClient } from "./options.js";
import { classify } from "./reads.js";
import { services } from "./services.js";

/** The SDK clients of one adapter, opened when they are first needed. */
export interface AwsClients extends Transport {
  /** Names the credential in use without revealing it. Throws `authentication` where none can be found. */
  fingerprint(): Promise<string>;
}

interface OpenClient {
  readonly client: AwsSdkClient;
  readonly module: Readonly<Record<string, unknown>>;
}

/** Opens nothing yet: each service's package is loaded with its first request. */
export function awsClients(options: AwsOptions, totalMs: number): AwsClients {
  const open = new Map<string, OpenClient>();
  const clientFor = async (name: string): Promise<OpenClient> => {
    const known = open.get(name);
    if (known) return known;
    const service = services[name];
    if (!service) throw new TypeError(`No AWS service is called ${name}.`);
    const module = { ...(await importSdk(service.packageName, service.load)) };
    const client =
      options.clients?.[name] ?? construct<AwsSdkClient>(module, service.clientName, settings(options, name, totalMs));
    const opened = open.get(name) ?? { client, module };
    open.set(name, opened);
    return opened;
  };
  return {
    classify,
    translate,
    send: async (request, signal) => await sendOnce(await clientFor(request.service), request, signal),
    fingerprint: async () => fingerprintOf((await clientFor("ec2")).client),
  };
}

function settings(options: AwsOptions, service: string, totalMs: number): object {
  const connectionTimeout = options.timeouts?.connectMs ?? 5_000;
  const endpoint = endpointFor(options.endpoint, service);
  return {
    region: options.region,
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Retrying is ours alone: the SDK's own would repeat mutations unseen.
    maxAttempts: 1,
    // Without `throwOnRequestTimeout` the SDK only logs a warning and hangs; without `socketTimeout` it hangs on a
    // stalled body (both observed with client-ec2 3.1169).
    requestHandler: { connectionTimeout, requestTimeout: totalMs, socketTimeout: totalMs, throwOnRequestTimeout: true },
    customUserAgent: options.userAgent ?? "cloud-decom",
  };
}

async function sendOnce({ client, module }: OpenClient, request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
  const command = construct<SdkCommand>(module, `${request.action}Command`, request.parameters);
  let date: string | undefined;
  command.middlewareStack.add(
    (next) => async (input) => {
      const result = await next(input);
      date = result.response?.headers?.date;
      return result;
    },
    { step: "deserialize", name: "cloudDecomDate", priority: "low" },
  );
  // Typed `never` in our options so that every client fits; here is where it is called.
  try {
    const body: SdkOutput = await Reflect.apply(client.send, client, [command, { abortSignal: signal }]);
    const requestId = body.$metadata?.requestId;
    // The SDK reads a proxy's web page as an answer with nothing in it. AWS names every answer it gives.
    if (requestId === undefined)
      throw Object.assign(new Error("No request id."), { $metadata: { httpStatusCode: 200 } });
    return { body, requestId, date };
  } catch (error) {
    if (!isDryRunAllowed(error, request)) throw error;
    return { body: {}, requestId: metadataOf(error).requestId, date };
  }
}

/** EC2 words the success of a dry run as an error (EC2 API reference, DryRun: "the error response is DryRunOperation"). */
function isDryRunAllowed(error: unknown, request: ApiRequest): boolean {
  return request.parameters.DryRun === true && cloudCodeOf(error) === "DryRunOperation";
}

/** What we use of an SDK command: its own stack, so that a caller's client is never changed. */
interface SdkCommand {
  readonly middlewareStack: {
    add(
      middleware: (next: (input: unknown) => Promise<SdkResult>) => (input: unknown) => Promise<SdkResult>,
      options: object,
    ): void;
  };
}

interface SdkResult {
  readonly response?: { readonly headers?: Readonly<Record<string, string>> };
}

interface SdkOutput {
  readonly $metadata?: { readonly requestId?: string };
}

/** The one place where the SDK's classes, which we know by name only, become something that can be called. */
function construct<T>(module: Readonly<Record<string, unknown>>, name: string, argument: object): T {
  const found = module[name];
  if (typeof found !== "function") {
    throw new DecommissionError({
      code: "unsupported",
      message: `The installed AWS SDK has no ${name}.`,
      hint: "Install the version of the package that the peer dependency asks for.",
      cloud: "aws",
    });
  }
  return Reflect.construct(found, [argument]);
}

async function fingerprintOf(client: AwsSdkClient): Promise<string> {
  const { config } = client;
  if (!("credentials" in config) || typeof config.credentials !== "function") return "ready-client";
  let credentials: unknown;
  try {
    credentials = await config.credentials();
  } catch (cause) {
    throw new DecommissionError(
      {
        code: "authentication",
        message: "No AWS credentials could be loaded.",
        hint: "Pass `credentials`, or set up the SDK's own chain (environment, profile, instance role).",
        cloud: "aws",
      },
      { cause },
    );
  }
  return createHash("sha256").update(accessKeyIdOf(credentials)).digest("hex").slice(0, 16);
}

function accessKeyIdOf(credentials: unknown): string {
  if (typeof credentials !== "object" || credentials === null || !("accessKeyId" in credentials)) return "";
  return String(credentials.accessKeyId);
}
