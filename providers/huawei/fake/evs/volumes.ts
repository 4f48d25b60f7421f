import type { JsonObject } from "../../../../src/common.js";
import { flag, number, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { startJob } from "../jobs.js";
import { markerPage, offsetPage, passes } from "../list.js";
import type { Disk } from "../records.js";
import { type Asked, evs } from "../service.js";
import { binsOf, change, existing, type HuaweiActions } from "../state.js";
import { destroyDisk, discardDisk } from "../storage.js";
import { timings } from "../timings.js";
import { binnedVolumeOf, volumeOf } from "./shapes.js";

/** `ids=['a','b']`: a list written as text, at most 60. */
function idsOf(query: JsonObject): readonly string[] | undefined {
  const asked = text(query, "ids");
  if (asked === undefined) return undefined;
  if (!/^\[('[^']+'(,\s*'[^']+')*)?\]$/.test(asked)) throw refusal("EVS.0001", "ids is not a list of ids.", 400);
  const ids = [...asked.matchAll(/'([^']+)'/g)].map(([, id]) => id ?? "");
  if (ids.length > 60) throw refusal("EVS.0001", "At most 60 ids a request.", 400);
  return ids;
}

function listVolumes({ state, query }: Asked): JsonObject {
  const ids = idsOf(query);
  const name = text(query, "name");
  const shared = flag(query, "multiattach");
  const found = [...state.disks.values()].filter(
    (disk) =>
      !disk.bin &&
      (ids === undefined || ids.includes(disk.id)) &&
      (name === undefined || disk.name.includes(name)) &&
      (shared === undefined || disk.shareable === shared) &&
      passes(query, "id", disk.id) &&
      passes(query, "status", disk.status) &&
      passes(query, "availability_zone", disk.zone) &&
      passes(query, "server_id", ...disk.holders.map(({ serverId }) => serverId)),
  );
  const isMarked = text(query, "marker") !== undefined;
  const rows = isMarked ? markerPage(found, query, 1_000).rows : offsetPage(found, query, 1_000);
  return { count: found.length, volumes: rows.map((disk) => volumeOf(state, disk)) };
}

function diskOf({ state, path }: Asked): Disk {
  const disk = existing(state.disks, path.volume_id ?? "", "EVS.5404", "volume");
  if (disk.bin) throw refusal("EVS.5404", `The volume ${disk.id} could not be found.`, 404);
  return disk;
}

/** Only a free disk, and not while it is being saved. */
function deleteVolume(asked: Asked): JsonObject {
  const disk = diskOf(asked);
  if (disk.orderId !== undefined) throw refusal("EVS.2009", "A yearly/monthly disk has to be unsubscribed from.", 400);
  if (disk.status === "backing-up") throw refusal("EVS.2130", "The disk is being backed up.", 400);
  if (disk.status !== "available" || disk.holders.length > 0)
    throw refusal("EVS.1046", `The disk status must be available, error or the like: ${disk.status}.`, 400);
  change(asked.state.disks, disk.id, { status: "deleting" });
  asked.effect(disk.id);
  const done = () => {
    const last = asked.state.disks.get(disk.id);
    if (last?.status === "deleting") discardDisk(asked, last);
  };
  const work = { entities: { volume_id: disk.id }, durationMs: timings.diskDeleteMs, done };
  return { job_id: startJob(asked, "evs", "deleteVolume", [work]) };
}

/** Yearly/monthly data disks by EVS itself; a system disk only with its server. */
function unsubscribe(asked: Asked): JsonObject {
  const disks = texts(asked.body, "volume_ids").map((id) => existing(asked.state.disks, id, "EVS.5404", "volume"));
  if (disks.some(({ bootable, orderId }) => bootable || orderId === undefined))
    throw refusal("EVS.0001", "Only yearly/monthly data disks can be unsubscribed from.", 400);
  const work = disks.map((disk) => {
    asked.effect(disk.id);
    const done = () => destroyDisk(asked, disk.id);
    return { entities: { volume_id: disk.id }, durationMs: timings.orderMs, done };
  });
  startJob(asked, "evs", "unsubscribeVolumes", work);
  return { order_id: asked.ids.assign("order") };
}

