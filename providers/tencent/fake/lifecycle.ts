import type { Money } from "../../../src/common.js";
import type { Instance, InstanceStateName, Order, Target } from "./records.js";
import { memberLost } from "./scaling.js";
import { change, leave, type TencentContext } from "./state.js";
import { recycleDisk, releaseDisk } from "./storage.js";
import { monthsLater } from "./times.js";
import { timings } from "./timings.js";

/** What a month of a prepaid instance costs here, in yuan. */
export const monthlyPrice = 100;
/** What a month of a prepaid disk costs here, in yuan. */
export const monthlyDiskPrice = 10;
/** What giving a prepaid instance back yields where the seed does not say. */
const usualRefund: Money = { amount: "88.80", currency: "CNY" };

/** Puts an instance into another state. What was to follow the former one will find another `turn`. */
export function setState(
  { state }: TencentContext,
  id: string,
  next: InstanceStateName,
  values: Partial<Instance> = {},
): number {
  const turn = (state.instances.get(id)?.turn ?? 0) + 1;
  change(state.instances, id, { state: next, shown: undefined, turn, ...values });
  return turn;
}

/** Does something later if the instance is still in the state it was put into. */
export function afterwards(
  context: TencentContext,
  id: string,
  turn: number,
  delayMs: number,
  effect: (instance: Instance) => void,
): void {
  context.later(delayMs, () => {
    const instance = context.state.instances.get(id);
    if (instance?.turn === turn) effect(instance);
  });
}

/** Begins an operation that shows as OPERATING, and refuses others, for a while. */
export function operate(context: TencentContext, id: string, name: string, requestId: string, durationMs: number) {
  const { state } = context;
  change(state.instances, id, { operation: { name, requestId, state: "OPERATING" } });
  context.later(durationMs, () => {
    const operation = state.instances.get(id)?.operation;
    if (operation?.requestId === requestId)
      change(state.instances, id, { operation: { ...operation, state: "SUCCESS" } });
  });
}

/** Stops an instance. Without charging it loses its ordinary public address (recorded: `PublicIpAddresses` null). */
export function stop(context: TencentContext, id: string, isHard: boolean, stopsCharging: boolean): void {
  const turn = setState(context, id, "STOPPING");
  afterwards(context, id, turn, isHard ? timings.stopHardMs : timings.stopMs, () =>
    setState(
      context,
      id,
      "STOPPED",
      stopsCharging ? { stopChargingMode: "STOP_CHARGING", ordinaryAddress: undefined } : {},
    ),
  );
}

/** Starts an instance. */
export function start(context: TencentContext, id: string): void {
  const turn = setState(context, id, "STARTING", { stopChargingMode: "NOT_APPLICABLE" });
  afterwards(context, id, turn, timings.startMs, () => setState(context, id, "RUNNING"));
}

/** Ends an instance that has no bin, or no bin any more: seen as before, then TERMINATING, then nothing. */
export function terminate(context: TencentContext, instance: Instance): void {
  const shown = { state: instance.state, until: context.now + timings.stateLagMs };
  const turn = setState(context, instance.id, "TERMINATING", { shown });
  afterwards(context, instance.id, turn, timings.terminateMs, (last) => destroy(context, last));
}

/**
 * Puts an instance into the recycle bin: seven days for a prepaid one, two hours for one the console released. It
 * stays registered with load balancers and keeps its disks and addresses.
 */
export function isolate(
  context: TencentContext,
  instance: Instance,
  source: Exclude<Instance["isolatedSource"], "NOTISOLATED">,
  lagMs = 0,
): void {
  const shown = lagMs > 0 ? { state: instance.state, until: context.now + lagMs } : undefined;
  const turn = setState(context, instance.id, "SHUTDOWN", { isolatedSource: source, shown });
  const keptMs = instance.chargeType === "PREPAID" ? timings.prepaidBinMs : timings.consoleBinMs;
  // An expired instance has its days from its expiry, a returned one from its return.
  const since = source === "EXPIRE" ? Math.min(instance.expiresAt ?? context.now, context.now) : context.now;
  afterwards(context, instance.id, turn, Math.max(0, since + keptMs - context.now), (last) => destroy(context, last));
  memberLost(context, instance.id);
}

/** Sends the prepaid data disks of an instance to the bin of disks ("ReleasePrepaidDataDisks"). */
export function returnDataDisks(context: TencentContext, instance: Instance): void {
  for (const id of instance.diskIds) {
    const disk = context.state.disks.get(id);
    if (disk?.usage === "DATA_DISK" && disk.chargeType === "PREPAID") recycleDisk(context, id);
  }
}

