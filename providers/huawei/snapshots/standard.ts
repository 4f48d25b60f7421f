import type { IsoDate, Tristate } from "../../../src/common.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { markOf, type OwnMark, ownDescription, ownTags } from "../../../src/own-tags.js";
import { settleByReading } from "../../../src/poll.js";
import type { Creation, SavingJob } from "../../../src/saving/saving.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { copyName, type HuaweiCopy } from "../copies.js";
import { readKeyStates } from "../keys.js";
import type { SeenInstance } from "../record.js";
import { tagObject } from "../tag-forms.js";
import { momentOf } from "../times.js";
import { copyEffect, markFor, newCopy } from "./mark.js";

/** A tag's value holds 255 characters: ids of 36 with a space between. */
const idsPerTag = 6;
/** Largest page of the v5 listings ("ListSnapshotGroupsV5", limit). */
const pageLimit = 1000;
/** Up to so many groups their snapshots are asked for by group, which costs a request for each. */
const askedOneByOne = 5;

/** A group of standard snapshots, all of one moment ("Snapshot consistency groups", EVS user guide). */
export interface SnapshotGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly serverId: string;
  readonly status: string;
  readonly createdAt: IsoDate;
  readonly tags: Readonly<Record<string, string>>;
}

/** A standard snapshot of one disk. Unlike one of the old kind it does not die with its disk. */
export interface StandardSnapshot {
  readonly id: string;
  readonly diskId: string;
  readonly groupId?: string;
  readonly status: string;
  readonly sizeGiB: number;
  readonly encrypted: Tristate;
  readonly keyId?: string;
  readonly completedAt?: IsoDate;
  readonly deadline?: IsoDate;
}

/** Groups by name; all of the project without one. Throws `unsupported` where the region has no such API. */
export async function readGroups(call: HuaweiCall, name?: string): Promise<readonly SnapshotGroup[]> {
  const query = name === undefined ? {} : { name };
  const list = { field: "snapshot_groups", limit: pageLimit, by: "offset" } as const;
  const rows = await call.pages("evs", "GET /v5/{project_id}/snapshot-groups/detail", { query }, list);
  return rows
    .map((row) => ({
      id: row.need("id"),
      name: row.text("name") ?? "",
      description: row.text("description") ?? "",
      serverId: row.text("server_id") ?? "",
      status: row.text("status") ?? "unknown",
      createdAt: momentOf(row.text("created_at")) ?? "",
      tags: tagObject(row),
    }))
    .filter((group) => name === undefined || group.name === name);
}

/** The snapshots of groups. */
export async function readSnapshotsOf(
  call: HuaweiCall,
  groupIds: readonly string[],
): Promise<readonly StandardSnapshot[]> {
  if (groupIds.length === 0) return [];
  const wanted = new Set(groupIds);
  const queries = groupIds.length > askedOneByOne ? [{}] : groupIds.map((snapshot_group_id) => ({ snapshot_group_id }));
  const pieces = await Promise.all(queries.map((query) => readSnapshots(call, query)));
  return pieces.flat().filter(({ groupId }) => groupId !== undefined && wanted.has(groupId));
}

/** Standard snapshots that fit a query. */
export async function readSnapshots(
  call: HuaweiCall,
  query: Readonly<Record<string, string>>,
): Promise<readonly StandardSnapshot[]> {
  const list = { field: "snapshots", limit: pageLimit, by: "offset" } as const;
  return (await call.pages("evs", "GET /v5/{project_id}/snapshots/detail", { query }, list)).map(snapshotOf);
}

function snapshotOf(row: Wire): StandardSnapshot {
  const groupId = row.text("snapshot_group_id");
  const keyId = row.text("cmk_id");
  const completedAt = momentOf(row.text("updated_at"));
  const deadline = momentOf(row.text("retention_at"));
  return {
    id: row.need("id"),
    diskId: row.text("volume_id") ?? "",
    ...(groupId === undefined ? {} : { groupId }),
    status: row.text("status") ?? "unknown",
    sizeGiB: row.number("size") ?? 0,
    encrypted: row.flag("encrypted") ?? (keyId === undefined ? "unknown" : true),
    ...(keyId === undefined ? {} : { keyId }),
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(deadline === undefined ? {} : { deadline }),
  };
}