function tagVolume(asked: Asked): undefined {
  const disk = diskOf(asked);
  const tags = { ...disk.tags };
  for (const one of records(asked.body, "tags")) {
    const key = text(one, "key") ?? "";
    if (text(asked.body, "action") === "delete") delete tags[key];
    else tags[key] = text(one, "value") ?? "";
  }
  change(asked.state.disks, disk.id, { tags });
  asked.effect(disk.id);
  return undefined;
}

/** A truth value here, `on` and `off` in ECS. */
function showPolicy({ state }: Asked): JsonObject {
  const { isOn, days, thresholdDays } = binsOf(state).evs;
  return { switch: isOn, threshold_time: thresholdDays, keep_time: days };
}

function setPolicy(asked: Asked): JsonObject {
  const bins = binsOf(asked.state);
  const isOn = flag(asked.body, "switch") ?? bins.evs.isOn;
  if (!isOn && bins.ecs.isOn) throw refusal("EVS.0001", "Disable the recycle bin of ECS first.", 400);
  const days = number(asked.body, "keep_time") ?? bins.evs.days;
  const thresholdDays = number(asked.body, "threshold_time") ?? bins.evs.thresholdDays;
  asked.state.bins.set("bins", { ...bins, evs: { isOn, days, thresholdDays } });
  asked.effect(asked.state.projectId);
  return showPolicy(asked);
}

function listBinned({ state, query }: Asked): JsonObject {
  const found = [...state.disks.values()].filter(
    (disk) => disk.bin !== undefined && passes(query, "id", disk.id) && passes(query, "name", disk.name),
  );
  const rows = offsetPage(found, query, 1_000);
  return { count: found.length, volumes: rows.map((disk) => binnedVolumeOf(state, disk)) };
}

/** "Disks deleted with an ECS … can only be recovered from the ECS side" (EVS, "Recycle Bin Overview"). */
function binnedDisk({ state, path }: Asked): Disk {
  const disk = state.disks.get(path.volume_id ?? "");
  if (!disk?.bin) throw refusal("EVS.5404", `The volume ${path.volume_id} could not be found.`, 404);
  if (disk.bin.serverId !== undefined) throw refusal("EVS.5400", "The disk is in the bin with its ECS.", 400);
  return disk;
}

function revertVolume(asked: Asked): undefined {
  const disk = binnedDisk(asked);
  change(asked.state.disks, disk.id, { bin: undefined, status: "available" });
  asked.effect(disk.id);
  return undefined;
}

function purgeVolume(asked: Asked): undefined {
  const disk = binnedDisk(asked);
  destroyDisk(asked, disk.id);
  asked.effect(disk.id);
  return undefined;
}

/** Disks and their bin. */
export const volumeActions: HuaweiActions = {
  "evs:GET /v2/{project_id}/cloudvolumes/detail": evs.read(
    "marker name limit:n1-1000 sort_key offset:n sort_dir status metadata availability_zone multiattach:b service_type " +
      "dedicated_storage_id dedicated_storage_name volume_type_id id ids enterprise_project_id server_id",
    listVolumes,
  ),
  "evs:GET /v2/{project_id}/cloudvolumes/{volume_id}": evs.read("", (asked) => ({
    volume: volumeOf(asked.state, diskOf(asked)),
  })),
  "evs:DELETE /v2/{project_id}/cloudvolumes/{volume_id}": evs.remove("", deleteVolume),
  "evs:POST /v2/{project_id}/cloudvolumes/unsubscribe": evs.write("volume_ids[60]!", unsubscribe),
  "evs:POST /v2/{project_id}/cloudvolumes/{volume_id}/tags/action": evs.write(
    "action=create|delete! tags[]{key! value}!",
    tagVolume,
  ),
  "evs:GET /v3/{project_id}/recycle-bin-volumes/policy": evs.read("", showPolicy),
  "evs:PUT /v3/{project_id}/recycle-bin-volumes/policy": evs.write(
    "switch:b threshold_time:n1-1000 keep_time:n1-365",
    setPolicy,
  ),
  "evs:GET /v3/{project_id}/recycle-bin-volumes/detail": evs.read(
    "id name status availability_zone limit:n1-1000 offset:n marker sort_key sort_dir service_type",
    listBinned,
  ),
  "evs:POST /v3/{project_id}/recycle-bin-volumes/{volume_id}/revert": evs.write("", revertVolume, { success: 202 }),
  "evs:DELETE /v3/{project_id}/recycle-bin-volumes/{volume_id}": evs.remove("", purgeVolume, { success: 202 }),
};
