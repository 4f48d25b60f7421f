import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { RecoverableUntil, TerminateOutcome } from "../../../src/termination.js";
import type { HuaweiCall } from "../call.js";

/** What the cloud told with its answer. */
export interface Receipts {
  readonly requestId?: string;
  readonly orderIds?: readonly string[];
}

/** A server that waits in the bin: not gone, and its disks bill. */
export function recycledOutcome(
  instanceId: string,
  until: RecoverableUntil | undefined,
  effects: readonly Effect[],
  { requestId, orderIds = [] }: Receipts = {},
): TerminateOutcome {
  return {
    status: "recycled",
    instanceId,
    recoverableUntil: until ?? { basis: "unknown" },
    restore: "`recover` with its id takes it out of the recycle bin; until then its disks bill.",
    ...(requestId === undefined ? {} : { requestId }),
    ...(orderIds.length === 0 ? {} : { orderIds }),
    effects,
  };
}

/** A server that the cloud took: on its way out, or gone. */
export function acceptedOutcome(
  instanceId: string,
  effects: readonly Effect[],
  { requestId, orderIds = [] }: Receipts = {},
): TerminateOutcome {
  return {
    status: "accepted",
    instanceId,
    ...(requestId === undefined ? {} : { requestId }),
    ...(orderIds.length === 0 ? {} : { orderIds }),
    effects,
  };
}

/** The end of a server. Where the bin takes it, it can come back, by a decision of its own. */
export function terminationEffect(call: HuaweiCall, id: string, binned: boolean): Effect {
  const base = {
    ...call.scope,
    kind: "instance-terminated",
    resource: { kind: "instance", id },
    instanceIds: [id],
  } as const;
  if (!binned) return { ...base, undo: { impossible: "The recycle bin has not kept it." } };
  const item = { ...call.scope, kind: "instance", id, instanceId: id } as const;
  return { ...base, undo: { action: "recover", item, costsMoney: false } };
}

/** What leaves the bin this way is destroyed. */
export function purgeEffect(call: HuaweiCall, id: string): Effect {
  return {
    ...call.scope,
    kind: "instance-purged",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { impossible: "What is deleted from the recycle bin is destroyed." },
  };
}

/** A server that nothing was said about: a defect of the adapter. */
export const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
  cloud: "huawei",
};
