import type { Effect } from "../../../effects.js";
import type { MemoryCall } from "./call.js";
import type { Seen } from "./record.js";

type EffectBody = Pick<Effect, "kind" | "resource" | "undo"> & Partial<Pick<Effect, "left">>;

/** An effect on behalf of one instance in the scope of a call. */
export function effectFor(call: MemoryCall, instanceId: string, body: EffectBody): Effect {
  return { ...call.scope, instanceIds: [instanceId], ...body };
}

/** Switching a protection, with the way back to its former value. */
export function protectionEffect(
  call: MemoryCall,
  instanceId: string,
  which: "termination" | "stop" | "lock",
  value: boolean,
): Effect {
  return effectFor(call, instanceId, {
    kind: "protection-cleared",
    resource: { kind: "protection", id: instanceId },
    undo: { action: "set-protection", instanceId, which, value: !value },
    left: value,
  });
}

/** The name of the flag that lets a disk go with its instance. */
export const diskFlag = "deleteWithInstance";
/** The name of the flag that says what a shutdown by the guest means. */
export const guestFlag = "guestShutdown";

/** Changing whether a disk goes with its instance. */
export function diskFlagEffect(call: MemoryCall, instanceId: string, diskId: string, value: boolean): Effect {
  const resource = { kind: "disk", id: diskId } as const;
  return effectFor(call, instanceId, {
    kind: "flag-changed",
    resource,
    undo: { action: "set-flag", resource, instanceId, flag: diskFlag, value: !value },
    left: value,
  });
}

/** The end of an instance. Where a bin takes it, there is a way back. */
export function terminationEffect(call: MemoryCall, { record }: Seen, binned: boolean): Effect {
  const { restore, restoreCostsMoney } = call.features.capabilities.recycleBin;
  const item = { ...call.scope, kind: "instance", id: record.id } as const;
  return effectFor(call, record.id, {
    kind: "instance-terminated",
    resource: { kind: "instance", id: record.id },
    undo:
      binned && restore
        ? { action: "recover", item, costsMoney: restoreCostsMoney }
        : { impossible: "This cloud keeps nothing of an instance that was released." },
  });
}
