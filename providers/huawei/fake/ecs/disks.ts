import type { JsonObject } from "../../../../src/common.js";
import { flag, record, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { startJob } from "../jobs.js";
import type { Attachment, Server } from "../records.js";
import { type Asked, ecs } from "../service.js";
import { change, existing, type HuaweiActions, type HuaweiState } from "../state.js";
import { attach, detach, isBeingCopied } from "../storage.js";
import { timings } from "../timings.js";
import { serverOf } from "./describe.js";
import { refuseBinned, refuseLocked, refuseUnsteady } from "./guard.js";

function deviceOf(state: HuaweiState, server: Server, one: Attachment, index: number): JsonObject {
  return {
    pciAddress: `0000:02:0${index + 1}.0`,
    volumeId: one.diskId,
    device: one.device,
    serverId: server.id,
    id: one.diskId,
    size: state.disks.get(one.diskId)?.sizeGiB ?? 0,
    bootIndex: one.isBoot ? 0 : index,
    bus: "virtio",
  };
}

const room = { free_scsi: 58, free_blk: 22, free_disk: 22 };

/** The disks of one server: a second source besides EVS. Sizes are numbers here. */
function listDevices(asked: Asked): JsonObject {
  const server = serverOf(asked);
  const devices = server.attachments.map((one, index) => deviceOf(asked.state, server, one, index));
  return { attachableQuantity: room, volumeAttachments: devices };
}

/** The older list of the same, in which sizes are texts. */
function listAttachments(asked: Asked): JsonObject {
  const server = serverOf(asked);
  const devices = server.attachments.map((one, index) => {
    const device = deviceOf(asked.state, server, one, index);
    return { ...device, size: String(device.size) };
  });
  return { attachableQuantity: room, volumeAttachments: devices };
}

function attachmentOf(asked: Asked): { readonly server: Server; readonly attachment: Attachment } {
  const server = serverOf(asked);
  const attachment = server.attachments.find(({ diskId }) => diskId === asked.path.volume_id);
  // The code that Terraform's provider knows for it: HTTP 400 with Nova's word inside the text.
  if (!attachment) throw refusal("Ecs.1000", '{"itemNotFound": {"message": "Volume not attached", "code": 404}}', 400);
  return { server, attachment };
}

function showDevice(asked: Asked): JsonObject {
  const { server, attachment } = attachmentOf(asked);
  const device = deviceOf(asked.state, server, attachment, server.attachments.indexOf(attachment));
  return { volumeAttachment: device };
}

/** Not for yearly/monthly disks, nor for shared ones, nor for the one it boots from. */
function flagDevice(asked: Asked): undefined {
  const { server, attachment } = attachmentOf(asked);
  refuseLocked([server]);
  refuseBinned([server]);
  const deleteOnTermination = flag(record(asked.body, "block_device"), "delete_on_termination") ?? false;
  const disk = asked.state.disks.get(attachment.diskId);
  if (disk?.shareable || disk?.orderId !== undefined || attachment.isBoot)
    throw refusal("Ecs.0005", "The attribute of this disk cannot be changed.", 400);
  const attachments = server.attachments.map((one) => (one === attachment ? { ...one, deleteOnTermination } : one));
  change(asked.state.servers, server.id, { attachments });
  asked.effect(attachment.diskId);
  return undefined;
}

function attachDisk(asked: Asked): JsonObject {
  const server = serverOf(asked);
  refuseLocked([server]);
  refuseBinned([server]);
  const diskId = text(record(asked.body, "volumeAttachment"), "volumeId") ?? "";
  const disk = existing(asked.state.disks, diskId, "EVS.5404", "disk");
  if (disk.bin || (disk.status !== "available" && !disk.shareable))
    throw refusal("Ecs.0101", "The EVS disk status does not meet the requirements.", 400);
  change(asked.state.disks, diskId, { status: "attaching" });
  asked.effect(diskId);
  const done = () => attach(asked, diskId, server.id, { deleteOnTermination: false, isBoot: false });
  const work = { entities: { server_id: server.id }, durationMs: timings.attachMs, done };
  return { job_id: startJob(asked, "ecs", "attachVolume", [work]) };
}

/** A boot disk only from a server that is off; `delete_flag=1` takes it off by force. */
function detachDisk(asked: Asked): JsonObject {
  const { server, attachment } = attachmentOf(asked);
  const { diskId } = attachment;
  refuseLocked([server]);
  refuseBinned([server]);
  refuseUnsteady(server);
  const disk = asked.state.disks.get(diskId);
  if (attachment.isBoot && server.status !== "SHUTOFF")
    throw refusal("Ecs.0100", "The system disk can be detached from a stopped ECS only.", 400);
  if (disk?.boughtWith === server.id) throw refusal("Ecs.0103", "The disk was bought with its ECS.", 400);
  if (disk?.status !== "in-use" || isBeingCopied(asked.state, diskId))
    throw refusal("Ecs.0102", "The EVS disk status does not meet the requirements.", 400);
  change(asked.state.disks, diskId, { status: "detaching" });
  asked.effect(diskId);
  const done = () => detach(asked, diskId, server.id);
  const work = { entities: { server_id: server.id }, durationMs: timings.detachMs, done };
  return { job_id: startJob(asked, "ecs", "detachVolume", [work]) };
}

/** Disks of a server. */
export const diskActions: HuaweiActions = {
  "ecs:GET /v1/{project_id}/cloudservers/{server_id}/block_device": ecs.read("", listDevices),
  "ecs:GET /v1/{project_id}/cloudservers/{server_id}/block_device/{volume_id}": ecs.read("", showDevice),
  "ecs:PUT /v1/{project_id}/cloudservers/{server_id}/block_device/{volume_id}": ecs.write(
    "block_device{delete_on_termination:b!}!",
    flagDevice,
    { success: 200 },
  ),
  "ecs:GET /v1/{project_id}/cloudservers/{server_id}/os-volume_attachments": ecs.read("", listAttachments),
  "ecs:POST /v1/{project_id}/cloudservers/{server_id}/attachvolume": ecs.write(
    "volumeAttachment{volumeId! device volume_type count:n hw.passthrough}! dry_run:b",
    attachDisk,
  ),
  "ecs:DELETE /v1/{project_id}/cloudservers/{server_id}/detachvolume/{volume_id}": ecs.remove(
    "delete_flag=0|1",
    detachDisk,
  ),
};
