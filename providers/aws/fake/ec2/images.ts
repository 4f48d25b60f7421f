import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { type ListSpec, list } from "../describe.js";
import { bin } from "../recycle-bin.js";
import { type AwsRequestContext, existing, type Image, iso, tagSet } from "../state.js";
import { need } from "../wire/read.js";
import { done, type Ec2Actions, read, write } from "./actions.js";
import { hidesForeign } from "./elements.js";

const imageList: ListSpec<Image> = {
  set: "imagesSet",
  things: ({ images }) => images,
  ids: [
    {
      parameter: "ImageId",
      path: "imageId",
      notFound: "InvalidAMIID.NotFound",
      form: "image",
      malformed: "InvalidAMIID.Malformed",
    },
  ],
  pages: [1, 1000],
  hides: hidesForeign,
  filters: {
    "block-device-mapping.snapshot-id": "blockDeviceMapping.ebs.snapshotId",
    "image-id": "imageId",
    name: "name",
    "owner-id": "imageOwnerId",
    "root-device-type": "rootDeviceType",
    "source-instance-id": "sourceInstanceId",
    state: "imageState",
  },
  item: ({ id, name, ownerId, createTime, sourceInstanceId, snapshotIds, tags }, { scope, state }) => ({
    imageId: id,
    imageLocation: `${scope.accountId}/${name}`,
    imageState: "available",
    imageOwnerId: ownerId ?? scope.accountId,
    creationDate: iso(createTime),
    isPublic: ownerId !== undefined,
    architecture: "x86_64",
    imageType: "machine",
    name,
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/xvda",
    sourceInstanceId: sourceInstanceId ?? null,
    blockDeviceMapping: snapshotIds.map((snapshotId, index) => ({
      deviceName: index === 0 ? "/dev/xvda" : `/dev/sd${"fghijk".charAt(index - 1)}`,
      ebs: { snapshotId, volumeSize: state.snapshots.get(snapshotId)?.sizeGiB ?? 8, deleteOnTermination: true },
    })),
    tagSet: tagSet(tags),
  }),
};

function deregister(context: AwsRequestContext): JsonObject {
  const { state, parameters, effect } = context;
  const id = need(parameters, "ImageId");
  const image = existing(state.images, id, "InvalidAMIID.NotFound", "image id");
  if (image.ownerId !== undefined) throw refusal("AuthFailure", `Not authorized for images: [${id}]`);
  state.images.delete(id);
  bin(context, { kind: "image", id, thing: image });
  effect(id);
  return done;
}

/** AMIs. */
export const imageActions: Ec2Actions = {
  DescribeImages: read((context) => list(context, imageList)),
  DeregisterImage: write(deregister),
};
