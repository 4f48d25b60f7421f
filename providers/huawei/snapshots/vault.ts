import { isoNow } from "../../../src/clock.js";
import type { JsonObject } from "../../../src/common.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { invalidRequest, type Problem } from "../../../src/errors.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { copyName } from "../copies.js";
import type { SeenInstance } from "../record.js";
import { ownVault, type VaultMark, vaultNote } from "./own-vault.js";

/** Largest page of vaults ("Querying the Vault List", limit). */
const pageLimit = 1000;
/** Room of a vault that is made: what the disks hold, with a tenth for what changes while they are copied. */
const roomFactor = 1.1;

/** A vault for server backups. */
export interface Vault {
  readonly id: string;
  readonly name: string;
  readonly serverIds: readonly string[];
}

/** What a caller has said about vaults, from `cloudOptions`. */
export interface VaultWishes {
  /** A vault to put servers into that are in none. */
  readonly vaultId?: string;
  /** Whether a vault may be made, which bills by its size for as long as it stands. */
  readonly createVault: boolean;
}

const vaultIdForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads `cloudOptions`. Throws `invalid-request` before anything is sent. */
export function vaultWishesOf({ vaultId, createVault = false }: JsonObject = {}): VaultWishes {
  if (vaultId !== undefined && !(typeof vaultId === "string" && vaultIdForm.test(vaultId))) {
    throw invalidRequest("`cloudOptions.vaultId` is no id.", `An id looks like ${vaultIdForm.source}.`);
  }
  if (typeof createVault !== "boolean") {
    throw invalidRequest("`cloudOptions.createVault` is neither true nor false.", "It allows a vault, which bills.");
  }
  return { ...(vaultId === undefined ? {} : { vaultId }), createVault };
}

/** The vaults for servers of the project. */
export async function readVaults(call: HuaweiCall): Promise<readonly Vault[]> {
  const list = { field: "vaults", limit: pageLimit, by: "offset" } as const;
  const query = { object_type: "server" };
  return (await call.pages("cbr", "GET /v3/{project_id}/vaults", { query }, list)).map((row) => ({
    id: row.need("id"),
    name: row.text("name") ?? "",
    serverIds: row.list("resources").flatMap((resource) => resource.text("id") ?? []),
  }));
}

/** What became of finding a vault for a server. */
export type VaultReading =
  | { readonly vaultId: string; readonly effects: readonly Effect[] }
  | { readonly problem: Problem; readonly sent: boolean; readonly effects: readonly Effect[] };

/**
 * Sees to it that a server is in a vault. Only a vault that the caller named takes a server in, for a vault's policy then
 * copies it from time to time; only where the caller allows it is one made, with room for all that are saved `together`.
 */
export async function vaultFor(
  call: HuaweiCall,
  seen: SeenInstance,
  request: VaultMark,
  wishes: VaultWishes,
  together: readonly SeenInstance[],
): Promise<VaultReading> {
  const { id } = seen.record;
  const vaults = await readVaults(call);
  const own = vaults.find(({ serverIds }) => serverIds.includes(id));
  if (own) return { vaultId: own.id, effects: [] };
  const name = copyName(request);
  const given = wishes.vaultId ?? vaults.find((vault) => vault.name === name)?.id;
  if (given !== undefined) return await addTo(call, given, id);
  const inNone = together.filter(({ record }) => !vaults.some(({ serverIds }) => serverIds.includes(record.id)));
  const made = await createVault(call, seen, request, heldBy(inNone));
  if ("problem" in made) return made;
  const added = await addTo(call, made.vaultId, id);
  return { ...added, effects: [...made.effects, ...added.effects] };
}

async function addTo(call: HuaweiCall, vaultId: string, serverId: string): Promise<VaultReading> {
  const effects = [vaultEffect(call, serverId, `${vaultId}/${serverId}`)];
  const answer = await call.requests.mutate({
    service: "cbr",
    action: "POST /v3/{project_id}/vaults/{vault_id}/addresources",
    parameters: {
      path: { vault_id: vaultId },
      body: { resources: [{ id: serverId, type: "OS::Nova::Server" }] },
    },
    instanceIds: [serverId],
    effects,
    confirm: confirmByReading(call.requests, async () =>
      (await readVaults(call)).some((vault) => vault.id === vaultId && vault.serverIds.includes(serverId)),
    ),
  });
  if (answer.effect === "applied") return { vaultId, effects };
  const sent = answer.effect === "unknown" || answer.sent;
  return { problem: answer.problem, sent, effects: answer.effect === "unknown" ? effects : [] };
}

/** What the disks of servers hold: a vault counts their size, and takes in nothing that is beyond its own. */
function heldBy(servers: readonly SeenInstance[]): number {
  const disks = servers.flatMap(({ record }) => record.disks);
  return disks.reduce((sum, { sizeGiB }) => sum + (sizeGiB === "unknown" ? 0 : sizeGiB), 0);
}

async function createVault(
  call: HuaweiCall,
  { record }: SeenInstance,
  request: VaultMark,
  held: number,
): Promise<VaultReading> {
  const name = copyName(request);
  const description = vaultNote(request, record.id);
  const effectOf = (id: string): Effect => {
    const artifact = ownVault(call, { id, name, description, createdAt: isoNow(call.requests.clock) });
    const base = vaultEffect(call, record.id, id);
    return artifact ? { ...base, undo: { action: "remove-artifact", artifact } } : base;
  };
  // The id is not known yet; the name is as good as one.
  const announced = [effectOf(name)];
  const found = async () => (await readVaults(call)).find((vault) => vault.name === name)?.id;
  const answer = await call.requests.mutate({
    service: "cbr",
    action: "POST /v3/{project_id}/vaults",
    parameters: {
      body: {
        vault: {
          name,
          billing: {
            cloud_type: "public",
            consistent_level: "crash_consistent",
            object_type: "server",
            protect_type: "backup",
            charging_mode: "post_paid",
            size: Math.ceil(held * roomFactor),
          },
          description,
          resources: [],
        },
      },
    },
    instanceIds: [record.id],
    effects: announced,
    createdIds: (body) => [new Wire(body, "CreateVault").object("vault")?.text("id") ?? []].flat(),
    confirm: confirmByReading(call.requests, async () => (await found()) !== undefined),
  });
  if (answer.effect === "applied") {
    const vaultId = answer.ids?.[0] ?? (await found());
    if (vaultId !== undefined) return { vaultId, effects: [effectOf(vaultId)] };
  }
  const sent = answer.effect !== "not-applied" || answer.sent;
  return { problem: answer.problem ?? unnamed, sent, effects: answer.effect === "not-applied" ? [] : announced };
}

function vaultEffect(call: HuaweiCall, instanceId: string, id: string): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "backup", id },
    instanceIds: [instanceId],
    undo: { impossible: "The server stays in the vault, which holds its backup: it is taken out in the console." },
  };
}

const unnamed: Problem = {
  code: "service",
  message: "CBR made a vault and does not tell its id.",
  hint: "Look for it by its name in the console.",
  cloud: "huawei",
};
