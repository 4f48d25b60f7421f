import { createHash } from "node:crypto";

/**
 * The `ClientToken` of one act on one thing: the same words always give the same one, in another process as well, so
 * that the cloud takes a repeat for the first request ("How to ensure idempotence", ECS API reference; RefundInstance).
 * At most 64 ASCII characters.
 */
export function tokenFor(...words: readonly string[]): string {
  return createHash("sha256").update(words.join("\n")).digest("hex").slice(0, 48);
}
