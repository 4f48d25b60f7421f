import type { Task } from "./records.js";
import type { TencentContext, TencentRequestContext } from "./state.js";

/** Begins work that the id of its request can be asked about (VPC and CLB). */
export function beginTask(
  { state, requestId, now }: TencentRequestContext,
  service: Task["service"],
  resourceIds: readonly string[],
  durationMs: number,
): void {
  state.tasks.set(requestId, { id: requestId, service, resourceIds, doneAt: now + durationMs });
}

/** Begins work on an elastic address, which has a number to be asked about; answers it as the text the cloud sends. */
export function beginNumberedTask({ state, ids, now }: TencentContext, resourceId: string, durationMs: number): string {
  const id = `6${ids.random.digits(7)}`;
  state.tasks.set(id, { id, service: "eip", resourceIds: [resourceId], doneAt: now + durationMs });
  return id;
}
