import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { rootDeviceName } from "../build.js";
import { checkForm, type ListSpec, list } from "../describe.js";
import { type AwsRequestContext, change, existing, iso, tagSet, type Volume, type VolumeAttachment } from "../state.js";
import { timings } from "../timings.js";
import { attach, deleteVolume, detach } from "../volumes.js";
import { need, text } from "../wire/read.js";
import { type Ec2Actions, read, write } from "./actions.js";
import { namedInstance } from "./attributes.js";
import { hidesManaged, operatorElement } from "./elements.js";

/** `status` here, where CreateSnapshots and others say `state`. */
const volumeList: ListSpec<Volume> = {
  set: "volumeSet",
  things: ({ volumes }) => volumes,
  ids: [
    {
      parameter: "VolumeId",
      path: "volumeId",
      notFound: "InvalidVolume.NotFound",
      form: "volume",
      malformed: "InvalidParameterValue",
    },
  ],
  pages: [5, 500],
  hides: hidesManaged,
  filters: {
    "attachment.delete-on-termination": "attachmentSet.deleteOnTermination",
    "attachment.device": "attachmentSet.device",
    "attachment.instance-id": "attachmentSet.instanceId",
    "attachment.status": "attachmentSet.status",
    "availability-zone": "availabilityZone",
    encrypted: "encrypted",
    "multi-attach-enabled": "multiAttachEnabled",
    "operator.managed": "operator.managed",
    "operator.principal": "operator.principal",
    size: "size",
    "snapshot-id": "snapshotId",
    status: "status",
    "volume-id": "volumeId",
    "volume-type": "volumeType",
  },
  item: (volume) => ({
    volumeId: volume.id,
    size: volume.sizeGiB,
    snapshotId: "",
    availabilityZone: volume.zone,
    status: volume.status,
    createTime: iso(volume.createTime),
    attachmentSet: volume.attachments.map((attachment) => attachmentElement(volume.id, attachment)),
    volumeType: volume.type,
    iops: 3000,
    encrypted: volume.keyArn !== undefined,
    kmsKeyId: volume.keyArn ?? null,
    multiAttachEnabled: volume.multiAttach,
    operator: operatorElement(volume.operator),
    tagSet: tagSet(volume.tags),
  }),
};

function attachmentElement(volumeId: string, attachment: VolumeAttachment): JsonObject {
  const { instanceId, device, status, attachTime, deleteOnTermination } = attachment;
  return { volumeId, instanceId, device, status, attachTime: iso(attachTime), deleteOnTermination };
}

/** The volume a request names. Being deleted it can no longer be named. */
export function namedVolume({ state }: AwsRequestContext, id: string): Volume {
  checkForm("volume", id, "InvalidParameterValue");
  const volume = existing(state.volumes, id, "InvalidVolume.NotFound", "volume");
  if (volume.status === "deleting") throw refusal("InvalidVolume.NotFound", `The volume '${id}' does not exist.`);
  return volume;
}

function remove(context: AwsRequestContext): JsonObject {
  const volume = namedVolume(context, need(context.parameters, "VolumeId"));
  if (volume.attachments.length > 0)
    throw refusal("VolumeInUse", `Volume ${volume.id} is currently attached to ${volume.attachments[0]?.instanceId}`);
  refuseManaged(volume);
  deleteVolume(context, volume.id);
  context.effect(volume.id);
  return { return: true };
}

/** "You can't detach a volume from a managed resource" (DetachVolume). */
function refuseManaged({ id, operator }: Volume): void {
  if (operator)
    throw refusal("UnsupportedOperation", `The volume '${id}' is attached to a resource managed by ${operator}.`);
}

function detachVolume(context: AwsRequestContext): JsonObject {
  const { parameters, state } = context;
  const volume = namedVolume(context, need(parameters, "VolumeId"));
  refuseManaged(volume);
  const wanted = text(parameters, "InstanceId");
  const attachment = volume.attachments.find(({ instanceId }) => wanted === undefined || instanceId === wanted);
  if (!attachment) throw refusal("IncorrectState", `Volume '${volume.id}' is in the 'available' state.`);
  const running = state.instances.get(attachment.instanceId)?.state !== "stopped";
  if (attachment.device === rootDeviceName && running)
    throw refusal("OperationNotPermitted", `Unable to detach root volume '${volume.id}' from instance`);
  const attachments = volume.attachments.map((one) =>
    one === attachment ? { ...one, status: "detaching" as const } : one,
  );
  change(state.volumes, volume.id, { attachments });
  context.later(timings.volumeDetachMs, () => void detach(context, volume.id, attachment.instanceId));
  context.effect(volume.id);
  return attachmentElement(volume.id, { ...attachment, status: "detaching" });
}

function attachVolume(context: AwsRequestContext): JsonObject {
  const volume = namedVolume(context, need(context.parameters, "VolumeId"));
  const instance = namedInstance(context);
  const device = need(context.parameters, "Device");
  if (volume.attachments.length > 0 && !volume.multiAttach)
    throw refusal("VolumeInUse", `${volume.id} is already attached to an instance`);
  if (volume.zone !== instance.zone)
    throw refusal("InvalidVolume.ZoneMismatch", `The volume '${volume.id}' is not in the same zone as the instance`);
  if (instance.state !== "running" && instance.state !== "stopped")
    throw refusal("IncorrectState", `Instance '${instance.id}' is not 'running'.`);
  attach(context, volume.id, instance.id, { device, deleteOnTermination: false });
  context.effect(volume.id);
  const made = context.state.volumes.get(volume.id)?.attachments.at(-1);
  return made ? attachmentElement(volume.id, made) : {};
}

/** Volumes. */
export const volumeActions: Ec2Actions = {
  DescribeVolumes: read((context) => list(context, volumeList)),
  DeleteVolume: write(remove),
  DetachVolume: write(detachVolume),
  AttachVolume: write(attachVolume),
};
