import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedAddress, SeedDisk, SeedInstance, SeedInterface } from "../../../../src/testing/seed.js";
import { addEphemeralIp, addInstance, addInterface, attachDisk, attachInterface } from "../build.js";
import { profileId } from "../ec2/elements.js";
import { typeWithHostDisks } from "../ec2/instances.js";
import { associate } from "../interfaces.js";
import { putInto } from "../lifecycle.js";
import { freePrivateIp, vpcOf, zoneOf } from "../network.js";
import { type AwsContext, addResource, change, type InstanceStateName, iso } from "../state.js";
import { timings } from "../timings.js";
import { seedAddress, seedVolume } from "./disks.js";
import { groupsNamed, ownGroup } from "./groups.js";

/** Seed words for states, in EC2's. */
export const stateWords: Readonly<Partial<Record<NonNullable<SeedInstance["state"]>, InstanceStateName>>> = {
  pending: "pending",
  running: "running",
  stopping: "stopping",
  stopped: "stopped",
  terminating: "shutting-down",
  gone: "terminated",
};

/** What AWS does not know of an instance, and why. */
const foreign: Readonly<Partial<Record<keyof SeedInstance, string>>> = {
  expiresAt: "instances do not expire.",
  autoRenew: "instances are not renewed.",
  recycledBecause: "instances have no recycle bin.",
  refund: "instances are not refunded.",
  scheduledReleaseAt: "EC2 releases nothing by a timer.",
};

/** Refuses what AWS does not know. */
export function refuseInstance(instance: SeedInstance): void {
  const refuse = (field: string, why: string) => unsupportedSeed("AWS", `instances.${field}`, why);
  for (const [field, why] of Object.entries(foreign))
    if (Object.hasOwn(instance, field) && Reflect.get(instance, field) !== undefined) throw refuse(field, why);
  if (instance.billing === "prepaid") throw refuse("billing", "instances are not prepaid; commitments are discounts.");
  if (instance.state === "recycled") throw refuse("state", "instances have no recycle bin.");
  if ((instance.locks ?? []).length > 0) throw refuse("locks", "only the two protections keep an instance.");
  const operation = instance.busy?.operation;
  if (operation !== undefined && operation !== "rebuild" && operation !== "snapshot")
    throw refuse("busy", `EC2 knows no ${operation} that goes on while others are asked for.`);
  if (instance.billing === "spot" && (instance.terminationProtection || instance.stopProtection))
    throw refuse("terminationProtection", "protection cannot be set on Spot Instances.");
}

/** An instance with all it holds, in the state the seed says. */
export function seedInstance(context: AwsContext, instance: SeedInstance): void {
  refuseInstance(instance);
  const id = context.ids.assign("instance", instance.id);
  if (context.state.instances.has(id)) throw new Error(`The instance ${instance.id} has been seeded before.`);
  const vpcId = vpcOf(context, instance.vpc);
  const zone = zoneOf(context, instance.zone);
  const localDisks = (instance.disks ?? []).filter(({ medium }) => medium === "local");
  addInstance(context, {
    id,
    vpcId,
    zone,
    tags: { ...(instance.name === undefined ? {} : { Name: instance.name }), ...instance.tags },
    launchTime: instance.createdAt === undefined ? context.now : Date.parse(instance.createdAt),
    apiTerminationDisabled: instance.terminationProtection ?? false,
    apiStopDisabled: instance.stopProtection ?? false,
    shutdownBehavior: instance.guestShutdown ?? "stop",
    operator: instance.managedBy,
    userData: instance.userData,
    keyName: instance.keyPair === undefined ? undefined : seedKeyPair(context, instance.keyPair),
    ...(localDisks.length > 0 ? { type: typeWithHostDisks(localDisks.length) } : {}),
    rootDevice: localDisks.some(({ role }) => role === "system") ? "instance-store" : "ebs",
    hostDisks: localDisks.map((disk, index) => ({
      id: context.ids.assign("host-disk", disk.id, () => `${id}/ephemeral${index}`),
      sizeGiB: disk.sizeGiB ?? 40,
    })),
  });
  for (const disk of instance.disks ?? [{ role: "system" as const }])
    seedDisk(context, id, zone, disk, instance.managedBy);
  seedCards(context, id, zone, vpcId, instance);
  if (instance.role !== undefined) seedRole(context, id, instance.role);
  if (instance.billing === "spot") seedSpotRequest(context, id, "one-time");
  if (instance.busy) seedBusy(context, id, instance.busy);
  putInto(context, id, stateWords[instance.state ?? "running"] ?? "running");
}

/** Attaches a disk of the seed, unless it is the host's. A shared one may be named by several instances. */
export function seedDisk(
  context: AwsContext,
  instanceId: string,
  zone: string,
  disk: SeedDisk,
  operator: string | undefined,
): void {
  if (disk.medium === "local") return;
  const { id } = seedVolume(context, zone, disk, operator);
  const role = disk.role ?? "data";
  attachDisk(context, id, instanceId, role, disk.deletedWithInstance ?? role === "system");
}

function seedCards(context: AwsContext, id: string, zone: string, vpcId: string, instance: SeedInstance): void {
  const groups = instance.securityGroups && groupsNamed(context, instance.securityGroups, vpcId);
  const card = addInterface(context, {
    vpcId,
    zone,
    groupIds: groups ?? [ownGroup(context, vpcId).id],
    ...(instance.privateIps?.length ? { privateIps: instance.privateIps } : {}),
    operator: instance.managedBy,
  });
  attachInterface(context, card.id, id, true);
  seedCardAddresses(context, card.id, instance.addresses ?? []);
  for (const extra of instance.extraInterfaces ?? []) seedExtraCard(context, id, zone, vpcId, extra);
}