/** The copies that these groups are, as far as they are ours: by tags, name, description and server. */
export async function copiesIn(call: HuaweiCall, groups: readonly SnapshotGroup[]): Promise<readonly HuaweiCopy[]> {
  const ours = new Map(
    groups.flatMap((group) => {
      const mark = ownMarkOf(group);
      return mark ? [[group.id, { group, mark }] as const] : [];
    }),
  );
  const snapshots = await readSnapshotsOf(call, [...ours.keys()]);
  const keys = await readKeyStates(
    call,
    snapshots.flatMap(({ keyId }) => keyId ?? []),
  );
  return snapshots.flatMap((snapshot): readonly HuaweiCopy[] => {
    const own = ours.get(snapshot.groupId ?? "");
    if (!own?.mark.diskIds.includes(snapshot.diskId)) return [];
    return [
      {
        id: own.group.id,
        kind: "snapshot-group",
        diskId: snapshot.diskId,
        sizeGiB: snapshot.sizeGiB,
        // The moment is the group's: its snapshots are of one, whenever each was written down.
        startedAt: own.group.createdAt,
        tags: own.group.tags,
        mark: own.mark,
        state: stateOf(own.group, snapshot),
        encrypted: snapshot.encrypted,
        keyUsable: usable(snapshot, keys),
        ...(snapshot.completedAt === undefined ? {} : { completedAt: snapshot.completedAt }),
        ...(snapshot.deadline === undefined ? {} : { deadline: snapshot.deadline }),
      },
    ];
  });
}

/** A group is whole a little after its snapshots are, and cannot be told from half of one before. */
function stateOf(group: SnapshotGroup, { status }: StandardSnapshot): HuaweiCopy["state"] {
  if (/^error/.test(status)) return "failed";
  return status === "available" && group.status !== "creating" ? "completed" : "pending";
}

function usable({ encrypted, keyId }: StandardSnapshot, keys: ReadonlyMap<string, Tristate>): Tristate {
  if (encrypted === false) return true;
  return keyId === undefined ? "unknown" : (keys.get(keyId) ?? "unknown");
}

function ownMarkOf({ name, description, serverId, tags }: SnapshotGroup): OwnMark | undefined {
  const mark = markOf(tags);
  if (!mark || name !== copyName(mark) || description !== ownDescription(mark)) return undefined;
  return mark.instanceIds.length === 1 && mark.instanceIds[0] === serverId ? mark : undefined;
}

/** Starts one consistent set of snapshots of a server's disks. There is no token that makes a repeat harmless. */
export async function createGroup(
  call: HuaweiCall,
  job: SavingJob<SeenInstance, HuaweiCopy>,
  disks: readonly InstanceDisk[],
  request: SnapshotRequest,
): Promise<Creation<HuaweiCopy>> {
  const { record } = job.seen;
  const mark = markFor(job, request);
  const before = new Set(job.known.values());
  const isOurs = ({ mark: found }: HuaweiCopy) => found.instanceIds[0] === record.id;
  const foundNew = async () =>
    (await copiesIn(call, await readGroups(call, copyName(request)))).filter(
      (copy) => isOurs(copy) && !before.has(copy.id),
    );
  const answer = await call.requests.mutate({
    service: "evs",
    action: "POST /v5/{project_id}/snapshot-groups",
    parameters: {
      body: {
        snapshot_group: {
          server_id: record.id,
          volume_ids: disks.map(({ id }) => id),
          name: copyName(request),
          description: ownDescription(mark),
          tags: { ...request.tags, ...ownTags(mark, idsPerTag) },
        },
      },
    },
    instanceIds: [record.id],
    effects: [copyEffect(call, record.id, `${request.runId}/${request.attempt}/${record.id}`)],
    createdIds: groupIdIn,
    confirm: async ({ notBefore }) => {
      let ids: readonly string[] = [];
      const effect = await settleByReading(call.requests, notBefore, async () => {
        ids = (await foundNew()).map(({ id }) => id).slice(0, 1);
        return ids.length > 0;
      });
      return { effect, ids };
    },
  });
  const [groupId] = answer.ids ?? [];
  if (answer.effect !== "applied" || groupId === undefined) return { answer, made: [], effects: [] };
  const tags = { ...request.tags, ...ownTags(mark, idsPerTag) };
  const made = disks.map((disk) => newCopy(call, "snapshot-group", groupId, disk, { mark, tags }));
  return { answer, made, effects: [copyEffect(call, record.id, groupId)] };
}

function groupIdIn(body: unknown): readonly string[] {
  const id = new Wire(body, "CreateSnapshotGroup").text("snapshot_group_id");
  return id === undefined ? [] : [id];
}
