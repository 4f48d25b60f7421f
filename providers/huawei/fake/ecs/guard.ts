import { CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import type { Server } from "../records.js";
import type { Asked } from "../service.js";
import type { HuaweiState } from "../state.js";
import { isBeingCopied } from "../storage.js";

/** What a batch says of itself when one of its servers makes it impossible: nothing is done for any of them. */
export function batchRefusal(code: string, message: string, status: number, ids: readonly string[]): CloudRefusal {
  return new CloudRefusal(code, message, status, { ids });
}

/**
 * The servers a batch names, all of them or a refusal. Undocumented, so as unkind as can be: one id that does not exist
 * fails the whole batch.
 */
export function namedServers({ state }: Asked, ids: readonly string[]): readonly Server[] {
  if (new Set(ids).size !== ids.length) throw refusal("Ecs.0005", "A server is named twice.", 400);
  const missing = ids.filter((id) => !state.servers.has(id));
  if (missing.length > 0) throw batchRefusal("Ecs.0114", "The ECS does not exist.", 404, missing);
  return ids.flatMap((id) => state.servers.get(id) ?? []);
}

/** "Locking an ECS": neither its life nor its disks, interfaces or password can be changed. */
export function refuseLocked(servers: readonly Server[]): void {
  const locked = servers.filter(({ locks }) => locks.length > 0).map(({ id }) => id);
  if (locked.length > 0) throw batchRefusal("Ecs.0605", "The ECS has been locked.", 400, locked);
}

/** Servers in the bin can only be looked at, taken out, or purged. */
export function refuseBinned(servers: readonly Server[]): void {
  const binned = servers.filter(({ bin }) => bin).map(({ id }) => id);
  if (binned.length > 0) throw batchRefusal("Ecs.0100", "The ECS is in the recycle bin.", 400, binned);
}

/** Refuses what cannot be done to one server as it is. */
export function refuseUnsteady(server: Server): void {
  if (server.taskState !== null || !["ACTIVE", "SHUTOFF", "ERROR"].includes(server.status))
    throw refusal("Ecs.0100", `The ECS status does not meet the requirements: ${server.status}.`, 400);
}

/** Why one server of a batch cannot be deleted now: its part of the job fails with this. */
export function deletionTrouble(state: HuaweiState, server: Server): CloudRefusal | undefined {
  if (server.taskState !== null || !["ACTIVE", "SHUTOFF", "ERROR"].includes(server.status))
    return refusal("Ecs.0100", `The ECS status does not meet the requirements: ${server.status}.`, 400);
  if (server.frozen === "security") return refusal("Ecs.0030", "The ECS has been frozen.", 400);
  const root = server.attachments.find(({ isBoot }) => isBoot);
  if (root && isBeingCopied(state, root.diskId)) return refusal("Ecs.0073", "The system disk is being backed up.", 400);
  return undefined;
}
