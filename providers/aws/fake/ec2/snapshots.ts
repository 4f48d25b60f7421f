import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { rootDeviceName } from "../build.js";
import { checkForm, type ListSpec, list } from "../describe.js";
import { bin } from "../recycle-bin.js";
import {
  type AwsRequestContext,
  change,
  existing,
  iso,
  type Snapshot,
  type Tags,
  tagSet,
  type Volume,
} from "../state.js";
import { timings } from "../timings.js";
import { flag, need, record, records, text, texts } from "../wire/read.js";
import { done, type Ec2Actions, read, write } from "./actions.js";
import { hidesForeign } from "./elements.js";
import { namedVolume } from "./volumes.js";

const snapshotList: ListSpec<Snapshot> = {
  set: "snapshotSet",
  things: ({ snapshots }) => snapshots,
  ids: [
    {
      parameter: "SnapshotId",
      path: "snapshotId",
      notFound: "InvalidSnapshot.NotFound",
      form: "snapshot",
      malformed: "InvalidParameterValue",
    },
  ],
  idsExcludePages: true,
  pages: [5, 1000],
  hides: hidesForeign,
  filters: {
    description: "description",
    encrypted: "encrypted",
    "owner-id": "ownerId",
    progress: "progress",
    "snapshot-id": "snapshotId",
    "start-time": "startTime",
    status: "status",
    "storage-tier": "storageTier",
    "volume-id": "volumeId",
    "volume-size": "volumeSize",
  },
  item: (snapshot, context) => ({
    ...commonFields(snapshot, context),
    status: snapshot.status,
    statusMessage: snapshot.statusMessage ?? null,
    progress: progressOf(snapshot, context.now),
    kmsKeyId: snapshot.keyArn ?? null,
    storageTier: "standard",
  }),
};

function commonFields(snapshot: Snapshot, { scope }: AwsRequestContext): JsonObject {
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volumeId,
    startTime: iso(snapshot.startTime),
    ownerId: snapshot.ownerId ?? scope.accountId,
    volumeSize: snapshot.sizeGiB,
    description: snapshot.description,
    encrypted: snapshot.keyArn !== undefined,
    tagSet: tagSet(snapshot.tags),
  };
}

function progressOf({ status, startTime, behaviour }: Snapshot, now: number): string {
  if (status === "completed") return "100%";
  if (status === "error" || behaviour === "stuck") return "";
  return `${Math.min(99, Math.floor(((now - startTime) / timings.snapshotMs) * 100))}%`;
}

/** A snapshot that was made to vanish does so once somebody has seen it completed. */
function describeSnapshots(context: AwsRequestContext): JsonObject {
  const answer = list(context, snapshotList);
  for (const item of records(answer, "snapshotSet")) {
    const id = need(item, "snapshotId");
    if (item.status === "completed" && context.state.snapshots.get(id)?.behaviour === "vanishes")
      context.later(0, (_now, present) => void present.snapshots.delete(id));
  }
  return answer;
}

/** At most so many pending snapshots of one volume ("Amazon EBS quotas"). */
function maxPending({ type }: Volume): number {
  return type === "st1" || type === "sc1" ? 1 : 5;
}

function refuseTooMany({ state, now }: AwsRequestContext, volume: Volume): void {
  const { id, lastSnapshotAt } = volume;
  if (volume.snapshots === "refused" || pendingOf(state.snapshots, id) >= maxPending(volume))
    throw refusal(
      "ConcurrentSnapshotLimitExceeded",
      `Maximum allowed in-progress snapshots for a single volume exceeded.`,
    );
  if (lastSnapshotAt !== undefined && now - lastSnapshotAt < timings.snapshotSpacingMs)
    throw refusal(
      "SnapshotCreationPerVolumeRateExceeded",
      "The maximum per volume CreateSnapshot request rate has been exceeded.",
    );
  const own = [...state.snapshots.values()].filter(({ ownerId }) => ownerId === undefined).length;
  if (own >= (state.quotas.get("snapshots") ?? Number.POSITIVE_INFINITY))
    throw refusal("SnapshotLimitExceeded", "The snapshot quota of this Region has been reached.");
}

function pendingOf(snapshots: ReadonlyMap<string, Snapshot>, volumeId: string): number {
  return [...snapshots.values()].filter((one) => one.volumeId === volumeId && one.status === "pending").length;
}

function create(context: AwsRequestContext, volume: Volume, description: string, tags: Tags): Snapshot {
  const { state, ids, now, effect } = context;
  const made: Snapshot = {
    id: ids.assign("snapshot"),
    volumeId: volume.id,
    sizeGiB: volume.snapshots === "too-small" ? Math.max(1, volume.sizeGiB - 1) : volume.sizeGiB,
    status: "pending",
    startTime: now,
    keyArn: volume.keyArn,
    description,
    tags,
    behaviour: volume.snapshots,
  };
  state.snapshots.set(made.id, made);
  change(state.volumes, volume.id, { lastSnapshotAt: now });
  effect(volume.id);
  const end = made.behaviour === "fails" ? failed : completed;
  if (made.behaviour !== "stuck") context.later(timings.snapshotMs, () => change(state.snapshots, made.id, end));
  return made;
}

