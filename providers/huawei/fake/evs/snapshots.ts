import type { JsonObject } from "../../../../src/common.js";
import { flag, record, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { startJob } from "../jobs.js";
import { offsetPage, passes } from "../list.js";
import type { Disk, Snapshot, SnapshotGroup, Tags } from "../records.js";
import { type Asked, evs } from "../service.js";
import { change, existing, type HuaweiActions } from "../state.js";
import { timings } from "../timings.js";
import { beginSnapshot, refuseCopy, spendCopies } from "./copies.js";
import { groupOf, legacySnapshotOf, standardSnapshotOf } from "./shapes.js";

/** "Snapshot Overview": seven legacy snapshots a disk, 256 standard ones. */
const most = { legacy: 7, standard: 256 } as const;

function diskNamed({ state }: Asked, id: string): Disk {
  const disk = existing(state.disks, id, "EVS.5404", "volume");
  if (disk.bin) throw refusal("EVS.5404", `The volume ${id} could not be found.`, 404);
  return disk;
}

function refuseMany({ state }: Asked, disk: Disk, generation: Snapshot["generation"]): void {
  const own = [...state.snapshots.values()].filter(
    (snapshot) => snapshot.diskId === disk.id && snapshot.generation === generation,
  );
  if (own.length >= most[generation]) throw refusal("EVS.2050", "The disk has too many snapshots.", 400);
}

function tagsOf(body: JsonObject, name: string): Tags {
  return Object.fromEntries(Object.entries(record(body, name)).map(([key, value]) => [key, String(value)]));
}

/** Of a disk that is attached only with `force`. */
function createLegacy(asked: Asked): JsonObject {
  const wanted = record(asked.body, "snapshot");
  const disk = diskNamed(asked, text(wanted, "volume_id") ?? "");
  if (disk.status !== "available" && flag(wanted, "force") !== true)
    throw refusal("EVS.5400", `The disk is ${disk.status}; force is required.`, 400);
  refuseCopy(asked, disk, 409);
  refuseMany(asked, disk, "legacy");
  spendCopies(asked, 1, "EVS.2042");
  const snapshot = beginSnapshot(
    asked,
    disk,
    {
      generation: "legacy",
      name: text(wanted, "name") ?? "",
      description: text(wanted, "description") ?? "",
      tags: tagsOf(wanted, "metadata"),
    },
    timings.snapshotMs,
  );
  asked.effect(snapshot.id);
  return { snapshot: legacySnapshotOf(asked.state, snapshot) };
}

function fits(query: JsonObject, snapshot: Snapshot): boolean {
  const tagKey = text(query, "tag_key");
  return (
    passes(query, "id", snapshot.id) &&
    passes(query, "name", snapshot.name) &&
    passes(query, "status", snapshot.status) &&
    passes(query, "volume_id", snapshot.diskId) &&
    passes(query, "availability_zone", snapshot.zone) &&
    passes(query, "snapshot_group_id", snapshot.groupId) &&
    (tagKey === undefined || tagKey in snapshot.tags) &&
    hasTags(query, snapshot.tags) &&
    (text(query, "ids") === undefined || (text(query, "ids") ?? "").includes(snapshot.id))
  );
}

/** `tags={"key":"value"}`, as text. */
function hasTags(query: JsonObject, tags: Tags): boolean {
  const asked = text(query, "tags");
  if (asked === undefined) return true;
  try {
    return Object.entries(JSON.parse(asked)).every(([key, value]) => tags[key] === value);
  } catch {
    throw refusal("EVS.0001", "tags is no JSON object.", 400);
  }
}

function snapshotsOf({ state, query }: Asked, generation: Snapshot["generation"]): readonly Snapshot[] {
  return [...state.snapshots.values()].filter((one) => one.generation === generation && fits(query, one));
}

function listLegacy(asked: Asked): JsonObject {
  const found = snapshotsOf(asked, "legacy");
  const rows = offsetPage(found, asked.query, 1_000);
  return { count: found.length, snapshots: rows.map((one) => legacySnapshotOf(asked.state, one)) };
}

function listStandard(asked: Asked): JsonObject {
  const found = snapshotsOf(asked, "standard");
  return { count: found.length, snapshots: offsetPage(found, asked.query, 1_000).map(standardSnapshotOf) };
}

function snapshotOf({ state, path }: Asked, generation: Snapshot["generation"]): Snapshot {
  const snapshot = state.snapshots.get(path.snapshot_id ?? "");
  if (snapshot?.generation !== generation)
    throw refusal("EVS.5404", `The snapshot ${path.snapshot_id} could not be found.`, 404);
  return snapshot;
}

/** "EVS.1047": only what is available or in error. */
function deleteSnapshot(asked: Asked, generation: Snapshot["generation"]): undefined {
  const snapshot = snapshotOf(asked, generation);
  if (snapshot.status !== "available" && snapshot.status !== "error")
    throw refusal("EVS.1047", `The snapshot status must be available or error: ${snapshot.status}.`, 400);
  change(asked.state.snapshots, snapshot.id, { status: "deleting" });
  asked.effect(snapshot.id);
  asked.later(timings.diskDeleteMs, () => asked.state.snapshots.delete(snapshot.id));
  return undefined;
}

function createStandard(asked: Asked): JsonObject {
  const wanted = record(asked.body, "snapshot");
  const disk = diskNamed(asked, text(wanted, "volume_id") ?? "");
  refuseCopy(asked, disk, 409);
  refuseMany(asked, disk, "standard");
  spendCopies(asked, 1, "EVS.2042");
  const snapshot = beginSnapshot(
    asked,
    disk,
    {
      generation: "standard",
      name: text(wanted, "name") ?? "",
      description: text(wanted, "description") ?? "",
      tags: tagsOf(wanted, "tags"),
    },
    timings.snapshotMs,
  );
  asked.effect(snapshot.id);
  const done = () => undefined;
  const work = { entities: { volume_id: disk.id, snapshot_id: snapshot.id }, durationMs: timings.snapshotMs, done };
  return { snapshot_id: snapshot.id, job_id: startJob(asked, "evs", "createSnapshot", [work]) };
}

/** The disks of a group: all of its server, or some of them. Disks of the host are none of EVS. */
function disksOf(asked: Asked, wanted: JsonObject): { readonly serverId: string; readonly disks: readonly Disk[] } {
  const named = texts(wanted, "volume_ids").map((id) => diskNamed(asked, id));
  const asks = text(wanted, "server_id") ?? named[0]?.holders[0]?.serverId;
  const server = asked.state.servers.get(asks ?? "");
  if (!server || server.bin) throw refusal("EVS.5404", `The server ${asks} could not be found.`, 404);
  const own = server.attachments.flatMap(({ diskId }) => asked.state.disks.get(diskId) ?? []);
  if (named.some((disk) => !own.includes(disk)))
    throw refusal("EVS.0001", "All disks of a group are of one server.", 400);
  return { serverId: server.id, disks: named.length > 0 ? named : own };
}

function createGroup(asked: Asked): JsonObject {
  const { state, ids, now } = asked;
  const wanted = record(asked.body, "snapshot_group");
  const { serverId, disks } = disksOf(asked, wanted);
  for (const disk of disks) refuseCopy(asked, disk, 400);
  spendCopies(asked, disks.length, "EVS.2042");
  const tags = tagsOf(wanted, "tags");
  const [name, description] = [text(wanted, "name") ?? "", text(wanted, "description") ?? ""];
  const id = ids.assign("snapshot-group");
  const common = { name, description, createdAt: now, updatedAt: now, tags };
  state.snapshotGroups.set(id, { id, serverId, status: "creating", ...common });
  for (const disk of disks)
    beginSnapshot(asked, disk, { generation: "standard", groupId: id, name, description, tags }, timings.groupMs);
  asked.effect(id);
  asked.effect(serverId);
  return { snapshot_group_id: id, job_id: groupJob(asked, id, disks) };
}

/** The group is done with its slowest snapshot, and fails with any. The job says so a moment later. */
function groupJob(asked: Asked, id: string, disks: readonly Disk[]): string {
  const isStuck = disks.some(({ snapshots }) => snapshots === "stuck");
  const fails = disks.some(({ snapshots }) => snapshots === "fails");
  if (!isStuck)
    asked.later(timings.groupMs, () =>
      change(asked.state.snapshotGroups, id, { status: fails ? "error" : "available" }),
    );
  const work = {
    entities: { snapshot_group_id: id },
    durationMs: isStuck ? Number.POSITIVE_INFINITY : timings.groupMs + 1_000,
    ...(fails ? { fails: refusal("EVS.2046", "The snapshot could not be created.", 500) } : {}),
  };
  return startJob(asked, "evs", "createSnapshotGroup", [work]);
}

function listGroups({ state, query }: Asked): JsonObject {
  const tagKey = text(query, "tag_key");
  const found = [...state.snapshotGroups.values()].filter(
    (group) =>
      passes(query, "id", group.id) &&
      passes(query, "name", group.name) &&
      passes(query, "status", group.status) &&
      passes(query, "server_id", group.serverId) &&
      (tagKey === undefined || tagKey in group.tags) &&
      hasTags(query, group.tags),
  );
  return { count: found.length, snapshot_groups: offsetPage(found, query, 1_000).map(groupOf) };
}

function groupNamed({ state, path }: Asked): SnapshotGroup {
  return existing(state.snapshotGroups, path.snapshot_group_id ?? "", "EVS.5404", "snapshot group");
}

/** With the snapshots in it. */
function deleteGroup(asked: Asked): undefined {
  const group = groupNamed(asked);
  if (group.status === "creating") throw refusal("EVS.1047", "The snapshot group is being created.", 400);
  change(asked.state.snapshotGroups, group.id, { status: "deleting" });
  asked.effect(group.id);
  asked.later(timings.diskDeleteMs, () => {
    asked.state.snapshotGroups.delete(group.id);
    for (const snapshot of asked.state.snapshots.values())
      if (snapshot.groupId === group.id) asked.state.snapshots.delete(snapshot.id);
  });
  return undefined;
}

function tagGroup(asked: Asked, isDeletion: boolean): undefined {
  const group = groupNamed(asked);
  const tags = { ...group.tags };
  for (const one of records(asked.body, "tags")) {
    if (isDeletion) delete tags[text(one, "key") ?? ""];
    else tags[text(one, "key") ?? ""] = text(one, "value") ?? "";
  }
  change(asked.state.snapshotGroups, group.id, { tags });
  asked.effect(group.id);
  return undefined;
}

const standardQuery =
  "limit:n1-1000 offset:n marker volume_id availability_zone name status sort_key sort_dir id ids snapshot_type " +
  "enterprise_project_id tag_key tags snapshot_chain_id snapshot_group_id";
const groupQuery =
  "limit:n1-1000 offset:n id name status tag_key tags enterprise_project_id sort_key sort_dir server_id";

/** Snapshots of both generations. The lists of v5 answer with and without `/detail`. */
export const snapshotActions: HuaweiActions = {
  "evs:POST /v2/{project_id}/cloudsnapshots": evs.write(
    "snapshot{volume_id! force:b name description metadata{*}}!",
    createLegacy,
    { success: 202 },
  ),
  "evs:GET /v2/{project_id}/cloudsnapshots/detail": evs.read(
    "offset:n limit:n1-1000 name status volume_id availability_zone id dedicated_storage_name dedicated_storage_id " +
      "service_type enterprise_project_id",
    listLegacy,
  ),
  "evs:GET /v2/{project_id}/cloudsnapshots/{snapshot_id}": evs.read("", (asked) => ({
    snapshot: legacySnapshotOf(asked.state, snapshotOf(asked, "legacy")),
  })),
  "evs:DELETE /v2/{project_id}/cloudsnapshots/{snapshot_id}": evs.remove(
    "",
    (asked) => deleteSnapshot(asked, "legacy"),
    { success: 202 },
  ),
  "evs:POST /v5/{project_id}/snapshots": evs.write(
    "snapshot{volume_id! name description tags{*} instant_access:b incremental:b enterprise_project_id}!",
    createStandard,
    { success: 202 },
  ),
  "evs:GET /v5/{project_id}/snapshots": evs.read(standardQuery, listStandard),
  "evs:GET /v5/{project_id}/snapshots/detail": evs.read(standardQuery, listStandard),
  "evs:GET /v5/{project_id}/snapshots/{snapshot_id}": evs.read("", (asked) => ({
    snapshot: standardSnapshotOf(snapshotOf(asked, "standard")),
  })),
  "evs:DELETE /v5/{project_id}/snapshots/{snapshot_id}": evs.remove("", (asked) => deleteSnapshot(asked, "standard")),
  "evs:POST /v5/{project_id}/snapshot-groups": evs.write(
    "snapshot_group{server_id volume_ids[] name description tags{*} instant_access:b incremental:b " +
      "enterprise_project_id}!",
    createGroup,
    { success: 202 },
  ),
  "evs:GET /v5/{project_id}/snapshot-groups": evs.read(groupQuery, listGroups),
  "evs:GET /v5/{project_id}/snapshot-groups/detail": evs.read(groupQuery, listGroups),
  "evs:GET /v5/{project_id}/snapshot-groups/{snapshot_group_id}": evs.read("", (asked) => ({
    snapshot_group: groupOf(groupNamed(asked)),
  })),
  "evs:DELETE /v5/{project_id}/snapshot-groups/{snapshot_group_id}": evs.remove("", deleteGroup),
  "evs:POST /v5/{project_id}/snapshot-groups/{snapshot_group_id}/tags/create": evs.write(
    "tags[]{key! value}!",
    (asked) => tagGroup(asked, false),
  ),
  "evs:POST /v5/{project_id}/snapshot-groups/{snapshot_group_id}/tags/delete": evs.write(
    "tags[]{key! value}!",
    (asked) => tagGroup(asked, true),
  ),
};
