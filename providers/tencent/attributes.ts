import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import { pollUntil } from "../../src/poll.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { TencentCall } from "./call.js";
import { readStates } from "./instances.js";
import { diskFacts } from "./record.js";

/** Small changes are operations of a second or so, and the cloud refuses the next one meanwhile. */
const idlePace = { firstDelayMs: 1_000, longestDelayMs: 5_000, giveUpAfterMs: 60_000 };

/** Waits while an operation runs on an instance. Where that does not end, the next request says so itself. */
export async function untilIdle(call: TencentCall, id: string): Promise<void> {
  try {
    await pollUntil(
      call.requests,
      idlePace,
      async () => (await readStates(call, [id])).byId.get(id)?.facts.operationState,
      (state) => state !== "OPERATING",
    );
  } catch {
    // The next request says what is wrong.
  }
}

/** Switches termination protection of one instance. */
export async function setProtection(
  call: TencentCall,
  id: string,
  on: boolean,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  await untilIdle(call, id);
  return await call.requests.mutate({
    service: "cvm",
    action: "ModifyInstancesAttribute",
    parameters: { InstanceIds: [id], DisableApiTermination: on },
    instanceIds: [id],
    effects,
    // Setting a value twice sets it once.
    token: true,
    confirm: confirmByReading(call.requests, async () => {
      const { byId } = await readStates(call, [id]);
      return byId.get(id)?.record.protection.termination === on;
    }),
  });
}

/** The effect of {@link setProtection}. */
export function protectionEffect(call: TencentCall, id: string, value: boolean): Effect {
  return {
    ...call.scope,
    kind: "protection-cleared",
    resource: { kind: "protection", id: `${id}/termination` },
    instanceIds: [id],
    undo: { action: "set-protection", instanceId: id, which: "termination", value: !value },
    left: value,
  };
}

/** The flag that says whether a disk dies with its instance. */
export const diskFlag = "DeleteWithInstance";

/** Sets whether postpaid data disks die with their instance. */
export async function setDiskFlag(
  call: TencentCall,
  instanceId: string,
  diskIds: readonly string[],
  value: boolean,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "cbs",
    action: "ModifyDiskAttributes",
    parameters: { DiskIds: [...diskIds], DeleteWithInstance: value },
    instanceIds: [instanceId],
    effects,
    token: true,
    confirm: confirmByReading(call.requests, async () => {
      const disks = await call.pages(
        "cbs",
        "DescribeDisks",
        { DiskIds: [...diskIds] },
        { field: "DiskSet", id: "DiskId" },
      );
      return disks.length === diskIds.length && disks.every((disk) => diskFacts(disk).deleteWithInstance === value);
    }),
  });
}

/** The effect of {@link setDiskFlag} on one disk. */
export function diskFlagEffect(call: TencentCall, instanceId: string, diskId: string, value: boolean): Effect {
  const resource = { kind: "disk", id: diskId } as const;
  return {
    ...call.scope,
    kind: "flag-changed",
    resource,
    instanceIds: [instanceId],
    undo: { action: "set-flag", resource, instanceId, flag: diskFlag, value: !value },
    left: value,
  };
}

/** How a prepaid instance is renewed at its end. */
export const noRenewal = "DISABLE_NOTIFY_AND_MANUAL_RENEW";

/** Sets how prepaid instances are renewed at their end. */
export async function setRenewal(
  call: TencentCall,
  id: string,
  mode: string,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  await untilIdle(call, id);
  return await call.requests.mutate({
    service: "cvm",
    action: "ModifyInstancesRenewFlag",
    parameters: { InstanceIds: [id], RenewFlag: mode },
    instanceIds: [id],
    effects,
    token: true,
    confirm: confirmByReading(call.requests, async () => {
      const { byId } = await readStates(call, [id]);
      return byId.get(id)?.facts.renewFlag === mode;
    }),
  });
}

/** The effect of {@link setRenewal}. */
export function renewalEffect(call: TencentCall, id: string, former: string, mode: string): Effect {
  return {
    ...call.scope,
    kind: "renewal-changed",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { action: "set-renewal", instanceId: id, mode: former },
    left: mode,
  };
}
