import type { JsonObject } from "../../../../src/common.js";
import { record, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { spendCopies } from "../evs/copies.js";
import { offsetPage, passes } from "../list.js";
import type { Backup, Disk, Vault } from "../records.js";
import { type Asked, cbr } from "../service.js";
import { change, existing, type HuaweiActions, type HuaweiState } from "../state.js";
import { isBeingCopied } from "../storage.js";
import { bare, zoned } from "../times.js";
import { timings } from "../timings.js";
import { disksOf, resourceOf } from "./vaults.js";

/**
 * Backs up what a vault protects, or some of it. A server that it leaves out is no error: it stands in
 * `skipped_resources`, and nothing will come of it.
 */
function createCheckpoint(asked: Asked): JsonObject {
  const { state, ids, now } = asked;
  const wanted = record(asked.body, "checkpoint");
  const vault = existing(state.vaults, text(wanted, "vault_id") ?? "", "BackupService.6200", "vault");
  const parameters = record(wanted, "parameters");
  const details = records(parameters, "resource_details");
  const asks = details.length > 0 ? details : vault.resourceIds.map((id) => ({ id }));
  const checkpointId = ids.assign("checkpoint");
  const judged = asks.map((detail) => ({ detail, ...judge(asked, vault, detail) }));
  if (judged.every(({ skipped }) => skipped)) throw nothingToDo();
  for (const { detail, disks } of judged)
    if (disks) beginBackup(asked, vault, checkpointId, String(detail.id), disks, parameters);
  const resources = judged.flatMap(({ detail, disks }) => (disks ? [resourceOf(state, vault, String(detail.id))] : []));
  const skipped_resources = judged.flatMap(({ skipped }) => (skipped ? [skipped] : []));
  return {
    checkpoint: {
      id: checkpointId,
      project_id: state.projectId,
      status: "protecting",
      created_at: bare(now),
      vault: { id: vault.id, name: vault.name, resources, skipped_resources },
      extra_info: {
        name: text(parameters, "name") ?? "",
        description: text(parameters, "description") ?? "",
        retention_duration: -1,
      },
    },
  };
}

function nothingToDo(): Error {
  return refusal("BackupService.0001", "There is no resource to back up, or all are being backed up.", 400);
}

type Judged = { readonly disks?: readonly Disk[]; readonly skipped?: JsonObject };

/** What of one resource is to be saved, or why it is left out. */
function judge({ state }: Asked, vault: Vault, detail: JsonObject): Judged {
  const id = String(detail.id);
  const server = state.servers.get(id);
  const disk = state.disks.get(id);
  const type = vault.objectType === "server" ? "OS::Nova::Server" : "OS::Cinder::Volume";
  const name = server?.name ?? disk?.name ?? "";
  const skip = (code: string, reason: string): Judged => ({ skipped: { id, type, name, code, reason } });
  if (!vault.resourceIds.includes(id)) return skip("BackupService.6213", "The resource is not in the vault.");
  if (!(vault.objectType === "server" ? server : disk) || server?.bin)
    return skip("BackupService.6213", "The resource does not exist.");
  if (vault.skips.includes(id)) return skip("BackupService.6204", "The resource cannot be backed up now.");
  const excluded = texts(record(detail, "extra_info"), "exclude_volumes");
  const all = server ? disksOf(state, server) : disk ? [disk] : [];
  const disks = all.filter((one) => !excluded.includes(one.id));
  if (disks.some(({ shareable }) => shareable)) return skip("CSBS.6010", "The server has a shared disk.");
  if (disks.some(({ snapshots }) => snapshots === "refused"))
    return skip("BackupService.6204", "The state of a disk does not allow a backup.");
  if (disks.some((one) => isBeingCopied(state, one.id))) return skip("BackupService.0001", "It is being backed up.");
  return { disks };
}

function beginBackup(
  asked: Asked,
  vault: Vault,
  checkpointId: string,
  resourceId: string,
  disks: readonly Disk[],
  parameters: JsonObject,
): void {
  const { state, ids, now } = asked;
  spendCopies(asked, disks.length, "BackupService.6207");
  const server = state.servers.get(resourceId);
  const id = ids.assign("backup");
  state.backups.set(id, {
    id,
    checkpointId,
    vaultId: vault.id,
    name: text(parameters, "name") ?? `manualbk_${id.slice(0, 4)}`,
    description: text(parameters, "description") ?? "",
    resourceId,
    resourceName: server?.name ?? disks[0]?.name ?? "",
    resourceType: server ? "OS::Nova::Server" : "OS::Cinder::Volume",
    zone: server?.zone ?? disks[0]?.zone ?? "",
    status: "protecting",
    progress: 0,
    disks: disks.map((disk) => ({
      id: disk.id,
      backupId: ids.assign("backup"),
      sizeGiB: disk.snapshots === "too-small" ? Math.max(1, Math.floor(disk.sizeGiB / 2)) : disk.sizeGiB,
      encrypted: disk.keyId !== undefined,
      bootable: disk.bootable,
    })),
    createdAt: now,
  });
  asked.effect(id);
  asked.effect(resourceId);
  if (!disks.some(({ snapshots }) => snapshots === "stuck"))
    asked.later(timings.backupMs, () => endBackup(asked, id, disks));
}

/** One disk that fails fails the whole, since all are of one moment. */
function endBackup({ state, later }: Asked, id: string, disks: readonly Disk[]): void {
  const fails = disks.some(({ snapshots }) => snapshots === "fails");
  change(state.backups, id, { status: fails ? "error" : "available", progress: fails ? 40 : 100 });
  if (disks.some(({ snapshots }) => snapshots === "vanishes")) later(1, () => state.backups.delete(id));
}

function backupWire(state: HuaweiState, backup: Backup): JsonObject {
  const isServer = backup.resourceType === "OS::Nova::Server";
  const size = backup.disks.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  const common = {
    checkpoint_id: backup.checkpointId,
    vault_id: backup.vaultId,
    provider_id: "0daac4c5-6707-4851-97ba-169e36266b66",
    project_id: state.projectId,
    enterprise_project_id: "0",
    image_type: "backup",
    status: backup.status,
    name: backup.name,
    resource_az: backup.zone,
    created_at: zoned(backup.createdAt),
    protected_at: zoned(backup.createdAt),
    updated_at: zoned(backup.createdAt + (backup.status === "protecting" ? 0 : timings.backupMs)),
    expired_at: backup.expiresAt === undefined ? null : zoned(backup.expiresAt),
  };
  const children = backup.disks.map((disk) => ({
    ...common,
    id: disk.backupId,
    parent_id: backup.id,
    resource_id: disk.id,
    resource_name: backup.resourceName,
    resource_type: "OS::Cinder::Volume",
    resource_size: disk.sizeGiB,
    children: [],
    extend_info: { auto_trigger: false, bootable: disk.bootable, encrypted: disk.encrypted, progress: backup.progress },
  }));
  return {
    ...common,
    id: backup.id,
    parent_id: null,
    description: backup.description,
    resource_id: backup.resourceId,
    resource_name: backup.resourceName,
    resource_type: backup.resourceType,
    resource_size: size,
    children: isServer ? children : [],
    extend_info: {
      auto_trigger: false,
      supported_restore_mode: "backup",
      contain_system_disk: backup.disks.some(({ bootable }) => bootable),
      encrypted: backup.disks.some(({ encrypted }) => encrypted),
      progress: backup.progress,
    },
  };
}

function listBackups({ state, query }: Asked): JsonObject {
  const found = [...state.backups.values()].filter(
    (backup) =>
      passes(query, "id", backup.id) &&
      passes(query, "checkpoint_id", backup.checkpointId) &&
      passes(query, "vault_id", backup.vaultId) &&
      passes(query, "name", backup.name) &&
      passes(query, "resource_id", backup.resourceId) &&
      passes(query, "resource_type", backup.resourceType) &&
      passes(query, "status", backup.status),
  );
  return { count: found.length, backups: offsetPage(found, query, 50).map((one) => backupWire(state, one)) };
}

function backupNamed({ state, path }: Asked): Backup {
  return existing(state.backups, path.backup_id ?? "", "BackupService.6300", "backup");
}

function deleteBackup(asked: Asked): undefined {
  const backup = backupNamed(asked);
  if (backup.status === "protecting") throw refusal("BackupService.6302", "The backup is being created.", 400);
  change(asked.state.backups, backup.id, { status: "deleting" });
  asked.effect(backup.id);
  asked.later(timings.diskDeleteMs, () => asked.state.backups.delete(backup.id));
  return undefined;
}

function showCheckpoint({ state, path, now }: Asked): JsonObject {
  const own = [...state.backups.values()].filter(({ checkpointId }) => checkpointId === path.checkpoint_id);
  const [first] = own;
  const vault = state.vaults.get(first?.vaultId ?? "");
  if (!first || !vault) throw refusal("BackupService.6400", "The restore point does not exist.", 404);
  const isOver = own.every(({ status }) => status !== "protecting");
  return {
    checkpoint: {
      id: first.checkpointId,
      project_id: state.projectId,
      status: isOver ? "available" : "protecting",
      created_at: bare(Math.min(first.createdAt, now)),
      vault: { id: vault.id, name: vault.name, resources: [], skipped_resources: [] },
    },
  };
}

function listLogs({ state, query }: Asked): JsonObject {
  const found = [...state.backups.values()].filter(
    ({ resourceId, vaultId, status }) =>
      passes(query, "resource_id", resourceId) &&
      passes(query, "vault_id", vaultId) &&
      passes(query, "status", status === "protecting" ? "running" : status === "error" ? "failed" : "success"),
  );
  const operation_logs = offsetPage(found, query, 50).map((backup) => ({
    id: backup.checkpointId,
    checkpoint_id: backup.checkpointId,
    operation_type: "backup",
    status: backup.status === "protecting" ? "running" : backup.status === "error" ? "failed" : "success",
    vault_id: backup.vaultId,
    started_at: bare(backup.createdAt),
    ended_at: null,
    extra_info: { backup: { backup_id: backup.id, backup_name: backup.name }, common: { progress: backup.progress } },
  }));
  return { count: found.length, operation_logs };
}

const page = "limit:n1-1000 offset:n";

/** What fills the vaults of Cloud Backup and Recovery. */
export const backupActions: HuaweiActions = {
  "cbr:POST /v3/{project_id}/checkpoints": cbr.write(
    "checkpoint{vault_id! parameters{auto_trigger:b description incremental:b name " +
      "resource_details[]{id! type! name extra_info{*}} resources[]}}!",
    createCheckpoint,
  ),
  "cbr:GET /v3/{project_id}/checkpoints/{checkpoint_id}": cbr.read("", showCheckpoint),
  "cbr:GET /v3/{project_id}/backups": cbr.read(
    `${page} checkpoint_id dec end_time image_type marker name parent_id resource_az resource_id resource_name ` +
      "resource_type sort start_time status vault_id enterprise_project_id own_type member_status incremental:b id",
    listBackups,
  ),
  "cbr:GET /v3/{project_id}/backups/{backup_id}": cbr.read("", (asked) => ({
    backup: backupWire(asked.state, backupNamed(asked)),
  })),
  "cbr:DELETE /v3/{project_id}/backups/{backup_id}": cbr.remove("", deleteBackup),
  "cbr:GET /v3/{project_id}/operation-logs": cbr.read(
    `${page} resource_id vault_id status operation_type start_time end_time`,
    listLogs,
  ),
};
