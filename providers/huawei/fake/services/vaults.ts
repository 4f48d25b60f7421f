import type { JsonObject } from "../../../../src/common.js";
import { number, record, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { offsetPage, passes } from "../list.js";
import type { Disk, Server, Vault } from "../records.js";
import { type Asked, cbr } from "../service.js";
import { change, existing, type HuaweiActions, type HuaweiState } from "../state.js";
import { bare } from "../times.js";

/** What a vault protects, with its size. */
export function resourceOf(state: HuaweiState, vault: Vault, id: string): JsonObject {
  const server = state.servers.get(id);
  const disk = state.disks.get(id);
  const own = [...state.backups.values()].filter((backup) => backup.vaultId === vault.id && backup.resourceId === id);
  return {
    id,
    name: server?.name ?? disk?.name ?? "",
    type: vault.objectType === "server" ? "OS::Nova::Server" : "OS::Cinder::Volume",
    extra_info: {},
    protect_status: "available",
    size: server ? sizeOf(state, server) : (disk?.sizeGiB ?? 0),
    backup_size: own.length * 1_024,
    backup_count: own.length,
  };
}

/** The EVS disks of a server. */
export function disksOf(state: HuaweiState, server: Server): readonly Disk[] {
  return server.attachments.flatMap(({ diskId }) => state.disks.get(diskId) ?? []);
}

function sizeOf(state: HuaweiState, server: Server): number {
  return disksOf(state, server).reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
}

function allocated(state: HuaweiState, vault: Vault): number {
  return vault.resourceIds.reduce((sum, id) => sum + Number(resourceOf(state, vault, id).size), 0);
}

function vaultWire(state: HuaweiState, vault: Vault): JsonObject {
  return {
    id: vault.id,
    name: vault.name,
    description: vault.description ?? "",
    project_id: state.projectId,
    provider_id: "0daac4c5-6707-4851-97ba-169e36266b66",
    user_id: "38d65be2ecd840d19046e239e841a734",
    enterprise_project_id: "0",
    auto_bind: false,
    auto_expand: false,
    created_at: bare(vault.createdAt),
    tags: Object.entries(vault.tags).map(([key, value]) => ({ key, value })),
    resources: vault.resourceIds.map((id) => resourceOf(state, vault, id)),
    billing: {
      allocated: allocated(state, vault),
      charging_mode: "post_paid",
      cloud_type: "public",
      consistent_level: "crash_consistent",
      object_type: vault.objectType,
      protect_type: "backup",
      size: vault.sizeGiB,
      spec_code: "vault.backup.server.normal",
      status: "available",
      storage_unit: "vault",
      used: 0,
    },
  };
}

/** `resource_ids` are one text, apart by commas. */
function listVaults({ state, query }: Asked): JsonObject {
  const ids = text(query, "resource_ids")?.split(",");
  const found = [...state.vaults.values()].filter(
    (vault) =>
      (ids === undefined || ids.some((id) => vault.resourceIds.includes(id))) &&
      passes(query, "id", vault.id) &&
      passes(query, "name", vault.name) &&
      passes(query, "policy_id", vault.policyId) &&
      passes(query, "object_type", vault.objectType),
  );
  return { count: found.length, vaults: offsetPage(found, query, 50).map((vault) => vaultWire(state, vault)) };
}

function vaultNamed({ state, path }: Asked): Vault {
  return existing(state.vaults, path.vault_id ?? "", "BackupService.6200", "vault");
}

function createVault(asked: Asked): JsonObject {
  const { state, ids, now } = asked;
  const wanted = record(asked.body, "vault");
  const billing = record(wanted, "billing");
  const vault: Vault = {
    id: ids.assign("vault"),
    name: text(wanted, "name") ?? "",
    description: text(wanted, "description") ?? "",
    objectType: text(billing, "object_type") === "disk" ? "disk" : "server",
    sizeGiB: number(billing, "size") ?? 0,
    resourceIds: records(wanted, "resources").map(({ id }) => String(id)),
    skips: [],
    createdAt: now,
    tags: Object.fromEntries(records(wanted, "tags").map(({ key, value }) => [String(key), String(value)])),
  };
  for (const id of vault.resourceIds) refuseTaken(asked, id);
  state.vaults.set(vault.id, vault);
  asked.effect(vault.id);
  return { vault: vaultWire(state, vault) };
}

/** A server is in one vault at most. */
function refuseTaken({ state }: Asked, id: string): void {
  if (!state.servers.has(id) && !state.disks.has(id))
    throw refusal("BackupService.6213", `The resource ${id} does not exist.`, 400);
  if ([...state.vaults.values()].some(({ resourceIds }) => resourceIds.includes(id)))
    throw refusal("BackupService.6217", `The resource ${id} is bound to a vault already.`, 400);
}

/** As far as there is room: capacity counts by the size of the disks. */
function addResources(asked: Asked): JsonObject {
  const { state } = asked;
  const vault = vaultNamed(asked);
  const ids = records(asked.body, "resources").map(({ id }) => String(id));
  for (const id of ids) refuseTaken(asked, id);
  const grown = { ...vault, resourceIds: [...vault.resourceIds, ...ids] };
  if (allocated(state, grown) > vault.sizeGiB)
    throw refusal("BackupService.6207", "The vault has not enough space.", 400);
  state.vaults.set(vault.id, grown);
  for (const id of ids) asked.effect(id);
  return { add_resource_ids: ids };
}

function removeResources(asked: Asked): JsonObject {
  const vault = vaultNamed(asked);
  const ids = texts(asked.body, "resource_ids");
  change(asked.state.vaults, vault.id, { resourceIds: vault.resourceIds.filter((id) => !ids.includes(id)) });
  for (const id of ids) asked.effect(id);
  return { remove_resource_ids: ids };
}

function deleteVault(asked: Asked): undefined {
  const vault = vaultNamed(asked);
  asked.state.vaults.delete(vault.id);
  for (const backup of asked.state.backups.values())
    if (backup.vaultId === vault.id) asked.state.backups.delete(backup.id);
  asked.effect(vault.id);
  return undefined;
}

/** Policies that fill vaults by the clock. */
function listPolicies({ state, query }: Asked): JsonObject {
  const ids = [...new Set([...state.vaults.values()].flatMap(({ policyId }) => policyId ?? []))];
  const policies = ids
    .filter((id) => {
      const vaults = [...state.vaults.values()].filter(({ policyId }) => policyId === id);
      return passes(query, "vault_id", ...vaults.map((vault) => vault.id));
    })
    .map((id) => ({
      id,
      name: `policy-${id.slice(0, 4)}`,
      enabled: true,
      operation_type: "backup",
      operation_definition: { retention_duration_days: 30 },
      trigger: { type: "time" },
      associated_vaults: [...state.vaults.values()]
        .filter(({ policyId }) => policyId === id)
        .map((vault) => ({ vault_id: vault.id, destination_vault_id: "" })),
    }));
  return { count: policies.length, policies };
}

const page = "limit:n1-1000 offset:n";

/** Vaults of Cloud Backup and Recovery. */
export const vaultActions: HuaweiActions = {
  "cbr:GET /v3/{project_id}/vaults": cbr.read(
    `${page} name cloud_type protect_type object_type enterprise_project_id id policy_id status resource_ids`,
    listVaults,
  ),
  "cbr:POST /v3/{project_id}/vaults": cbr.write(
    "vault{name! description resources[]{id! type! name extra_info{*}} tags[]{key! value} enterprise_project_id " +
      "auto_bind:b auto_expand:b backup_policy_id billing{cloud_type consistent_level! object_type=server|disk|turbo! " +
      "protect_type=backup|replication! size:n1-10485760! charging_mode=post_paid|pre_paid period_type period_num:n}!}!",
    createVault,
  ),
  "cbr:GET /v3/{project_id}/vaults/{vault_id}": cbr.read("", (asked) => ({
    vault: vaultWire(asked.state, vaultNamed(asked)),
  })),
  "cbr:DELETE /v3/{project_id}/vaults/{vault_id}": cbr.remove("", deleteVault),
  "cbr:POST /v3/{project_id}/vaults/{vault_id}/addresources": cbr.write(
    "resources[]{id! type=OS::Nova::Server|OS::Cinder::Volume! name extra_info{*}}!",
    addResources,
  ),
  "cbr:POST /v3/{project_id}/vaults/{vault_id}/removeresources": cbr.write("resource_ids[]!", removeResources),
  "cbr:GET /v3/{project_id}/policies": cbr.read(`${page} operation_type vault_id`, listPolicies),
};
