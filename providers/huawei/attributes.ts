import type { IsoDate, Tristate } from "../../src/common.js";
import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import type { InstanceDisk } from "../../src/instances.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { HuaweiCall } from "./call.js";
import { readInstances, readStates } from "./instances.js";

/** The flag of an attached disk that says whether it dies with its server. */
export const diskFlag = "delete_on_termination";

/** A user's lock, which is all the protection a server has, taken off or put on, and how it goes back. */
export function lockEffect(call: HuaweiCall, id: string, value: boolean): Effect {
  return {
    ...call.scope,
    kind: "protection-cleared",
    resource: { kind: "protection", id: `${id}/termination` },
    instanceIds: [id],
    undo: { action: "set-protection", instanceId: id, which: "termination", value: !value },
    left: value,
  };
}

/** Locks or unlocks one server ("Locking an ECS", "Unlocking an ECS"). Only a user's lock is ever touched. */
export async function setLock(
  call: HuaweiCall,
  id: string,
  on: boolean,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: "POST /v2.1/{project_id}/servers/{server_id}/action",
    parameters: { path: { server_id: id }, body: on ? { lock: null } : { unlock: null } },
    instanceIds: [id],
    effects,
    // Setting it twice sets it once.
    token: true,
    confirm: confirmByReading(call.requests, async () => (await isLocked(call, id)) === on),
  });
}

/** Whether a user has locked a server; `undefined` where it is not listed. */
export async function isLocked(call: HuaweiCall, id: string): Promise<Tristate | undefined> {
  return (await readStates(call, [id])).byId.get(id)?.record.protection.termination;
}

/** A disk whose flag was changed, and how it goes back. A flag that could not be read cannot. */
export function diskFlagEffect(call: HuaweiCall, instanceId: string, disk: InstanceDisk, value: boolean): Effect {
  const former = disk.deletedWithInstance;
  const resource = { kind: "disk", id: disk.id } as const;
  return {
    ...call.scope,
    kind: "flag-changed",
    resource,
    instanceIds: [instanceId],
    undo:
      former === "unknown"
        ? { impossible: `Whether ${disk.id} was to die with ${instanceId} could not be read before.` }
        : { action: "set-flag", resource, instanceId, flag: diskFlag, value: former },
    left: value,
  };
}

/** Sets whether a data disk dies with its server. Refused for yearly/monthly and shared disks ("UpdateServerBlockDevice"). */
export async function setDiskFlag(
  call: HuaweiCall,
  instanceId: string,
  diskId: string,
  value: boolean,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: "PUT /v1/{project_id}/cloudservers/{server_id}/block_device/{volume_id}",
    parameters: {
      path: { server_id: instanceId, volume_id: diskId },
      body: { block_device: { [diskFlag]: value } },
    },
    instanceIds: [instanceId],
    effects,
    token: true,
    confirm: confirmByReading(
      call.requests,
      async () => (await readDisk(call, instanceId, diskId))?.deletedWithInstance === value,
    ),
  });
}

/** A disk as its server shows it; `undefined` where it is not attached any more. */
export async function readDisk(
  call: HuaweiCall,
  instanceId: string,
  diskId: string,
): Promise<InstanceDisk | undefined> {
  const seen = (await readInstances(call, [instanceId])).byId.get(instanceId);
  return seen?.record.disks.find(({ id }) => id === diskId);
}

/** A release timer that was set, and how it goes back. `null`: there was none. */
export function timerEffect(call: HuaweiCall, id: string, former: IsoDate | undefined, at: IsoDate): Effect {
  return {
    ...call.scope,
    kind: "timer-set",
    resource: { kind: "schedule", id },
    instanceIds: [id],
    undo: { action: "set-timer", instanceId: id, releaseAt: former ?? null },
    left: at,
  };
}

/** Sets when a pay-per-use server deletes itself; `null` calls it off ("Updating the Scheduled Deletion Time"). */
export async function setTimer(
  call: HuaweiCall,
  id: string,
  at: IsoDate | null,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: "POST /v1/{project_id}/cloudservers/{server_id}/actions/update-auto-terminate-time",
    parameters: {
      path: { server_id: id },
      body: { auto_terminate_time: at === null ? "" : `${new Date(at).toISOString().slice(0, 19)}Z` },
    },
    instanceIds: [id],
    effects,
    token: true,
    confirm: confirmByReading(call.requests, async () => {
      const record = (await readStates(call, [id])).byId.get(id)?.record;
      return record !== undefined && (record.scheduledReleaseAt ?? null) === at;
    }),
  });
}