const completed: Partial<Snapshot> = { status: "completed" };
const failed: Partial<Snapshot> = { status: "error", statusMessage: "Snapshot creation failed." };

/** Tags of a `TagSpecification` for that type of resource. */
export function taggedAs(parameters: JsonObject, type: string): Tags {
  const tags = records(parameters, "TagSpecification")
    .filter((specification) => text(specification, "ResourceType") === type)
    .flatMap((specification) => records(specification, "Tag"));
  return Object.fromEntries(tags.map((tag) => [need(tag, "Key"), need(tag, "Value")]));
}

function createOne(context: AwsRequestContext): JsonObject {
  const { parameters } = context;
  const volume = namedVolume(context, need(parameters, "VolumeId"));
  refuseTooMany(context, volume);
  const made = create(context, volume, text(parameters, "Description") ?? "", taggedAs(parameters, "snapshot"));
  return { ...commonFields(made, context), status: made.status, progress: "" };
}

/** All volumes of one instance at one moment. One refused volume, and no snapshot is made. */
function createAll(context: AwsRequestContext): JsonObject {
  const { parameters, state } = context;
  const specification = record(parameters, "InstanceSpecification");
  const id = need(specification, "InstanceId");
  checkForm("instance", id, "InvalidInstanceID.Malformed");
  const instance = existing(state.instances, id, "InvalidInstanceID.NotFound", "instance ID");
  if (instance.state !== "running" && instance.state !== "stopped")
    throw refusal("IncorrectInstanceState", `The instance '${id}' is in the state ${instance.state}.`);
  const volumes = chosenVolumes(context, specification, instance.volumeIds);
  for (const volume of volumes) refuseTooMany(context, volume);
  const tags = taggedAs(parameters, "snapshot");
  const copied = text(parameters, "CopyTagsFromSource") === "volume";
  const made = volumes.map((volume) =>
    create(context, volume, text(parameters, "Description") ?? "", copied ? { ...volume.tags, ...tags } : tags),
  );
  // The element is `state` here and `status` in the other calls.
  return {
    snapshotSet: made.map((one) => ({ ...commonFields(one, context), state: one.status, progress: "" })),
  };
}

/** Naming the root volume among the data volumes to leave out fails (CreateSnapshots, `ExcludeDataVolumeIds`). */
function chosenVolumes(
  { state }: AwsRequestContext,
  specification: JsonObject,
  volumeIds: readonly string[],
): readonly Volume[] {
  const excluded = texts(specification, "ExcludeDataVolumeId");
  const volumes = volumeIds.flatMap((id) => state.volumes.get(id) ?? []);
  const isRoot = ({ attachments }: Volume) => attachments.some(({ device }) => device === rootDeviceName);
  const wrong = excluded.find((id) => !volumeIds.includes(id) || volumes.some((one) => one.id === id && isRoot(one)));
  if (wrong !== undefined)
    throw refusal("InvalidParameterValue", `The volume '${wrong}' is no data volume of this instance.`);
  const chosen = volumes.filter(
    (volume) => !excluded.includes(volume.id) && !(isRoot(volume) && flag(specification, "ExcludeBootVolume") === true),
  );
  if (chosen.length === 0) throw refusal("InvalidParameterValue", "No volumes are left to snapshot.");
  return chosen;
}

function remove(context: AwsRequestContext): JsonObject {
  const { state, parameters, effect } = context;
  const id = need(parameters, "SnapshotId");
  checkForm("snapshot", id, "InvalidParameterValue");
  const snapshot = existing(state.snapshots, id, "InvalidSnapshot.NotFound", "snapshot");
  if (snapshot.ownerId !== undefined) throw refusal("UnauthorizedOperation", `The snapshot ${id} is not yours.`, 403);
  const image = [...state.images.values()].find(({ snapshotIds }) => snapshotIds.includes(id));
  if (image) throw refusal("InvalidSnapshot.InUse", `The snapshot ${id} is currently in use by ${image.id}`);
  state.snapshots.delete(id);
  bin(context, { kind: "snapshot", id, thing: snapshot });
  effect(id);
  return done;
}

/** Snapshots. */
export const snapshotActions: Ec2Actions = {
  DescribeSnapshots: read(describeSnapshots),
  CreateSnapshot: write(createOne),
  CreateSnapshots: write(createAll),
  DeleteSnapshot: write(remove),
};
