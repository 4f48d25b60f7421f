import type { MemoryFeatures } from "./options.js";
import type { Instance, MemoryContext, MemoryState } from "./state.js";

/** Milliseconds that this cloud takes for things. */
export const timings = {
  stop: 10_000,
  start: 10_000,
  release: 20_000,
  snapshot: 60_000,
  conversion: 30_000,
  drain: 30_000,
} as const;

const hour = 3_600_000;
const day = 24 * hour;

/** Changes an instance's status, and calls off what was to follow the former one. */
export function become(instance: Instance, status: Instance["status"]): number {
  instance.status = status;
  instance.turn += 1;
  return instance.turn;
}

/** Runs something later unless the instance's status has changed by then. */
export function afterwards(context: MemoryContext, instance: Instance, delayMs: number, effect: () => void): void {
  const { id, turn } = instance;
  context.later(delayMs, () => {
    if (context.state.instances.get(id)?.turn === turn) effect();
  });
}

/** How long the bin would keep this instance, in milliseconds; `undefined` when it would not take it. */
export function binTimeMs(
  { state, now }: MemoryContext,
  instance: Instance,
  { capabilities }: MemoryFeatures,
): number | undefined {
  const fact = capabilities.retention[instance.billing];
  if (fact.bin === "always") return (fact.hours?.default ?? 168) * hour;
  const oldEnough = now - instance.createdAt >= state.bin.minimumAgeDays * day;
  return fact.bin === "opt-in" && state.bin.enabled && oldEnough ? state.bin.hours * hour : undefined;
}

/** Ends an instance: into the bin where there is one for it, else for good. */
export function end(context: MemoryContext, instance: Instance, features: MemoryFeatures): void {
  const keptMs = binTimeMs(context, instance, features);
  if (keptMs === undefined) {
    release(context, instance);
    return;
  }
  instance.bin = { cause: "returned", until: context.now + keptMs };
  become(instance, "recycled");
  afterwards(context, instance, keptMs, () => release(context, instance));
}

/** Ends an instance for good. It is seen as terminating for a while, then it is gone with all that goes with it. */
export function release(context: MemoryContext, instance: Instance): void {
  become(instance, "terminating");
  afterwards(context, instance, timings.release, () => {
    remove(context.state, instance);
    replace(context, instance);
  });
}

/** Takes an instance out of the state, with the disks, interfaces and addresses that go with it. */
export function remove(state: MemoryState, instance: Instance): void {
  state.instances.delete(instance.id);
  for (const diskId of instance.diskIds) releaseDisk(state, diskId, instance.id);
  for (const interfaceId of instance.interfaceIds) releaseInterface(state, interfaceId);
}

function releaseDisk(state: MemoryState, diskId: string, instanceId: string): void {
  const disk = state.disks.get(diskId);
  const attachment = disk?.attachments.find((one) => one.instanceId === instanceId);
  if (!disk || !attachment) return;
  disk.attachments = disk.attachments.filter((one) => one !== attachment);
  const dies = disk.role === "system" || disk.medium === "local" || attachment.deleteWithInstance;
  if (dies && disk.attachments.length === 0) state.disks.delete(diskId);
}

function releaseInterface(state: MemoryState, interfaceId: string): void {
  const one = state.interfaces.get(interfaceId);
  if (!one) return;
  for (const address of state.addresses.values()) {
    if (address.interfaceId !== interfaceId) continue;
    if (address.kind === "ephemeral" || address.releasedWithInstance) state.addresses.delete(address.id);
    else if (one.deleteWithInstance) delete address.interfaceId;
  }
  if (one.deleteWithInstance) state.interfaces.delete(interfaceId);
  else delete one.instanceId;
}

/** A group that replaces its members starts another of the same kind. */
function replace(context: MemoryContext, gone: Instance): void {
  const { state, ids, now } = context;
  for (const owner of state.owners.values()) {
    if (!owner.members.includes(gone.id)) continue;
    if (owner.kind !== "auto-scaling-group" || !owner.replaces) {
      owner.members = owner.members.filter((member) => member !== gone.id);
      continue;
    }
    const id = ids.assign("instance");
    const { release: _release, bin: _bin, ...rest } = gone;
    state.instances.set(id, {
      ...rest,
      id,
      status: "running",
      createdAt: now,
      startedAt: now,
      diskIds: [],
      interfaceIds: [],
    });
    owner.members = owner.members.map((member) => (member === gone.id ? id : member));
  }
}
