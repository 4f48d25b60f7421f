import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { type ListSpec, list } from "../describe.js";
import { type AwsRequestContext, type Binned, iso } from "../state.js";
import { need } from "../wire/read.js";
import { type Ec2Actions, read, write } from "./actions.js";

type BinnedOf<Kind extends Binned["kind"]> = Extract<Binned, { readonly kind: Kind }>;

function binOf<Kind extends Binned["kind"]>({ state }: AwsRequestContext, kind: Kind): readonly BinnedOf<Kind>[] {
  return [...state.bin.values()].filter((entry): entry is BinnedOf<Kind> => entry.kind === kind);
}

function stay({ enteredAt, exitsAt }: Binned): JsonObject {
  return { recycleBinEnterTime: iso(enteredAt), recycleBinExitTime: iso(exitsAt) };
}

/** Not paged by the SDK's own helpers, but `NextToken` is there. Absent ids are left out, not an error. */
function listBin<Kind extends Binned["kind"]>(
  context: AwsRequestContext,
  kind: Kind,
  spec: Pick<ListSpec<BinnedOf<Kind>>, "set" | "item" | "pages"> & { readonly parameter: string },
): JsonObject {
  const asked = context.parameters[spec.parameter];
  const wanted = (id: string) => !Array.isArray(asked) || asked.length === 0 || asked.includes(id);
  const things = binOf(context, kind).filter(({ id }) => wanted(id));
  return list(context, { ...spec, things: () => things });
}

const lists: Ec2Actions = {
  ListVolumesInRecycleBin: read((context) =>
    listBin(context, "volume", {
      set: "volumeSet",
      parameter: "VolumeId",
      pages: [5, 500],
      item: (entry) => ({
        volumeId: entry.id,
        volumeType: entry.thing.type,
        state: "available",
        size: entry.thing.sizeGiB,
        availabilityZone: entry.thing.zone,
        ...stay(entry),
      }),
    }),
  ),
  ListSnapshotsInRecycleBin: read((context) =>
    listBin(context, "snapshot", {
      set: "snapshotSet",
      parameter: "SnapshotId",
      pages: [5, 1000],
      item: (entry) => ({
        snapshotId: entry.id,
        volumeId: entry.thing.volumeId,
        description: entry.thing.description,
        ...stay(entry),
      }),
    }),
  ),
  ListImagesInRecycleBin: read((context) =>
    listBin(context, "image", {
      set: "imageSet",
      parameter: "ImageId",
      pages: [1, 1000],
      item: (entry) => ({ imageId: entry.id, name: entry.thing.name, ...stay(entry) }),
    }),
  ),
};

function takeOut(context: AwsRequestContext, parameter: string, kind: Binned["kind"], notFound: string): Binned {
  const id = need(context.parameters, parameter);
  const entry = context.state.bin.get(id);
  if (entry?.kind !== kind) throw refusal(notFound, `The ${kind} '${id}' is not in the Recycle Bin.`);
  context.state.bin.delete(id);
  context.effect(id);
  return entry;
}

const restores: Ec2Actions = {
  RestoreVolumeFromRecycleBin: write((context) => {
    const entry = takeOut(context, "VolumeId", "volume", "InvalidVolume.NotFound");
    if (entry.kind === "volume") context.state.volumes.set(entry.id, entry.thing);
    return { return: true };
  }),
  RestoreSnapshotFromRecycleBin: write((context) => {
    const entry = takeOut(context, "SnapshotId", "snapshot", "InvalidSnapshot.NotFound");
    if (entry.kind === "snapshot") context.state.snapshots.set(entry.id, entry.thing);
    return { snapshotId: entry.id, state: "recovered" };
  }),
  RestoreImageFromRecycleBin: write((context) => {
    const entry = takeOut(context, "ImageId", "image", "InvalidAMIID.NotFound");
    if (entry.kind === "image") context.state.images.set(entry.id, entry.thing);
    return { return: true };
  }),
};

/** The Recycle Bin: reading and restoring. There is no purge. */
export const recycleBinActions: Ec2Actions = { ...lists, ...restores };
