import type { MemoryCall } from "./call.js";

/**
 * Reads a value that is about to be put back. Only "as we left it" is believed at once: anything else may be a read that
 * lags behind our own change, and would leave a protection off that looks as if it were on.
 */
export async function readSettled<T>(
  call: MemoryCall,
  read: () => Promise<T>,
  isAsLeft: (value: T) => boolean,
): Promise<T> {
  const first = await read();
  if (isAsLeft(first)) return first;
  await call.requests.wait(call.features.capabilities.consistencyWindowMs);
  return await read();
}
