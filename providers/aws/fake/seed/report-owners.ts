import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { addInterface } from "../build.js";
import { vpcOf, zoneOf } from "../network.js";
import { type AwsContext, addResource, change, iso, type Volume } from "../state.js";
import { seedKeyPair, seedPendingSnapshot, seedRole, seedRootVolumeTask } from "./instances.js";
import { flowLogOwner, networkOwners } from "./network-owners.js";
import { membersOf, type OwnerSeeder, remember, variantOf } from "./owner.js";
import { asResource } from "./resource-owner.js";
import { variantOwners } from "./service-owners.js";

const longMs = 60 * 60 * 1_000;

/** The disks an owner names, by themselves or as all disks of an instance. */
function disksOf({ state, ids }: AwsContext, { members }: SeedOwner): readonly Volume[] {
  return members.flatMap((name) => {
    const id = ids.find(name);
    const volumeIds = state.instances.get(id)?.volumeIds ?? [id];
    return volumeIds.map((volumeId) => {
      const volume = state.volumes.get(volumeId);
      if (!volume) throw new Error(`The owner's member "${name}" is no seeded disk.`);
      return volume;
    });
  });
}

function seedSnapshot(context: AwsContext, owner: SeedOwner): void {
  const disks = disksOf(context, owner);
  const [disk] = disks;
  if (!disk || disks.length > 1) throw unsupportedSeed("AWS", "owners.members", "a snapshot is of one disk.");
  const id = addSnapshotOf(context, disk, owner.id);
  remember(context, owner, id, [disk.id]);
}

function addSnapshotOf({ state, ids, now }: AwsContext, disk: Volume, name?: string): string {
  const id = ids.assign("snapshot", name);
  state.snapshots.set(id, {
    id,
    volumeId: disk.id,
    sizeGiB: disk.sizeGiB,
    status: "completed",
    keyArn: disk.keyArn,
    startTime: now - longMs,
    description: "seeded",
    tags: {},
    behaviour: "complete",
  });
  return id;
}

function seedImage(context: AwsContext, owner: SeedOwner): void {
  const disks = disksOf(context, owner);
  const id = context.ids.assign("image", owner.id);
  context.state.images.set(id, {
    id,
    name: owner.id,
    createTime: context.now - longMs,
    tags: {},
    sourceInstanceId: disks[0]?.attachments[0]?.instanceId,
    snapshotIds: disks.map((disk) => addSnapshotOf(context, disk)),
  });
  remember(
    context,
    owner,
    id,
    disks.map((disk) => disk.id),
  );
}

const placement = asResource({
  kind: "placement-group",
  wire: (groupName, _members, { ids, state }) => {
    const groupId = ids.assign("placement-group-id");
    const groupArn = `arn:aws:ec2:${state.region}:${state.accountId}:placement-group/${groupName}`;
    return { groupName, groupId, groupArn, state: "available", strategy: "cluster", tagSet: [] };
  },
  marks: (placementGroup) => ({ placementGroup }),
});

const host = asResource({
  kind: "host",
  wire: (hostId, members, context) => ({
    hostId,
    state: "available",
    autoPlacement: "on",
    availabilityZone: members[0]?.zone ?? zoneOf(context),
    hostProperties: { instanceType: "t3.micro", totalVCpus: 48 },
    allocationTime: iso(context.now),
    tagSet: [],
  }),
  marks: (hostId) => ({ hostId }),
});

const capacityReservation = asResource({
  kind: "capacity-reservation",
  wire: (capacityReservationId, members, context) => ({
    capacityReservationId,
    ownerId: context.state.accountId,
    instanceType: members[0]?.type ?? "t3.micro",
    availabilityZone: members[0]?.zone ?? zoneOf(context),
    totalInstanceCount: members.length,
    state: "active",
    instanceMatchCriteria: "open",
    endDateType: "unlimited",
    createDate: iso(context.now),
    tagSet: [],
  }),
  marks: (capacityReservationId) => ({ capacityReservationId }),
});

const reservedInstances = asResource({
  kind: "reserved-instances",
  wire: (reservedInstancesId, members, { now }) => ({
    reservedInstancesId,
    instanceType: members[0]?.type ?? "t3.micro",
    instanceCount: members.length,
    state: "active",
    scope: "Region",
    offeringClass: "standard",
    offeringType: "No Upfront",
    start: iso(now),
    end: iso(now + 365 * 24 * longMs),
    productDescription: "Linux/UNIX",
    tagSet: [],
  }),
});