function seedExtraCard(context: AwsContext, id: string, zone: string, vpcId: string, extra: SeedInterface): void {
  const card = addInterface(context, {
    vpcId,
    zone,
    id: context.ids.assign("network-interface", extra.id),
    groupIds: groupsNamed(context, extra.securityGroups ?? [], vpcId),
  });
  attachInterface(context, card.id, id, extra.deletedWithInstance ?? false);
  seedCardAddresses(context, card.id, extra.addresses ?? []);
}

/** One public address for each private one: a second Elastic IP needs a second private address. */
export function seedCardAddresses(context: AwsContext, cardId: string, addresses: readonly SeedAddress[]): void {
  for (const [index, address] of addresses.entries()) {
    if (address.kind === "ephemeral") seedEphemeral(context, cardId, address);
    else {
      const { id } = seedAddress(context, address);
      associate(context, id, cardId, privateIpAt(context, cardId, index));
    }
  }
}

function privateIpAt({ state }: AwsContext, cardId: string, index: number): string {
  const card = state.interfaces.get(cardId);
  const known = card?.privateIps[index];
  if (!card || known !== undefined) return known ?? "";
  const ip = freePrivateIp(state, card.vpcId);
  change(state.interfaces, cardId, { privateIps: [...card.privateIps, ip] });
  return ip;
}

function seedEphemeral(context: AwsContext, cardId: string, address: SeedAddress): void {
  if (address.releasedWithInstance === false)
    throw unsupportedSeed("AWS", "addresses.releasedWithInstance", "an ephemeral address goes with its instance.");
  const ip = addEphemeralIp(context, cardId, address.ip);
  if (address.id !== undefined) context.ids.assign("public-ip", address.id, () => ip);
}

/** A key pair; one name stands for one key. */
export function seedKeyPair({ state, ids, now }: AwsContext, name: string): string {
  const keyName = ids.assign("key-pair", name);
  if (!state.resources.has(`key-pair/${keyName}`))
    addResource(state, "key-pair", keyName, {
      keyName,
      keyPairId: ids.assign("key-pair-id"),
      keyType: "ed25519",
      keyFingerprint: "1f:51:ae:28:bf:89:e9:d8:1f:25:5d:37:2d:7d:b8:ca",
      createTime: iso(now),
      tagSet: [],
    });
  return keyName;
}

/** An instance profile on an instance. */
export function seedRole({ state, ids, now }: AwsContext, instanceId: string, name: string): string {
  const profile = name.replace(/^.*\//, "");
  const arn = ids.assign("instance-profile", name, () => `arn:aws:iam::${state.accountId}:instance-profile/${profile}`);
  change(state.instances, instanceId, { profileArn: arn });
  addResource(state, "instance-profile", arn, { name: profile });
  const associationId = ids.assign("profile-association");
  addResource(state, "profile-association", associationId, {
    associationId,
    instanceId,
    state: "associated",
    timestamp: iso(now),
    iamInstanceProfile: { arn, id: profileId(arn) },
  });
  return arn;
}

/** Every Spot Instance has a request. */
export function seedSpotRequest(
  { state, ids, now }: AwsContext,
  instanceId: string,
  type: "one-time" | "persistent",
  name?: string,
): string {
  const former = state.instances.get(instanceId)?.spotRequestId;
  if (former !== undefined) state.spotRequests.delete(former);
  const id = ids.assign("spot-request", name);
  state.spotRequests.set(id, { id, type, state: "active", instanceId, createTime: now, tags: {} });
  change(state.instances, instanceId, { spotRequestId: id });
  return id;
}

/** Operations under way: a replacement of the root volume, or snapshots that are not complete yet. */
function seedBusy(context: AwsContext, instanceId: string, busy: NonNullable<SeedInstance["busy"]>): void {
  if (busy.operation === "rebuild") seedRootVolumeTask(context, instanceId, busy.forMs);
  else
    for (const volumeId of context.state.instances.get(instanceId)?.volumeIds ?? [])
      seedPendingSnapshot(context, volumeId, busy.forMs);
}

/** A task that replaces the root volume of an instance. */
export function seedRootVolumeTask(context: AwsContext, instanceId: string, forMs: number, name?: string): void {
  const id = context.ids.assign("root-volume-task", name);
  const task = { replaceRootVolumeTaskId: id, instanceId, startTime: iso(context.now) };
  addResource(context.state, "root-volume-task", id, { ...task, taskState: "in-progress" });
  context.later(forMs, (_now, present) =>
    addResource(present, "root-volume-task", id, { ...task, taskState: "succeeded" }),
  );
}

/** A snapshot that is still being made. */
export function seedPendingSnapshot(context: AwsContext, volumeId: string, forMs: number, name?: string): void {
  const { state, ids, now } = context;
  const volume = state.volumes.get(volumeId);
  const id = ids.assign("snapshot", name);
  state.snapshots.set(id, {
    id,
    volumeId,
    sizeGiB: volume?.sizeGiB ?? 8,
    status: "pending",
    keyArn: volume?.keyArn,
    startTime: now - timings.snapshotSpacingMs,
    description: "seeded",
    tags: {},
    behaviour: "complete",
  });
  context.later(forMs, (_now, present) => change(present.snapshots, id, { status: "completed" }));
}
