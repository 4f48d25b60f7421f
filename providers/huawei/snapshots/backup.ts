import type { Tristate } from "../../../src/common.js";
import type { InstanceDisk } from "../../../src/instances.js";
import type { OwnMark } from "../../../src/own-tags.js";
import { settleByReading } from "../../../src/poll.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { Creation, SavingJob } from "../../../src/saving/saving.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { copyName, type HuaweiCopy } from "../copies.js";
import { translate } from "../errors.js";
import type { SeenInstance } from "../record.js";
import { momentOf } from "../times.js";
import { copyEffect, markFor, newCopy } from "./mark.js";

/** Largest page of backups ("Querying All Backups", limit). */
const pageLimit = 1000;
/** Characters of a backup's description ("CreateCheckpoint"), which may hold neither < nor >. */
const longestDescription = 255;

/** What the description of a backup says: a backup has no tags of its own. */
interface Note {
  readonly run: string;
  readonly attempt: number;
  readonly until: string;
  readonly from: OwnMark["takenFrom"];
  readonly tags?: Readonly<Record<string, string>>;
}

/** The description of a backup; `undefined` where the caller's tags do not fit into it. */
export function noteFor({ runId, attempt, expiresAt, tags }: SnapshotRequest, from: Note["from"]): string | undefined {
  const note: Note = {
    run: runId,
    attempt,
    until: expiresAt,
    from,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
  const text = JSON.stringify(note);
  return text.length <= longestDescription && !/[<>]/.test(text) ? text : undefined;
}

function noteIn(description: string): Note | undefined {
  try {
    const note = new Wire(JSON.parse(description), "description");
    const from = note.text("from");
    const tags = note.object("tags");
    return {
      run: note.need("run"),
      attempt: note.number("attempt") ?? 0,
      until: note.date("until") ?? "",
      from: from === "running" || from === "stopped" ? from : "unknown",
      tags:
        tags === undefined ? {} : Object.fromEntries(Object.keys(tags.toJson()).map((key) => [key, tags.need(key)])),
    };
  } catch {
    // Somebody else's words.
    return undefined;
  }
}

/** Server backups that fit a query, each as the copies of the disks in it. Those that are not ours are left out. */
export async function readBackups(
  call: HuaweiCall,
  query: Readonly<Record<string, string>>,
): Promise<readonly HuaweiCopy[]> {
  return (await readBackupRows(call, query)).flatMap(({ copies }) => copies);
}

/** A server backup, and the copies in it as far as it is ours. */
export interface BackupRow {
  readonly id: string;
  readonly copies: readonly HuaweiCopy[];
}

/** Server backups that fit a query, anybody's. */
export async function readBackupRows(
  call: HuaweiCall,
  query: Readonly<Record<string, string>>,
): Promise<readonly BackupRow[]> {
  const list = { field: "backups", limit: pageLimit, by: "offset" } as const;
  const whole = { ...query, resource_type: "OS::Nova::Server" };
  const rows = await call.pages("cbr", "GET /v3/{project_id}/backups", { query: whole }, list);
  return rows.map((row) => ({ id: row.need("id"), copies: copiesOf(row) }));
}

/** The disks in a backup, by its children: the backup itself tells of the server only. */
function copiesOf(backup: Wire): readonly HuaweiCopy[] {
  const note = noteIn(backup.text("description") ?? "");
  const serverId = backup.text("resource_id");
  if (!note || serverId === undefined) return [];
  const children = backup.list("children");
  const diskIds = children.flatMap((child) => child.text("resource_id") ?? []);
  const mark: OwnMark = {
    runId: note.run,
    attempt: note.attempt,
    instanceIds: [serverId],
    diskIds,
    expiresAt: note.until,
    takenFrom: note.from,
  };
  if (backup.text("name") !== copyName(mark)) return [];
  const deadline = momentOf(backup.text("expired_at"));
  const completedAt = momentOf(backup.text("updated_at"));
  return children.map((child): HuaweiCopy => {
    const encrypted: Tristate = child.object("extend_info")?.flag("encrypted") ?? "unknown";
    return {
      id: backup.need("id"),
      kind: "backup",
      diskId: child.text("resource_id") ?? "",
      sizeGiB: child.number("resource_size") ?? 0,
      startedAt: momentOf(backup.text("protected_at") ?? backup.text("created_at")) ?? "",
      tags: note.tags ?? {},
      mark,
      state: stateOf(backup),
      encrypted,
      // Whether the key of an encrypted disk in it is usable is not told by CBR.
      keyUsable: encrypted === false ? true : "unknown",
      ...(completedAt === undefined ? {} : { completedAt }),
      ...(deadline === undefined ? {} : { deadline }),
    };
  });
}

function stateOf(backup: Wire): HuaweiCopy["state"] {
  const status = backup.text("status") ?? "";
  if (status === "available") return "completed";
  return status === "error" || status === "deleting" || status === "deleted" ? "failed" : "pending";
}

/** Backs one server up into a vault. A vault that leaves the server out answers success all the same, so its list is read. */
export async function createBackup(
  call: HuaweiCall,
  job: SavingJob<SeenInstance, HuaweiCopy>,
  disks: readonly InstanceDisk[],
  request: SnapshotRequest,
  vaultId: string,
): Promise<Creation<HuaweiCopy>> {
  const { record, facts } = job.seen;
  const mark = markFor(job, request);
  const before = new Set(job.known.values());
  const query = { name: copyName(request), resource_id: record.id };
  const foundNew = async () => (await readBackups(call, query)).filter(({ id }) => !before.has(id));
  const excluded = [...facts.volumes.keys()].filter((id) => !disks.some((disk) => disk.id === id));
  const answer = await call.requests.mutate({
    service: "cbr",
    action: "POST /v3/{project_id}/checkpoints",
    parameters: {
      body: {
        checkpoint: {
          vault_id: vaultId,
          parameters: {
            auto_trigger: false,
            incremental: true,
            name: copyName(request),
            description: noteFor(request, mark.takenFrom) ?? "",
            resource_details: [
              {
                id: record.id,
                type: "OS::Nova::Server",
                ...(excluded.length === 0 ? {} : { extra_info: { exclude_volumes: excluded } }),
              },
            ],
          },
        },
      },
    },
    instanceIds: [record.id],
    effects: [copyEffect(call, record.id, `${request.runId}/${request.attempt}/${record.id}`)],
    createdIds: checkpointIdIn,
    confirm: async ({ notBefore }) => {
      let ids: readonly string[] = [];
      const effect = await settleByReading(call.requests, notBefore, async () => {
        ids = (await foundNew()).map(({ id }) => id).slice(0, 1);
        return ids.length > 0;
      });
      return { effect, ids };
    },
  });
  if (answer.effect !== "applied") return { answer, made: [], effects: [] };
  const skipped = skippedIn(answer.body, record.id);
  if (skipped) return { answer: skipped, made: [], effects: [] };
  const [checkpointId = ""] = answer.ids ?? [];
  // Which backup it makes is not told, only the checkpoint: enough to know that each disk was asked for.
  const made = disks.map((disk) => newCopy(call, "backup", checkpointId, disk, { mark, tags: request.tags }));
  return { answer, made, effects: [copyEffect(call, record.id, checkpointId)] };
}

function checkpointIdIn(body: unknown): readonly string[] {
  const id = new Wire(body, "CreateCheckpoint").object("checkpoint")?.text("id");
  return id === undefined ? [] : [id];
}

/** Why the vault left the server out, as the refusal that it is. */
function skippedIn(body: unknown, serverId: string): MutationAnswer | undefined {
  if (body === undefined) return undefined;
  const vault = new Wire(body, "CreateCheckpoint").object("checkpoint")?.object("vault");
  const skipped = vault?.list("skipped_resources").find((row) => row.text("id") === serverId);
  if (!skipped) return undefined;
  const request = { service: "cbr", action: "CreateCheckpoint", parameters: {} };
  const { problem } = translate({ httpStatusCode: 400, errorCode: skipped.text("code") ?? "" }, request);
  const message = `The vault left ${serverId} out (${skipped.text("code") ?? "no code"}).`;
  return { effect: "not-applied", sent: true, problem: { ...problem, message, instanceIds: [serverId] } };
}
