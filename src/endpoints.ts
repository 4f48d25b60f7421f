import { invalidRequest } from "./errors.js";
import type { AdapterOptions } from "./factory.js";

type Endpoint = AdapterOptions<unknown, unknown>["endpoint"];

/** Throws `invalid-request` for an endpoint that is no URL, or would carry signed requests in the clear. */
export function checkEndpoints(endpoint: Endpoint): void {
  const urls = endpoint === undefined ? [] : typeof endpoint === "string" ? [endpoint] : Object.values(endpoint);
  for (const url of urls) {
    if (!URL.canParse(url))
      throw invalidRequest(`\`endpoint\` ${JSON.stringify(url)} is not a URL.`, "Write it in full.");
    if (new URL(url).protocol === "https:" || isLoopback(url)) continue;
    throw invalidRequest("Plain http is for loopback only.", "Use an https endpoint: credentials sign every request.");
  }
}

/**
 * The URL of one service; `undefined` for the cloud's own. Throws `invalid-request` for a map to a fake that forgets
 * the service: its requests must not go to the real cloud.
 */
export function endpointFor(endpoint: Endpoint, service: string): string | undefined {
  if (endpoint === undefined || typeof endpoint === "string") return endpoint;
  const url = endpoint[service];
  if (url !== undefined || !Object.values(endpoint).some(isLoopback)) return url;
  throw invalidRequest(`\`endpoint\` names no URL for ${service}.`, "Add it, or give one URL for all services.");
}

/** Whether a URL stays on this computer. */
export function isLoopback(url: string): boolean {
  return /^(127(\.\d+){3}|localhost|\[::1\])$/.test(new URL(url).hostname);
}
