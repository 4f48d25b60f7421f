import type { IsoDate } from "../../src/common.js";
import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import type { InstanceDisk } from "../../src/instances.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { AliyunCall } from "./call.js";
import { readDisks, readStates } from "./instances.js";

/** A release protection that was switched: what it is now, and how it goes back. */
export function protectionEffect(call: AliyunCall, id: string, value: boolean): Effect {
  return {
    ...call.scope,
    kind: "protection-cleared",
    resource: { kind: "protection", id: `${id}/termination` },
    instanceIds: [id],
    undo: { action: "set-protection", instanceId: id, which: "termination", value: !value },
    left: value,
  };
}

/** Switches release protection of one instance. ECS takes one id a request, and knows it for pay-as-you-go alone. */
export async function setProtection(
  call: AliyunCall,
  id: string,
  value: boolean,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: "ModifyInstanceAttribute",
    parameters: { InstanceId: id, DeletionProtection: value },
    instanceIds: [id],
    effects,
    confirm: confirmByReading(
      call.requests,
      async () => (await readStates(call, [id])).byId.get(id)?.record.protection.termination === value,
    ),
  });
}

/** The flag of a disk that says whether it goes with its instance. */
export const diskFlag = "DeleteWithInstance";

/** A disk whose flag was changed, and how it goes back. A flag that could not be read cannot. */
export function diskFlagEffect(
  call: AliyunCall,
  instanceId: string,
  { id, deletedWithInstance: former }: InstanceDisk,
  value: boolean,
): Effect {
  const resource = { kind: "disk", id } as const;
  return {
    ...call.scope,
    kind: "flag-changed",
    resource,
    instanceIds: [instanceId],
    undo:
      former === "unknown"
        ? { impossible: `Whether ${id} was to go with ${instanceId} could not be read before.` }
        : { action: "set-flag", resource, instanceId, flag: diskFlag, value: former },
    left: value,
  };
}

/** Sets the flag of several disks, at most 100 in one request (ModifyDiskAttribute, DiskIds). */
export async function setDiskFlag(
  call: AliyunCall,
  instanceId: string,
  diskIds: readonly string[],
  value: boolean,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: "ModifyDiskAttribute",
    parameters: { DiskIds: [...diskIds], [diskFlag]: value },
    instanceIds: [instanceId],
    effects,
    confirm: confirmByReading(call.requests, async () => {
      const disks = await readDisks(call, diskIds);
      return diskIds.every((id) => disks.get(id)?.deleteWithInstance === value);
    }),
  });
}

/** How a subscription is renewed at its end, in one text: `AutoRenewal 1 Month`, `Normal`, `NotRenewal`. */
export async function readRenewal(call: AliyunCall, id: string): Promise<string | undefined> {
  const rows = await call.pages("ecs", "DescribeInstanceAutoRenewAttribute", { InstanceId: id }, 1);
  const row = rows.find((one) => one.text("InstanceId") === id);
  const status = row?.text("RenewalStatus");
  if (status !== "AutoRenewal") return status;
  return `${status} ${row?.number("Duration") ?? 1} ${row?.text("PeriodUnit") ?? "Month"}`;
}

/** What {@link setRenewal} does: `mode` as {@link readRenewal} answers it. */
export function renewalEffect(call: AliyunCall, id: string, former: string, mode: string): Effect {
  return {
    ...call.scope,
    kind: "renewal-changed",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { action: "set-renewal", instanceId: id, mode: former },
    left: mode,
  };
}

/** Sets how a subscription is renewed at its end. Renewing by itself needs the period to buy. */
export async function setRenewal(
  call: AliyunCall,
  id: string,
  mode: string,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const [RenewalStatus = mode, duration, PeriodUnit] = mode.split(" ");
  return await call.requests.mutate({
    service: "ecs",
    action: "ModifyInstanceAutoRenewAttribute",
    parameters: {
      InstanceId: id,
      RenewalStatus,
      ...(duration === undefined ? {} : { Duration: Number(duration), PeriodUnit }),
    },
    instanceIds: [id],
    effects,
    confirm: confirmByReading(call.requests, async () => (await readRenewal(call, id)) === mode),
  });
}

/** A timed release that was set or taken off: `null` where there is none. */
export function timerEffect(call: AliyunCall, id: string, former: IsoDate | null, due: IsoDate): Effect {
  return {
    ...call.scope,
    kind: "timer-set",
    resource: { kind: "schedule", id },
    instanceIds: [id],
    undo: { action: "set-timer", instanceId: id, releaseAt: former },
    left: due,
  };
}

/** Sets when ECS releases an instance by itself, or takes that off. ECS cuts the seconds off. */
export async function setTimer(
  call: AliyunCall,
  id: string,
  due: IsoDate | null,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: "ModifyInstanceAutoReleaseTime",
    // Without a time the release is called off.
    parameters: { InstanceId: id, ...(due === null ? {} : { AutoReleaseTime: `${due.slice(0, 19)}Z` }) },
    instanceIds: [id],
    effects,
    confirm: confirmByReading(call.requests, async () => {
      const seen = (await readStates(call, [id])).byId.get(id);
      return seen !== undefined && (seen.record.scheduledReleaseAt ?? null) === due;
    }),
  });
}
