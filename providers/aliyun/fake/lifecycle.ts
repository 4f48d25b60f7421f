import { releaseDisks, spoilSnapshots } from "./disks.js";
import { interfacesOf } from "./network.js";
import { noticeLoss } from "./replacement.js";
import type { AliyunContext, Instance, InstanceStatus } from "./state.js";
import { accountOf, change } from "./state.js";
import { timings } from "./timings.js";

/** Puts an instance into a state, and into the next one when its time has come, unless something else came first. */
function enter(
  context: AliyunContext,
  id: string,
  status: InstanceStatus,
  then?: { readonly afterMs: number; readonly run: () => void },
): void {
  const before = context.state.instances.get(id);
  if (!before) return;
  const turn = before.turn + 1;
  change(context.state.instances, id, { status, turn });
  if (!then) return;
  context.later(then.afterMs, () => {
    if (context.state.instances.get(id)?.turn === turn) then.run();
  });
}

/** `Pending` or `Starting`, and `Running` a while later. */
export function launch(context: AliyunContext, id: string, from: "Pending" | "Starting" = "Pending"): void {
  const startedAt = context.clock.now();
  spoilSnapshots(context, id);
  change(context.state.instances, id, { stoppedMode: "Not-applicable", startedAt });
  const afterMs = from === "Pending" ? timings.launchMs : timings.startMs;
  enter(context, id, from, { afterMs, run: () => enter(context, id, "Running") });
}

/** How an instance is stopped. */
export interface StopOptions {
  readonly force?: boolean;
  readonly mode?: "KeepCharging" | "StopCharging";
}

/** `Stopping`, then `Stopped`. */
export function stop(
  context: AliyunContext,
  id: string,
  { force = false, mode = "KeepCharging" }: StopOptions = {},
): void {
  spoilSnapshots(context, id);
  const afterMs = force ? timings.powerOffMs : timings.stopMs;
  enter(context, id, "Stopping", { afterMs, run: () => becomeStopped(context, id, mode) });
}

/** What a stop leaves. In economical mode the static public address is given up (StopInstances, StoppedMode). */
export function becomeStopped(
  context: AliyunContext,
  id: string,
  mode: "KeepCharging" | "StopCharging" = "KeepCharging",
): void {
  enter(context, id, "Stopped");
  const fields: Partial<Instance> =
    mode === "StopCharging" ? { stoppedMode: mode, publicIp: undefined } : { stoppedMode: mode };
  change(context.state.instances, id, fields);
  noticeLoss(context, id);
}

/**
 * Accepts an instance for release. It stays listed, as Stopping or Stopped, until its id vanishes: there is no state of
 * its own for that and no trace afterwards.
 */
export function release(context: AliyunContext, id: string, clean = false): void {
  const instance = context.state.instances.get(id);
  if (!instance || instance.releasing) return;
  change(context.state.instances, id, { releasing: true });
  const on = instance.status === "Running" || instance.status === "Starting";
  const afterMs = on && clean ? timings.cleanReleaseMs : timings.releaseMs;
  enter(context, id, on ? "Stopping" : instance.status, { afterMs, run: () => vanish(context, id) });
}

/** The end of an instance: what hung on it dies, is let go, or stays and points to nothing. */
export function vanish(context: AliyunContext, id: string): void {
  const { state } = context;
  const instance = state.instances.get(id);
  if (!instance) return;
  releaseDisks(context, instance);
  releaseInterfaces(context, id);
  for (const { id: addressId, holder } of [...state.addresses.values()])
    if (holder?.id === id) unassociate(context, addressId);
  for (const { id: virtualIp, instanceIds } of [...state.virtualIps.values()])
    change(state.virtualIps, virtualIp, { instanceIds: instanceIds.filter((member) => member !== id) });
  for (const [key, { member }] of [...state.marks]) if (member === id) state.marks.delete(key);
  for (const [key, event] of [...state.systemEvents]) if (event.instanceId === id) state.systemEvents.delete(key);
  noticeLoss(context, id, instance);
  state.instances.delete(id);
  state.attached.delete(id);
}

/** Interfaces linger a little: until then their groups count as used. */
function releaseInterfaces(context: AliyunContext, instanceId: string): void {
  const { interfaces } = context.state;
  for (const { id, type, deleteOnRelease } of interfacesOf(context.state, instanceId)) {
    const dies = type === "Primary" || deleteOnRelease;
    change(interfaces, id, { instanceId: "", status: dies ? "Deleting" : "Detaching", type: "Secondary" });
    context.later(timings.letGoMs, () => {
      if (dies) context.state.interfaces.delete(id);
      else change(context.state.interfaces, id, { status: "Available" });
    });
  }
}

/** Takes an elastic address off whatever holds it. It stays ours, and goes on billing. */
export function unassociate(context: AliyunContext, addressId: string): void {
  change(context.state.addresses, addressId, { status: "Unassociating", holder: undefined });
  context.later(timings.unassociateMs, () => {
    if (context.state.addresses.get(addressId)?.status === "Unassociating")
      change(context.state.addresses, addressId, { status: "Available" });
  });
}

/** Releases an instance at a moment, unless that was called off or the account owes money by then. */
export function scheduleRelease(context: AliyunContext, id: string, at: number): void {
  change(context.state.instances, id, { autoReleaseAt: at });
  context.later(at - context.clock.now(), () => {
    if (context.state.instances.get(id)?.autoReleaseAt !== at) return;
    if (accountOf(context.state).state !== "overdue") release(context, id);
  });
}