const eventWindow = asResource({
  kind: "event-window",
  wire: (instanceEventWindowId, members) => ({
    instanceEventWindowId,
    name: "seeded",
    cronExpression: "* 21-23 * * 2,3",
    state: "active",
    ...{
      associationTarget: { instanceIdSet: members.map(({ id }) => id), tagSet: [], dedicatedHostIdSet: [] },
      tagSet: [],
    },
  }),
});

/** A volume that is still being changed; the cloud optimises it for hours. */
function seedModification({ state, ids, now }: AwsContext, volumeId: string, name?: string): void {
  // A modification has no id of its own.
  if (name !== undefined) ids.alias(name, volumeId);
  const size = state.volumes.get(volumeId)?.sizeGiB ?? 8;
  addResource(state, "volume-modification", volumeId, {
    volumeId,
    modificationState: "optimizing",
    originalSize: size,
    targetSize: size,
    progress: 42,
    startTime: iso(now),
  });
}

function seedPendingOperation(context: AwsContext, owner: SeedOwner): void {
  const variant = variantOf(owner, ["replace-root-volume", "snapshot", "volume-modification"]);
  const members = membersOf(context, owner);
  for (const [index, instance] of members.entries()) {
    const name = index === 0 ? owner.id : undefined;
    const root = instance.volumeIds[0];
    if (variant === "replace-root-volume") seedRootVolumeTask(context, instance.id, longMs, name);
    else if (root === undefined) throw unsupportedSeed("AWS", "owners.members", "the instance has no volume.");
    else if (variant === "volume-modification") seedModification(context, root, name);
    else seedPendingSnapshot(context, root, longMs, name);
  }
  remember(
    context,
    owner,
    context.ids.find(owner.id),
    members.map((instance) => instance.id),
  );
}

/** A database shares a group; nothing links it to an instance. */
function seedDatabase(context: AwsContext, owner: SeedOwner): void {
  const { state, ids } = context;
  const variant = variantOf(owner, ["instance", "cluster"]);
  const id = ids.assign("named", owner.id);
  const groupIds = owner.members.map((name) => ids.find(name));
  const vpcId = state.groups.get(groupIds[0] ?? "")?.vpcId ?? vpcOf(context, undefined);
  addResource(state, variant === "cluster" ? "db-cluster" : "db-instance", id, { id, groupIds: [...groupIds] });
  const card = addInterface(context, {
    vpcId,
    zone: zoneOf(context),
    groupIds,
    requester: "amazon-rds",
    description: "RDSNetworkInterface",
  });
  const attachment = { id: ids.assign("attachment"), deviceIndex: 1, attachTime: context.now };
  change(state.interfaces, card.id, { attachment: { ...attachment, deleteOnTermination: false } });
  remember(context, owner, id, groupIds);
}

/** Owners that are only reported. */
export const reportOwners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  ...networkOwners,
  snapshot: seedSnapshot,
  image: seedImage,
  database: seedDatabase,
  placement,
  "dedicated-host": host,
  "capacity-reservation": capacityReservation,
  commitment: (context, owner) => {
    const variant = variantOf(owner, ["reserved-instances", "savings-plan"]);
    (variant === "savings-plan" ? variantOwners.savingsPlan : reservedInstances)(context, owner);
  },
  "event-window": eventWindow,
  "pending-operation": seedPendingOperation,
  other: (context, owner) => {
    const variant = variantOf(owner, ["flow-log", "ssm"]);
    (variant === "ssm" ? variantOwners.ssm : flowLogOwner)(context, owner);
  },
  "key-pair": (context, owner) => {
    const keyName = seedKeyPair(context, owner.id);
    const members = membersOf(context, owner).map(({ id }) => id);
    for (const id of members) change(context.state.instances, id, { keyName });
    remember(context, owner, keyName, members);
  },
  "instance-role": (context, owner) => {
    const members = membersOf(context, owner).map(({ id }) => id);
    for (const id of members) seedRole(context, id, owner.id);
    remember(context, owner, context.ids.find(owner.id), members);
  },
};
