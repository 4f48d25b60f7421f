import type { Server, ServerStatus } from "./records.js";
import { memberLost } from "./scaling.js";
import { accountOf, binsOf, change, type HuaweiContext, type HuaweiState, leave } from "./state.js";
import { destroyDisk, detach, dropPort, loseLegacySnapshots } from "./storage.js";
import { timings } from "./timings.js";

/** Puts a server into another state. What was to follow the former one will find another `turn`. */
export function setState(
  { state, now }: HuaweiContext,
  id: string,
  status: ServerStatus,
  taskState: string | null = null,
  values: Partial<Server> = {},
): number {
  const turn = (state.servers.get(id)?.turn ?? 0) + 1;
  change(state.servers, id, { status, taskState, turn, updatedAt: now, ...values });
  return turn;
}

/** Does something later if the server is still in the state it was put into. */
export function afterwards(
  context: HuaweiContext,
  id: string,
  turn: number,
  delayMs: number,
  effect: (server: Server) => void,
): void {
  context.later(delayMs, () => {
    const server = context.state.servers.get(id);
    if (server?.turn === turn) effect(server);
  });
}

/** What is to happen to a server's disks and addresses when it ends. */
export interface DeleteFlags {
  /** Data disks go as well. */
  readonly disks: boolean;
  /** Absent: each address by its own flag. */
  readonly addresses?: boolean | undefined;
}

/** Whether the bin takes a server that ends now ("Recycle Bin Overview": what bypasses it). */
function goesIntoBin(state: HuaweiState, server: Server, now: number): boolean {
  const { ecs } = binsOf(state);
  if (!ecs.isOn || accountOf(state).condition !== "normal" || server.frozen) return false;
  if (server.status === "ERROR" || server.chargingMode === "2") return false;
  if (server.autoTerminateAt !== undefined) return false;
  if (server.expiresAt !== undefined && server.expiresAt <= now) return false;
  return now - server.createdAt >= ecs.thresholdDays * timings.dayMs;
}

/** Ends a server: into the bin if that takes it, else for good, and then it still shows for a moment. */
export function finish(context: HuaweiContext, server: Server, flags: DeleteFlags): void {
  const { state, now } = context;
  if (goesIntoBin(state, server, now)) {
    recycle(context, server, flags);
    return;
  }
  context.later(timings.lingersMs, () => {
    const last = state.servers.get(server.id);
    if (last) destroy(context, last, flags);
  });
}

/** Puts a server into the bin, stopped, with what would have died with it. The rest is let go as in a deletion. */
export function recycle(context: HuaweiContext, server: Server, flags: DeleteFlags): void {
  const { state, now } = context;
  const until = now + binsOf(state).ecs.hours * timings.hourMs;
  for (const { diskId, deleteOnTermination, isBoot } of server.attachments) {
    const disk = state.disks.get(diskId);
    if (disk && (isBoot || deleteOnTermination || (flags.disks && !disk.shareable))) {
      loseLegacySnapshots(state, diskId);
      change(state.disks, diskId, {
        bin: { since: now, until, serverId: server.id },
        tags: { ...disk.tags, _sys_recycle_bin_volume: "true" },
      });
    } else detach(context, diskId, server.id);
  }
  releaseAddresses(context, server, flags);
  const turn = setState(context, server.id, "SOFT_DELETED", null, {
    bin: { since: now, until },
    chargingMode: "0",
    expiresAt: undefined,
  });
  afterwards(context, server.id, turn, until - now, (last) => destroy(context, last, flags));
  memberLost(context, server.id);
}

/** Takes a server out of the bin, stopped. */
export function restore(context: HuaweiContext, { id, attachments }: Server): void {
  const { state } = context;
  setState(context, id, "SHUTOFF", null, { bin: undefined });
  for (const { diskId } of attachments) {
    const disk = state.disks.get(diskId);
    if (!disk) continue;
    const { _sys_recycle_bin_volume: _binned, ...tags } = disk.tags;
    change(state.disks, diskId, { bin: undefined, tags });
  }
}

/** The end of a server and of what lives and dies with it. */
export function destroy(context: HuaweiContext, server: Server, flags: DeleteFlags): void {
  const { state } = context;
  for (const { diskId, deleteOnTermination, isBoot } of server.attachments) {
    const disk = state.disks.get(diskId);
    const isHeldByOthers = disk?.holders.some(({ serverId }) => serverId !== server.id) ?? false;
    const wanted = isBoot || deleteOnTermination || flags.disks || disk?.boughtWith === server.id;
    // A shared disk is only taken off, whatever the flags say.
    if (wanted && !isHeldByOthers && !disk?.shareable) destroyDisk(context, diskId);
    else detach(context, diskId, server.id);
  }
  releaseAddresses(context, server, flags);
  state.servers.delete(server.id);
  leavePorts(context, server);
  forget(state, server.id);
  memberLost(context, server.id);
}

/** Ports made with the server go, seconds after it; those that were there before stay, free. */
function leavePorts(context: HuaweiContext, { portIds }: Server): void {
  const { state } = context;
  for (const id of portIds) {
    const port = state.ports.get(id);
    if (!port) continue;
    if (!port.deleteOnTermination) change(state.ports, id, { serverId: undefined, owner: "", primary: false });
    else context.later(timings.portsLingerMs, () => dropPort(context, port));
  }
}

/** Addresses stay, unbound and billed, unless the request or, where it says nothing, their own flag lets them go. */
function releaseAddresses({ state }: HuaweiContext, { portIds }: Server, { addresses }: DeleteFlags): void {
  for (const address of state.publicIps.values()) {
    if (address.portId === undefined || !portIds.includes(address.portId)) continue;
    const goes = addresses ?? address.deleteOnTermination;
    if (goes && address.orderId === undefined) state.publicIps.delete(address.id);
    else change(state.publicIps, address.id, { portId: undefined });
  }
}

/** What loses a server by itself. What names it by address or port stays and leads nowhere. */
function forget(state: HuaweiState, id: string): void {
  const isLost = ["placement", "dedicated-host", "key-pair", "instance-role", "event-window", "managed-service"];
  for (const { kind, id: thing, member } of [...state.memberships.values()])
    if (member === id && isLost.includes(kind)) leave(state, kind, thing, member);
}

/** Starts a server. */
export function start(context: HuaweiContext, id: string): void {
  setState(context, id, "ACTIVE", null, { launchedAt: context.now });
}

/** Lets the time come at which a server deletes itself ("auto_terminate_time"). It bypasses the bin. */
export function watchAutoTermination(context: HuaweiContext, id: string): void {
  const { state, clock } = context;
  const at = state.servers.get(id)?.autoTerminateAt;
  if (at === undefined) return;
  clock.at(at, () => {
    const server = state.servers.get(id);
    if (server?.autoTerminateAt !== at || server.chargingMode !== "0" || server.bin) return;
    const turn = setState(context, id, server.status, "deleting");
    afterwards(context, id, turn, timings.deleteMs, (last) => destroy(context, last, { disks: false }));
  });
}