/** The end of an instance and of what lives and dies with it. */
export function destroy(context: TencentContext, instance: Instance): void {
  const { state, now } = context;
  for (const id of instance.diskIds) releaseDisk(context, id, instance.id);
  state.instances.delete(instance.id);
  for (const id of instance.interfaceIds) {
    const one = state.interfaces.get(id);
    if (!one) continue;
    for (const ip of one.primary ? one.privateIps : [])
      state.lingering.set(`address/${one.vpcId}/${ip}`, now + timings.addressLingersMs);
    if (one.primary) state.interfaces.delete(id);
    else change(state.interfaces, id, { instanceId: undefined, attachedAt: undefined });
  }
  for (const groupId of instance.groupIds) state.lingering.set(`group/${groupId}`, now + timings.groupLingersMs);
  releaseAddresses(context, instance);
  forget(context, instance.id);
  memberLost(context, instance.id);
}

/** Elastic addresses stay, unbound and billed, but for those set to go by themselves. */
function releaseAddresses({ state }: TencentContext, instance: Instance): void {
  for (const address of [...state.addresses.values()]) {
    if (address.instanceId !== instance.id || address.status === "BIND_ENI") continue;
    if (address.cascadeRelease) state.addresses.delete(address.id);
    else
      change(state.addresses, address.id, {
        status: "UNBIND",
        instanceId: undefined,
        interfaceId: undefined,
        privateIp: undefined,
      });
  }
  for (const address of state.addresses.values()) {
    if (address.instanceId === instance.id) change(state.addresses, address.id, { instanceId: undefined });
  }
}

/** What loses an instance by itself. What names it by address stays and leads nowhere: targets, DNS, NAT, routes. */
function forget({ state }: TencentContext, id: string): void {
  for (const balancer of state.loadBalancers.values()) {
    const keep = (target: Target) => target.instanceId !== id || target.ip !== undefined;
    change(state.loadBalancers, balancer.id, {
      targets: balancer.targets.filter(keep),
      listeners: balancer.listeners.map((listener) => ({ ...listener, targets: listener.targets.filter(keep) })),
    });
  }
  for (const group of state.targetGroups.values())
    change(state.targetGroups, group.id, { targets: group.targets.filter((target) => target.instanceId !== id) });
  for (const address of state.virtualIps.values()) {
    const associated = address.associated.filter((member) => member !== id);
    change(state.virtualIps, address.id, {
      associated,
      holderId: address.holderId === id ? associated[0] : address.holderId,
    });
  }
  for (const timer of state.timers.values()) {
    if (timer.instanceId === id && timer.status === "UNDO") state.timers.delete(timer.id);
  }
  for (const { kind, id: thing, member } of [...state.memberships.values()]) {
    const isLost = ["virtual-ip", "key-pair", "placement", "dedicated-host", "instance-role"];
    if (member === id && isLost.includes(kind)) leave(state, kind, thing, member);
  }
}

/** Lets a prepaid instance expire at its time: it renews itself or goes into the bin. */
export function watchExpiry(context: TencentContext, id: string): void {
  const { state, clock } = context;
  const expiresAt = state.instances.get(id)?.expiresAt;
  if (expiresAt === undefined) return;
  clock.at(expiresAt, () => {
    const instance = state.instances.get(id);
    if (instance?.expiresAt !== expiresAt || instance.chargeType !== "PREPAID") return;
    if (["SHUTDOWN", "TERMINATING"].includes(instance.state)) return;
    if (instance.renewFlag === "NOTIFY_AND_AUTO_RENEW") renew(context, instance, 1);
    else isolate(context, instance, "EXPIRE");
  });
}

/** Pays for some months more. Out of the bin an instance comes back stopped. */
export function renew(context: TencentContext, instance: Instance, months: number): void {
  const { state, now } = context;
  const from = Math.max(instance.expiresAt ?? 0, now);
  const expiresAt = monthsLater(from, months);
  if (instance.state === "SHUTDOWN")
    setState(context, instance.id, "STOPPED", { isolatedSource: "NOTISOLATED", expiresAt });
  else change(state.instances, instance.id, { expiresAt });
  order(context, "renewal", instance.id, { amount: (months * monthlyPrice).toFixed(2), currency: "CNY" });
  watchExpiry(context, instance.id);
}

/** What giving a prepaid instance back yields. */
export function quoteOf({ refund }: Instance): Money {
  return "quote" in refund && refund.quote ? refund.quote : usualRefund;
}

/** Notes an order of the account. */
export function order({ state, ids }: TencentContext, kind: Order["kind"], instanceId: string, amount: Money): void {
  const id = ids.assign("order");
  state.orders.set(id, { id, kind, instanceId, amount });
}
