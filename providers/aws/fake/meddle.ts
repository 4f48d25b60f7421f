import { unsupportedSeed } from "../../../src/testing/fake-refusal.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { disassociate } from "./interfaces.js";
import { becomeTerminated, putInto } from "./lifecycle.js";
import { freePublicIp } from "./network.js";
import { groupsNamed } from "./seed/groups.js";
import { refuseInstance, seedCardAddresses, seedDisk, seedKeyPair, seedRole, stateWords } from "./seed/instances.js";
import { type AwsContext, change, type Instance } from "./state.js";
import { detach } from "./volumes.js";

/** What can be changed of an instance that is there, each as its own tool would. */
type Changer = (context: AwsContext, instance: Instance, wanted: SeedInstance) => void;

function setting(values: (wanted: SeedInstance, instance: Instance) => Partial<Instance>): Changer {
  return ({ state }, instance, wanted) => void change(state.instances, instance.id, values(wanted, instance));
}

const changers = {
  id: () => undefined,
  name: setting(({ name = "" }, { tags }) => ({ tags: { ...tags, Name: name } })),
  tags: setting(({ tags = {} }, { tags: before }) => ({
    tags: { ...(before.Name === undefined ? {} : { Name: before.Name }), ...tags },
  })),
  terminationProtection: setting(({ terminationProtection = false }) => ({
    apiTerminationDisabled: terminationProtection,
  })),
  stopProtection: setting(({ stopProtection = false }) => ({ apiStopDisabled: stopProtection })),
  guestShutdown: setting(({ guestShutdown = "stop" }) => ({ shutdownBehavior: guestShutdown })),
  managedBy: setting(({ managedBy }) => ({ operator: managedBy })),
  userData: setting(({ userData }) => ({ userData })),
  createdAt: setting(({ createdAt = "" }) => ({ launchTime: Date.parse(createdAt) })),
  keyPair: (context, { id }, { keyPair = "" }) =>
    void change(context.state.instances, id, { keyName: seedKeyPair(context, keyPair) }),
  role: (context, { id }, { role = "" }) => void seedRole(context, id, role),
  state: (context, { id }, { state = "running" }) => putInto(context, id, stateWords[state] ?? "running"),
  securityGroups: (context, instance, { securityGroups = [] }) => {
    const groupIds = groupsNamed(context, securityGroups, instance.vpcId);
    change(context.state.interfaces, instance.interfaceIds[0] ?? "", { groupIds });
  },
  privateIps: (context, { interfaceIds }, { privateIps = [] }) =>
    void change(context.state.interfaces, interfaceIds[0] ?? "", { privateIps }),
  disks: changeDisks,
  addresses: (context, { interfaceIds }, { addresses = [] }) =>
    seedCardAddresses(
      context,
      interfaceIds[0] ?? "",
      addresses.filter(({ id }) => !isKnown(context, id)),
    ),
} satisfies Readonly<Partial<Record<keyof SeedInstance, Changer>>>;

const changerOf: ReadonlyMap<string, Changer> = new Map(Object.entries(changers));

function isKnown({ ids, state }: AwsContext, name: string | undefined): boolean {
  const id = name === undefined ? undefined : ids.known(name);
  return id !== undefined && state.addresses.has(id);
}

/** A disk that is attached gets the flag of the seed; another one is made and attached. */
function changeDisks(context: AwsContext, instance: Instance, { disks = [] }: SeedInstance): void {
  const { state, ids } = context;
  for (const disk of disks) {
    const id = disk.id === undefined ? undefined : ids.known(disk.id);
    const volume = id === undefined ? undefined : state.volumes.get(id);
    if (volume?.attachments.some(({ instanceId }) => instanceId === instance.id)) {
      const { deletedWithInstance, sizeGiB = volume.sizeGiB, snapshots = volume.snapshots } = disk;
      const attachments = volume.attachments.map((one) =>
        one.instanceId === instance.id
          ? { ...one, deleteOnTermination: deletedWithInstance ?? one.deleteOnTermination }
          : one,
      );
      change(state.volumes, volume.id, { attachments, sizeGiB, snapshots });
    } else seedDisk(context, instance.id, instance.zone, disk, instance.operator);
  }
}

/** Sets the named fields of an instance, behind everybody's back. */
export function changeInstance(context: AwsContext, wanted: SeedInstance): void {
  refuseInstance(wanted);
  const id = context.ids.find(wanted.id);
  for (const field of Object.keys(wanted)) {
    const instance = context.state.instances.get(id);
    if (!instance) throw new Error(`There is no instance ${wanted.id} to change.`);
    const changer = changerOf.get(field);
    if (!changer)
      throw unsupportedSeed("AWS", `instances.${field}`, "it cannot be changed on an instance that is there.");
    changer(context, instance, wanted);
  }
}

/** Removes a thing at once: an instance leaves its tombstone, anything else nothing. */
export function removeThing(context: AwsContext, id: string): void {
  const { state } = context;
  if (state.instances.has(id)) {
    becomeTerminated(context, id, 0);
    return;
  }
  const volume = state.volumes.get(id);
  for (const { instanceId } of volume?.attachments ?? []) detach(context, id, instanceId);
  for (const rule of [...state.rules.values()]) if (rule.groupId === id) state.rules.delete(rule.id);
  for (const value of Object.values(state)) if (value instanceof Map) value.delete(id);
  for (const [key, resource] of [...state.resources]) if (resource.id === id) state.resources.delete(key);
}

/** An Elastic IP goes to another account; an ephemeral one is taken by somebody else and the instance gets a new one. */
export function giveAddressAway(context: AwsContext, id: string): void {
  const { state } = context;
  const address = state.addresses.get(id);
  if (address) {
    disassociate(context, id);
    state.addresses.delete(id);
    state.lostAddresses.set(id, address.ip);
    return;
  }
  const holder = [...state.interfaces.values()].find(({ ephemeralIp }) => ephemeralIp === id);
  if (!holder) throw new Error(`There is no address ${id} to give away.`);
  change(state.interfaces, holder.id, { ephemeralIp: freePublicIp(state) });
  state.lostAddresses.set(id, id);
}
