import { invalidRequest } from "../../src/errors.js";
import type { AdapterOptions } from "../../src/factory.js";

/** Static AWS credentials. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Any AWS SDK v3 client. `never` for parameters is what lets overloaded SDK methods fit. */
export interface AwsSdkClient {
  readonly config: { readonly region: unknown };
  send(command: never, options?: never): Promise<unknown>;
  destroy(): void;
}

/**
 * Options of `aws`. Services are named as IAM names them: `ec2`, `sts`, `autoscaling`, `elasticloadbalancing`; the
 * classic load balancer is `elb`.
 */
export type AwsOptions = AdapterOptions<AwsCredentials, AwsSdkClient>;

/** Throws `invalid-request` for options that cannot work, before anything is sent. */
export function checkAwsOptions(options: AwsOptions): void {
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(options.region ?? "")) {
    throw invalidRequest(
      `${JSON.stringify(options.region)} is not an AWS region.`,
      "Pass `region`, such as eu-west-1: one adapter is one region.",
    );
  }
  for (const url of endpointUrls(options.endpoint)) checkEndpoint(url);
}

/** The URL of one service; `undefined` for the cloud's own. */
export function endpointOf(options: AwsOptions, service: string): string | undefined {
  const { endpoint } = options;
  if (endpoint === undefined || typeof endpoint === "string") return endpoint;
  const url = endpoint[service];
  if (url !== undefined) return url;
  // A map to a fake that forgets one service must not send that service's requests to the real cloud.
  if (Object.values(endpoint).some(isLoopback)) {
    throw invalidRequest(`\`endpoint\` names no URL for ${service}.`, "Add it, or give one URL for all services.");
  }
  return undefined;
}

function endpointUrls(endpoint: AwsOptions["endpoint"]): readonly string[] {
  if (endpoint === undefined) return [];
  return typeof endpoint === "string" ? [endpoint] : Object.values(endpoint);
}

function checkEndpoint(url: string): void {
  if (!URL.canParse(url))
    throw invalidRequest(`\`endpoint\` ${JSON.stringify(url)} is not a URL.`, "Write it in full.");
  if (new URL(url).protocol === "https:" || isLoopback(url)) return;
  throw invalidRequest("Plain http is for loopback only.", "Use an https endpoint: credentials sign every request.");
}

function isLoopback(url: string): boolean {
  const { hostname, protocol } = new URL(url);
  return protocol === "http:" && /^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname);
}
