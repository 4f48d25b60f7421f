import type { JsonObject, JsonValue } from "../common.js";
import { ConnectionDropped } from "./fake-refusal.js";

const hangLimitMs = 30_000;

/** What a proxy or a captive portal answers in the cloud's place. */
export const webPage =
  "<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Sign in to the network</p></body></html>";

/** Waits until the client goes away, half a minute at most. Real time, since the client's own timeouts are real. */
export async function hang(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, hangLimitMs);
    timer.unref();
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}

/** The same response with a body that breaks off half way, though its length was announced. */
export function broken(response: Response, body: string): Response {
  const bytes = new TextEncoder().encode(body);
  const stream = new ReadableStream({
    start: (controller) => controller.enqueue(bytes.slice(0, Math.floor(bytes.length / 2))),
    pull: (controller) => controller.error(new ConnectionDropped()),
  });
  const headers = new Headers(response.headers);
  headers.set("content-length", String(bytes.length));
  return new Response(stream, { status: response.status, headers });
}

/** A result with `null` in the place of every list. */
export function withoutLists(result: JsonObject | undefined): JsonObject | undefined {
  if (result === undefined) return undefined;
  const strip = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return null;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, strip(inner)]));
  };
  return Object.fromEntries(Object.entries(result).map(([name, value]) => [name, strip(value)]));
}
