import { flag, need, number, numbers, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { checkForm, list, usualPages } from "../list.js";
import type { Image, Resource } from "../records.js";
import { cvm } from "../service.js";
import { change, existing, resourcesOf, type TencentActions, type TencentRequestContext } from "../state.js";
import { beginSnapshot } from "../storage.js";
import { tagList, utc } from "../times.js";
import { timings } from "../timings.js";

/** What hangs on instances and is CVM's own: images, key pairs, hosts, placement groups, launch templates. */
export const catalogActions: TencentActions = {
  "cvm:DescribeImages": list<Image>(cvm, {
    parameters: "ImageIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n InstanceType",
    set: "ImageSet",
    things: ({ images }) => images,
    ids: { parameter: "ImageIds", path: "ImageId", form: "image", malformed: "InvalidImageId.Malformed" },
    item: (image, { state }) => ({
      ImageId: image.id,
      OsName: "TencentOS Server 3.1 (TK4)",
      ImageType: "PRIVATE_IMAGE",
      CreatedTime: utc(image.createdAt),
      ImageName: image.name,
      ImageDescription: "",
      ImageSize: image.sizeGiB,
      Architecture: "x86_64",
      ImageState: image.state,
      Platform: "TencentOS",
      ImageCreator: state.accountId,
      ImageSource: "CREATE_IMAGE",
      SyncPercent: image.state === "NORMAL" ? 100 : 50,
      IsSupportCloudinit: true,
      SnapshotSet: image.snapshotIds.flatMap((id) => {
        const snapshot = state.snapshots.get(id);
        return snapshot ? [{ SnapshotId: id, DiskUsage: snapshot.usage, DiskSize: snapshot.sizeGiB }] : [];
      }),
      Tags: tagList(image.tags),
      LicenseType: "TencentCloud",
    }),
    filters: {
      "image-id": "ImageId",
      "image-type": "ImageType",
      "image-name": "ImageName",
      platform: "Platform",
      "image-state": "ImageState",
    },
    tags: "Tags",
    pages: usualPages,
  }),
  "cvm:CreateImage": cvm.write(
    "ImageName! InstanceId ImageDescription ForcePoweroff=true|false|TRUE|FALSE Sysprep DataDiskIds[] SnapshotIds[] DryRun:b " +
      "TagSpecification[]{ResourceType! Tags[]{Key! Value!}!} ImageFamily",
    createImage,
    { dryRun: true },
  ),
  "cvm:DeleteImages": cvm.write(
    "ImageIds[]! DeleteBindedSnap:b DryRun:b",
    ({ state, parameters, effect }) => {
      const images = texts(parameters, "ImageIds").map((id) => {
        checkForm("image", id, "InvalidImageId.Malformed");
        return existing(state.images, id, "InvalidImageId.NotFound", "image");
      });
      for (const { id, state: imageState } of images)
        if (imageState === "CREATING") throw refusal("InvalidImageId.IncorrectState", `\`${id}\` is being created.`);
      for (const image of images) {
        effect(image.id);
        state.images.delete(image.id);
        for (const id of image.snapshotIds) {
          const imageIds = state.snapshots.get(id)?.imageIds.filter((other) => other !== image.id);
          if (flag(parameters, "DeleteBindedSnap")) state.snapshots.delete(id);
          else if (imageIds) change(state.snapshots, id, { imageIds });
        }
      }
      return {};
    },
    { dryRun: true },
  ),
  "cvm:DescribeKeyPairs": list<Resource>(cvm, {
    parameters: "KeyIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "KeyPairSet",
    things: (state) => byId(resourcesOf(state, "key-pair")),
    ids: { parameter: "KeyIds", path: "KeyId", form: "key-pair", malformed: "InvalidKeyPairId.Malformed" },
    item: ({ id, wire }, { state }) => {
      const users = [...state.instances.values()].filter(({ keyIds }) => keyIds.includes(id));
      return { ...wire, AssociatedInstanceIds: users.map((instance) => instance.id) };
    },
    filters: { "project-id": "ProjectId", "key-name": "KeyName" },
    tags: "Tags",
    pages: usualPages,
  }),
  "cvm:DescribeHosts": list<Resource>(cvm, {
    parameters: "Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "HostSet",
    things: (state) => resourcesOf(state, "host"),
    item: ({ id, wire }, { state }) => {
      const users = [...state.instances.values()].filter(({ hostId }) => hostId === id);
      return { ...wire, InstanceIds: users.map((instance) => instance.id) };
    },
    filters: {
      zone: "Placement.Zone",
      "project-id": "Placement.ProjectId",
      "host-id": "HostId",
      "host-name": "HostName",
      "host-state": "HostState",
    },
    tags: "Tags",
    pages: usualPages,
  }),
  "cvm:DescribeDisasterRecoverGroups": list<Resource>(cvm, {
    parameters: "DisasterRecoverGroupIds[10] Name Offset:n Limit:n Filters[]{Name! Values[]!}",
    set: "DisasterRecoverGroupSet",
    things: (state) => byId(resourcesOf(state, "placement-group")),
    ids: {
      parameter: "DisasterRecoverGroupIds",
      path: "DisasterRecoverGroupId",
      form: "placement-group",
      malformed: "InvalidParameterValue.DisasterRecoverGroupIdMalformed",
    },
    item: ({ id, wire }, { state }) => {
      const users = [...state.instances.values()].filter(({ placementGroupId }) => placementGroupId === id);
      return { ...wire, CurrentNum: users.length, InstanceIds: users.map((instance) => instance.id) };
    },
    tags: "Tags",
    pages: usualPages,
    chooses: ({ Name }, { parameters }) => String(Name).includes(text(parameters, "Name") ?? ""),
  }),
  "cvm:DescribeLaunchTemplates": list<Resource>(cvm, {
    parameters: "LaunchTemplateIds[] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "LaunchTemplateSet",
    things: (state) => byId(resourcesOf(state, "launch-template")),
    ids: {
      parameter: "LaunchTemplateIds",
      path: "LaunchTemplateId",
      form: "launch-template",
      malformed: "InvalidParameterValue.LaunchTemplateIdMalformed",
      notFound: "InvalidParameterValue.LaunchTemplateIdNotExisted",
    },
    item: ({ id }) => ({
      LatestVersionNumber: 1,
      LaunchTemplateId: id,
      LaunchTemplateName: id,
      DefaultVersionNumber: 1,
      LaunchTemplateVersionCount: 1,
      CreatedBy: "",
      CreationTime: "2024-01-01T00:00:00Z",
    }),
    filters: { LaunchTemplateName: "LaunchTemplateName" },
    pages: usualPages,
  }),
  "cvm:DescribeLaunchTemplateVersions": list<Resource>(cvm, {
    parameters:
      "LaunchTemplateId! LaunchTemplateVersions[]:n MinVersion:n MaxVersion:n Offset:n Limit:n DefaultVersion:b",
    set: "LaunchTemplateVersionSet",
    things: (state, { parameters }) => {
      const id = need(parameters, "LaunchTemplateId");
      checkForm("launch-template", id, "InvalidParameterValue.LaunchTemplateIdMalformed");
      return [
        existing(
          byId(resourcesOf(state, "launch-template")),
          id,
          "InvalidParameterValue.LaunchTemplateIdNotExisted",
          "launch template",
        ),
      ];
    },
    item: ({ wire }) => wire,
    pages: usualPages,
    chooses: ({ LaunchTemplateVersion }, { parameters }) => {
      const version = Number(LaunchTemplateVersion);
      const asked = numbers(parameters, "LaunchTemplateVersions");
      const isInRange =
        version >= (number(parameters, "MinVersion") ?? 0) && version <= (number(parameters, "MaxVersion") ?? 30);
      return asked.length > 0 ? asked.includes(version) : isInRange;
    },
  }),
};

function byId(resources: readonly Resource[]): ReadonlyMap<string, Resource> {
  return new Map(resources.map((resource) => [resource.id, resource]));
}

/** An image of the system disk and the data disks named, by way of a snapshot of each. */
function createImage(context: TencentRequestContext) {
  const { state, ids, parameters, effect, now } = context;
  const name = need(parameters, "ImageName");
  const snapshotIds = texts(parameters, "SnapshotIds");
  const instanceId = text(parameters, "InstanceId");
  if ((instanceId === undefined) === (snapshotIds.length === 0))
    throw refusal("InvalidParameter.SpecifyOneParameter", "Send either `InstanceId` or `SnapshotIds`.");
  if (name.length > 60) throw refusal("InvalidParameterValue.TooLarge", "An image name has at most 60 characters.");
  if ([...state.images.values()].some((image) => image.name === name))
    throw refusal("InvalidImageName.Duplicate", `There is an image named \`${name}\`.`);
  const disks = instanceId === undefined ? [] : imagedDisks(context, instanceId);
  const created = disks.map((disk) => beginSnapshot(context, { disk, name, tags: {}, durationMs: timings.imageMs }));
  const tags = records(parameters, "TagSpecification").flatMap((one) => records(one, "Tags"));
  const image: Image = {
    id: ids.assign("image"),
    name,
    state: "CREATING",
    sizeGiB: disks[0]?.sizeGiB ?? 50,
    snapshotIds: [...snapshotIds, ...created.map(({ id }) => id)],
    createdAt: now,
    tags: Object.fromEntries(tags.map((tag) => [need(tag, "Key"), need(tag, "Value")])),
  };
  effect(image.id);
  state.images.set(image.id, image);
  for (const id of image.snapshotIds) {
    existing(state.snapshots, id, "InvalidParameter.SnapshotNotFound", "snapshot");
    change(state.snapshots, id, { imageIds: [...(state.snapshots.get(id)?.imageIds ?? []), image.id] });
  }
  context.later(timings.imageMs, () => change(state.images, image.id, { state: "NORMAL" }));
  return { ImageId: image.id };
}

function imagedDisks({ state, parameters }: TencentRequestContext, instanceId: string) {
  const instance = existing(state.instances, instanceId, "InvalidInstanceId.NotFound", "instance");
  if (instance.operation?.state === "OPERATING")
    throw refusal("OperationDenied.InstanceOperationInProgress", `\`${instanceId}\` is in operation.`);
  const wanted = texts(parameters, "DataDiskIds");
  const foreign = wanted.find((id) => !instance.diskIds.includes(id));
  if (foreign !== undefined)
    throw refusal("InvalidParameter.DataDiskNotBelongSpecifiedInstance", `\`${foreign}\` is not on the instance.`);
  return instance.diskIds
    .flatMap((id) => state.disks.get(id) ?? [])
    .filter(({ id, usage }) => usage === "SYSTEM_DISK" || wanted.includes(id));
}
