import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceDisk } from "../../src/instances.js";
import { pollUntil } from "../../src/poll.js";
import type { Mutation } from "../../src/request-types.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { HuaweiCall } from "./call.js";
import type { VolumeFacts } from "./facts.js";
import { readVolumes } from "./listings.js";

/** Attaching and detaching take seconds; Terraform's provider allows minutes. */
const pace = { firstDelayMs: 3_000, longestDelayMs: 10_000, giveUpAfterMs: 5 * 60_000 };

/** One disk as EVS shows it now; `undefined` where it is not there, or on its way out. */
export async function readVolume(call: HuaweiCall, diskId: string): Promise<VolumeFacts | undefined> {
  const volumes = await readVolumes(call, { id: diskId });
  return volumes.find(({ id, status }) => id === diskId && !/^(error_)?deleting$/.test(status));
}

/** A disk that was taken off its server, and how it goes back. */
export function detachEffect(call: HuaweiCall, instanceId: string, disk: InstanceDisk): Effect {
  return {
    ...call.scope,
    kind: "disk-detached",
    resource: { kind: "disk", id: disk.id },
    instanceIds: [instanceId],
    undo: { action: "attach-disk", instanceId, diskId: disk.id, deleteWithInstance: disk.deletedWithInstance },
  };
}

/** Takes a data disk off its server, and waits until it is off ("Detaching a Disk from an ECS"). */
export async function detachDisk(
  call: HuaweiCall,
  instanceId: string,
  diskId: string,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const isOff = async () => !(await holdersOf(call, diskId)).includes(instanceId);
  const answer = await call.requests.mutate({
    service: "ecs",
    action: "DELETE /v1/{project_id}/cloudservers/{server_id}/detachvolume/{volume_id}",
    parameters: { path: { server_id: instanceId, volume_id: diskId }, query: { delete_flag: "0" } },
    instanceIds: [instanceId],
    effects,
    confirm: confirmByReading(call.requests, isOff),
  });
  return await untilSo(call, answer, isOff, `${diskId} is still attached to ${instanceId}.`);
}

/** Hangs a disk on a server, and waits until it is on ("Attaching a Disk to an ECS"). */
export async function attachDisk(
  call: HuaweiCall,
  instanceId: string,
  diskId: string,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const isOn = async () => (await holdersOf(call, diskId)).includes(instanceId);
  const answer = await call.requests.mutate({
    service: "ecs",
    action: "POST /v1/{project_id}/cloudservers/{server_id}/attachvolume",
    parameters: { path: { server_id: instanceId }, body: { volumeAttachment: { volumeId: diskId } } },
    instanceIds: [instanceId],
    effects,
    confirm: confirmByReading(call.requests, isOn),
  });
  return await untilSo(call, answer, isOn, `${diskId} is not yet attached to ${instanceId}.`);
}

async function holdersOf(call: HuaweiCall, diskId: string): Promise<readonly string[]> {
  return (await readVolume(call, diskId))?.serverIds ?? [];
}

/** A job was taken; only what is read shows that it was done. */
async function untilSo(
  call: HuaweiCall,
  answer: MutationAnswer,
  isSo: () => Promise<boolean>,
  otherwise: string,
): Promise<MutationAnswer> {
  if (answer.effect !== "applied") return answer;
  try {
    if ((await pollUntil(call.requests, pace, isSo, (done) => done)).done) return answer;
  } catch {
    // Told below: what cannot be read is not known to be so.
  }
  const problem: Problem = {
    code: "wrong-state",
    message: otherwise,
    hint: "Look at the disk, then try again.",
    cloud: "huawei",
  };
  return { ...answer, effect: "unknown", problem };
}

/** Why the deletion of a disk cannot be taken back. */
export const noWayBack = "A deleted disk comes back only where the project's EVS bin has kept it: see `recover`.";

/** Deletes one disk. Its snapshots of the old kind go with it; `cascade` is never sent. */
export function deletionRequest(diskId: string): Pick<Mutation, "service" | "action" | "parameters"> {
  const action = "DELETE /v2/{project_id}/cloudvolumes/{volume_id}";
  return { service: "evs", action, parameters: { path: { volume_id: diskId } } };
}

/** A disk that goes, or may have gone. */
export function deletionEffect(call: HuaweiCall, instanceId: string, diskId: string): Effect {
  return {
    ...call.scope,
    kind: "disk-deleted",
    resource: { kind: "disk", id: diskId },
    instanceIds: [instanceId],
    undo: { impossible: noWayBack },
  };
}

/** Deletes one disk that nobody holds, by its id. Looked at again as the request leaves. */
export async function deleteDisk(
  call: HuaweiCall,
  instanceId: string,
  diskId: string,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    ...deletionRequest(diskId),
    instanceIds: [instanceId],
    effects,
    justBefore: async () => heldProblem(diskId, await readVolume(call, diskId)),
    confirm: confirmByReading(call.requests, async () => (await readVolume(call, diskId)) === undefined),
  });
}

/** Why a disk cannot be deleted now; `undefined` when it can. */
export function heldProblem(diskId: string, volume: VolumeFacts | undefined): Problem | undefined {
  const about = { cloud: "huawei" } as const;
  if (!volume) {
    return { code: "not-found", message: `${diskId} is gone already.`, hint: "Nothing is left to do.", ...about };
  }
  const [holder] = volume.serverIds;
  const idle = volume.status === "available" || volume.status === "error";
  if (idle && holder === undefined) return undefined;
  const message = `${diskId} is ${volume.status}${holder === undefined ? "" : `, held by ${holder}`}.`;
  return { code: "dependency", message, hint: "It can go once nobody holds it.", ...about };
}
