import type { Attachment, Disk, Port, Server, Snapshot } from "./records.js";
import { binsOf, change, type HuaweiContext, type HuaweiState } from "./state.js";
import { timings } from "./timings.js";

/** What a disk has to be told. */
export type NewDisk = Partial<Disk> & { readonly id: string; readonly zone: string };

/** Adds a disk: a free pay-per-use data disk of 40 GiB where nothing else is said. */
export function addDisk({ state, now }: HuaweiContext, values: NewDisk): Disk {
  const disk: Disk = {
    name: "",
    sizeGiB: 40,
    type: "GPSSD",
    status: "available",
    bootable: false,
    shareable: false,
    holders: [],
    createdAt: now,
    updatedAt: now,
    tags: {},
    snapshots: "complete",
    ...values,
  };
  state.disks.set(disk.id, disk);
  return disk;
}

/** Attaches a disk to a server, under the next free letter. */
export function attach(
  { state, ids, now }: HuaweiContext,
  diskId: string,
  serverId: string,
  values: Pick<Attachment, "deleteOnTermination" | "isBoot">,
): void {
  const disk = state.disks.get(diskId);
  const server = state.servers.get(serverId);
  if (!disk || !server) return;
  const device = deviceOf(server);
  const holder = { serverId, device, attachmentId: ids.assign("attachment"), since: now };
  change(state.disks, diskId, { status: "in-use", holders: [...disk.holders, holder], updatedAt: now });
  change(state.servers, serverId, { attachments: [...server.attachments, { diskId, device, ...values }] });
}

function deviceOf({ attachments }: Server): string {
  const taken = new Set(attachments.map(({ device }) => device));
  const letters = "abcdefghijklmnopqrstuvwxyz".split("");
  const letter = letters.find((one) => !taken.has(`/dev/vd${one}`)) ?? "z";
  return `/dev/vd${letter}`;
}

/** Takes a disk from a server. It stays, free, unless others hold it. */
export function detach({ state, now }: HuaweiContext, diskId: string, serverId: string): void {
  const disk = state.disks.get(diskId);
  const server = state.servers.get(serverId);
  if (server)
    change(state.servers, serverId, { attachments: server.attachments.filter((one) => one.diskId !== diskId) });
  if (!disk) return;
  const holders = disk.holders.filter((holder) => holder.serverId !== serverId);
  change(state.disks, diskId, { holders, status: holders.length > 0 ? "in-use" : "available", updatedAt: now });
}

/** The end of a disk. Its legacy snapshots go with it, the standard ones stay. */
export function destroyDisk(context: HuaweiContext, id: string): void {
  const { state } = context;
  const disk = state.disks.get(id);
  if (!disk) return;
  for (const { serverId } of disk.holders) detach(context, id, serverId);
  state.disks.delete(id);
  loseLegacySnapshots(state, id);
}

/** "Legacy snapshots die with the disk even when the disk goes to the bin" (EVS, "Recycle Bin Overview"). */
export function loseLegacySnapshots(state: HuaweiState, diskId: string): void {
  for (const snapshot of state.snapshots.values())
    if (snapshot.diskId === diskId && snapshot.generation === "legacy") state.snapshots.delete(snapshot.id);
}

/** Deletes a disk on its own: into the bin of EVS where that is on and the disk old enough, else for good. */
export function discardDisk(context: HuaweiContext, disk: Disk): void {
  const { state, now } = context;
  const { evs } = binsOf(state);
  const isOldEnough = now - disk.createdAt >= evs.thresholdDays * timings.dayMs;
  if (!evs.isOn || !isOldEnough) {
    destroyDisk(context, disk.id);
    return;
  }
  const until = now + evs.days * timings.dayMs;
  change(state.disks, disk.id, { status: "available", bin: { since: now, until }, updatedAt: now });
  loseLegacySnapshots(state, disk.id);
  context.later(until - now, () => {
    if (state.disks.get(disk.id)?.bin?.until === until) destroyDisk(context, disk.id);
  });
}

/** The end of a port: what pointed to it points nowhere, its public address is free. */
export function dropPort({ state }: HuaweiContext, { id }: Port): void {
  state.ports.delete(id);
  for (const address of state.publicIps.values())
    if (address.portId === id) change(state.publicIps, address.id, { portId: undefined });
  for (const one of state.subInterfaces.values()) if (one.parentId === id) state.subInterfaces.delete(one.id);
}

/** Whether a snapshot of this disk is being made, which refuses another ("EVS.2409"). */
export function isBeingCopied(state: HuaweiState, diskId: string): boolean {
  const isCreating = ({ status, diskId: source }: Snapshot) => status === "creating" && source === diskId;
  const isProtecting = [...state.backups.values()].some(
    ({ status, disks }) => status === "protecting" && disks.some(({ id }) => id === diskId),
  );
  return isProtecting || [...state.snapshots.values()].some(isCreating);
}
