import { unsupportedSeed } from "../../../src/testing/fake-refusal.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { followSubscription } from "./billing.js";
import { removeSnapshot } from "./disks.js";
import { becomeStopped, launch, scheduleRelease, stop, vanish } from "./lifecycle.js";
import { interfacesOf } from "./network.js";
import { groupOf } from "./seed/groups.js";
import { locksOf } from "./seed/instances.js";
import type { AliyunContext, AliyunState, Disk, Instance } from "./state.js";
import { change } from "./state.js";

type Changer<Field extends keyof SeedInstance> = (
  context: AliyunContext,
  id: string,
  value: NonNullable<SeedInstance[Field]>,
) => void;

function setting<Field extends keyof SeedInstance>(
  fields: (value: NonNullable<SeedInstance[Field]>) => Partial<Instance>,
): Changer<Field> {
  return ({ state }, id, value) => change(state.instances, id, fields(value));
}

/** Fields that the cloud's own tools can change on an instance that runs. Each replaces what was there. */
const changers: { readonly [Field in keyof Required<SeedInstance>]: Changer<Field> | "fixed" } = {
  id: "fixed",
  zone: "fixed",
  vpc: "fixed",
  createdAt: "fixed",
  recycledBecause: "fixed",
  guestShutdown: "fixed",
  stopProtection: "fixed",
  addresses: "fixed",
  extraInterfaces: "fixed",
  name: setting<"name">((name) => ({ name })),
  tags: setting<"tags">((tags) => ({ tags })),
  terminationProtection: setting<"terminationProtection">((deletionProtection) => ({ deletionProtection })),
  locks: setting<"locks">((locks) => ({ locks: locksOf(locks) })),
  refund: setting<"refund">((refund) => ({ refund })),
  autoRenew: setting<"autoRenew">((autoRenew) => ({ renewal: autoRenew ? "AutoRenewal" : "Normal" })),
  userData: setting<"userData">((userData) => ({ userData })),
  managedBy: setting<"managedBy">(() => ({ managed: true })),
  keyPair: ({ ids, state }, id, name) => change(state.instances, id, { keyPair: ids.assign("key-pair", name) }),
  role: ({ ids, state }, id, name) => change(state.instances, id, { role: ids.assign("role", name) }),
  state: (context, id, state) => {
    if (state === "running") {
      launch(context, id, "Starting");
      change(context.state.instances, id, { status: "Running" });
    } else if (state === "stopped") becomeStopped(context, id);
    else if (state === "stopping") stop(context, id);
    else if (state === "gone") vanish(context, id);
    else throw unsupportedSeed("aliyun", "set.state", `nothing puts an instance into the state ${state}.`);
  },
  billing: ({ state }, id, billing) => {
    const chargeType = billing === "prepaid" ? "PrePaid" : "PostPaid";
    change(state.instances, id, { chargeType, spot: billing === "spot" });
  },
  expiresAt: (context, id, expiresAt) => {
    change(context.state.instances, id, { expiresAt: Date.parse(expiresAt), chargeType: "PrePaid" });
    followSubscription(context, id);
  },
  scheduledReleaseAt: (context, id, at) => scheduleRelease(context, id, Date.parse(at)),
  busy: ({ state, now }, id, { operation, forMs }) => {
    const code = operation === "conversion" ? "LastTokenProcessing" : "OperationConflict";
    change(state.instances, id, { busy: { code, until: now + forMs } });
  },
  securityGroups: (context, id, names) => {
    const [primary] = interfacesOf(context.state, id);
    if (!primary) return;
    const groupIds = names.map((name) => groupOf(context, name, primary.vpcId).id);
    change(context.state.interfaces, primary.id, { groupIds });
  },
  privateIps: ({ state }, id, privateIps) => {
    const [primary] = interfacesOf(state, id);
    if (primary) change(state.interfaces, primary.id, { privateIps });
  },
  disks: ({ ids, state }, _id, disks) => {
    for (const { id: name, deletedWithInstance, autoSnapshotsDeletedWithDisk, sizeGiB, snapshots } of disks) {
      if (name === undefined) throw unsupportedSeed("aliyun", "set.disks.id", "name the disk that changes.");
      const fields: Partial<Disk> = {
        ...(deletedWithInstance === undefined ? {} : { deleteWithInstance: deletedWithInstance }),
        ...(autoSnapshotsDeletedWithDisk === undefined ? {} : { deleteAutoSnapshot: autoSnapshotsDeletedWithDisk }),
        ...(sizeGiB === undefined ? {} : { sizeGiB }),
        ...(snapshots === undefined ? {} : { snapshots }),
      };
      change(state.disks, ids.find(name), fields);
    }
  },
};

/** Sets the named fields of an instance. */
export function changeInstance(context: AliyunContext, seed: SeedInstance): void {
  const id = context.ids.find(seed.id);
  if (!context.state.instances.has(id)) throw new Error(`There is no instance "${seed.id}" to change.`);
  for (const field of Object.keys(seed).filter(isField)) if (field !== "id") apply(context, id, field, seed);
}

function isField(name: string): name is keyof SeedInstance {
  return name in changers;
}

function apply<Field extends keyof SeedInstance>(
  context: AliyunContext,
  id: string,
  field: Field,
  seed: SeedInstance,
): void {
  const changer = changers[field];
  const value = seed[field];
  if (changer === "fixed")
    throw unsupportedSeed("aliyun", `set.${field}`, "that does not change while an instance lives.");
  if (value !== undefined) changer(context, id, value);
}

/** Whether a thing stands: there, ours, and not on its way out. */
export function holds(state: AliyunState, id: string): boolean {
  const instance = state.instances.get(id);
  if (instance) return !instance.releasing;
  const address = state.addresses.get(id);
  if (address) return address.ours;
  return (
    [...state.instances.values()].some(({ publicIp }) => publicIp === id) || mapsOf(state).some((map) => map.has(id))
  );
}

/** Everything that has an id of its own. */
function mapsOf(state: AliyunState): readonly Map<string, unknown>[] {
  const {
    account: _account,
    tokens: _tokens,
    marks: _marks,
    policyBindings: _bindings,
    namedIps: _ips,
    attached: _attached,
    ...maps
  } = state;
  return Object.values(maps);
}

/** Removes a thing of any kind, with what follows from that. */
export function remove(context: AliyunContext, id: string): void {
  const { state } = context;
  if (state.instances.has(id)) vanish(context, id);
  if (state.snapshots.has(id)) removeSnapshot(state, id);
  const members = state.snapshotGroups.get(id)?.snapshotIds ?? [];
  for (const member of members) removeSnapshot(state, member);
  const [holder] = [...state.instances.values()].filter(({ publicIp }) => publicIp === id);
  if (holder) change(state.instances, holder.id, { publicIp: undefined });
  for (const map of mapsOf(state)) map.delete(id);
}

/** An elastic address becomes somebody else's; a static one leaves its instance. */
export function giveAddressAway({ state }: AliyunContext, id: string): void {
  change(state.addresses, id, { ours: false, holder: undefined, status: "Available" });
  const [holder] = [...state.instances.values()].filter(({ publicIp }) => publicIp === id);
  if (holder) change(state.instances, holder.id, { publicIp: undefined });
}
