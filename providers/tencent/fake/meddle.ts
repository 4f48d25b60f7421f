import { unsupportedSeed } from "../../../src/testing/fake-refusal.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { addTimer } from "./cvm/timers.js";
import { destroy, watchExpiry } from "./lifecycle.js";
import { newPublicIp } from "./network.js";
import type { Instance } from "./records.js";
import {
  beBusy,
  checkInstance,
  enterState,
  groupsOf,
  seedAddresses,
  seedOwnDisk,
  useKeyPair,
  useRole,
} from "./seed/instances.js";
import { change, type TencentContext } from "./state.js";
import { destroyDisk } from "./storage.js";

/** What can be changed of an instance that exists, and how. */
const changers: Readonly<
  Partial<Record<keyof SeedInstance, (context: TencentContext, instance: Instance, seed: SeedInstance) => void>>
> = {
  name: ({ state }, { id }, { name = "" }) => void change(state.instances, id, { name }),
  tags: ({ state }, { id }, { tags = {} }) => void change(state.instances, id, { tags }),
  userData: ({ state }, { id }, { userData }) => void change(state.instances, id, { userData }),
  managedBy: ({ state }, { id }, { managedBy }) => void change(state.instances, id, { application: managedBy }),
  refund: ({ state }, { id }, { refund = {} }) => void change(state.instances, id, { refund }),
  terminationProtection: ({ state }, { id }, { terminationProtection = false }) =>
    void change(state.instances, id, { isProtected: terminationProtection }),
  locks: ({ state }, { id }, { locks = [] }) =>
    void change(state.instances, id, { restrictState: locks.length > 0 ? "PROTECTIVELY_ISOLATED" : "NORMAL" }),
  autoRenew: ({ state }, { id }, { autoRenew }) =>
    void change(state.instances, id, {
      renewFlag: autoRenew ? "NOTIFY_AND_AUTO_RENEW" : "NOTIFY_AND_MANUAL_RENEW",
    }),
  expiresAt: (context, { id }, { expiresAt = "" }) => {
    change(context.state.instances, id, { expiresAt: Date.parse(expiresAt) });
    watchExpiry(context, id);
  },
  scheduledReleaseAt: (context, { id }, { scheduledReleaseAt = "" }) => {
    for (const timer of context.state.timers.values())
      if (timer.instanceId === id) context.state.timers.delete(timer.id);
    addTimer(context, id, Date.parse(scheduledReleaseAt));
  },
  securityGroups: (context, { id }, seed) =>
    void change(context.state.instances, id, { groupIds: groupsOf(context, seed) }),
  privateIps: ({ state }, { interfaceIds: [primary = ""] }, { privateIps = [] }) =>
    void change(state.interfaces, primary, { privateIps }),
  keyPair: (context, { id }, { keyPair = "" }) => useKeyPair(context, id, keyPair),
  role: (context, { id }, { role = "" }) => useRole(context, id, role),
  disks: (context, instance, { disks = [] }) => {
    for (const disk of disks) {
      const known = disk.id === undefined ? undefined : context.state.disks.get(context.ids.known(disk.id) ?? "");
      if (!known) seedOwnDisk(context, instance.id, disk, "disks");
      else
        change(context.state.disks, known.id, {
          deleteWithInstance: disk.deletedWithInstance ?? known.deleteWithInstance,
          sizeGiB: disk.sizeGiB ?? known.sizeGiB,
          snapshots: disk.snapshots ?? known.snapshots,
        });
    }
  },
  addresses: (context, { id, interfaceIds: [primary = ""] }, { addresses = [] }) =>
    seedAddresses(context, id, primary, addresses, "addresses"),
  state: (context, { id }, seed) => {
    if (seed.state === "gone") remove(context, id);
    else enterState(context, id, seed);
  },
  busy: (context, { id }, { busy }) => {
    if (busy) beBusy(context, id, busy);
  },
};
/** Read together with another field. */
const companions: readonly string[] = ["id", "recycledBecause", "billing"];

/** Sets the named fields of an instance that exists, as the cloud's own tools would. */
export function changeInstance(context: TencentContext, seed: SeedInstance): void {
  const instance = context.state.instances.get(context.ids.find(seed.id));
  if (!instance) throw new Error(`There is no instance "${seed.id}" to change.`);
  const billing = { POSTPAID_BY_HOUR: "on-demand", PREPAID: "prepaid", SPOTPAID: "spot" } as const;
  if (seed.billing !== undefined && seed.billing !== billing[instance.chargeType])
    throw unsupportedSeed("tencent", "billing", "change it with ModifyInstancesChargeType.");
  checkInstance({ ...seed, billing: billing[instance.chargeType] }, "set");
  for (const [field, value] of Object.entries(seed)) {
    if (value === undefined || companions.includes(field)) continue;
    const changer = Object.entries(changers).find(([name]) => name === field)?.[1];
    if (!changer) throw unsupportedSeed("tencent", field, "it cannot be changed while the instance lives.");
    const present = context.state.instances.get(instance.id);
    if (present) changer(context, present, seed);
  }
}

/** Removes a thing of any kind, as the cloud's own tools would. */
export function remove(context: TencentContext, id: string): void {
  const { state } = context;
  const instance = state.instances.get(id);
  if (instance) {
    destroy(context, instance);
    return;
  }
  if (state.disks.has(id)) {
    destroyDisk(context, id);
    return;
  }
  for (const value of Object.values(state)) if (value instanceof Map) value.delete(id);
  for (const [key, resource] of state.resources) if (resource.id === id) state.resources.delete(key);
  for (const [key, membership] of state.memberships)
    if (membership.id === id || membership.member === id) state.memberships.delete(key);
  for (const one of state.instances.values()) {
    if (one.ordinaryAddress?.id === id) change(state.instances, one.id, { ordinaryAddress: undefined });
    if (one.interfaceIds.includes(id))
      change(state.instances, one.id, { interfaceIds: one.interfaceIds.filter((other) => other !== id) });
  }
}

/** A public address leaves the account: an elastic one goes, an ordinary one is exchanged for another. */
export function giveAddressAway(context: TencentContext, id: string): void {
  const { state } = context;
  const elastic = state.addresses.get(id);
  if (elastic) {
    state.addresses.delete(id);
    state.lostAddresses.set(id, elastic.ip);
    return;
  }
  const holder = [...state.instances.values()].find(({ ordinaryAddress }) => ordinaryAddress?.id === id);
  if (!holder?.ordinaryAddress) throw new Error(`There is no public address "${id}" to give away.`);
  state.lostAddresses.set(id, holder.ordinaryAddress.ip);
  const next = { id: context.ids.assign("ordinary-address"), ip: newPublicIp(context) };
  change(state.instances, holder.id, { ordinaryAddress: next });
}
