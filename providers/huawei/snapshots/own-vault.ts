import type { Removal } from "../../../src/artifact-removal.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { pollUntil } from "../../../src/poll.js";
import type { Artifact } from "../../../src/snapshots.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { copyName } from "../copies.js";
import { momentOf } from "../times.js";

/** Largest page of CBR's listings (limit). */
const pageLimit = 1000;
/** Backups that were deleted are gone from their vault within minutes. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 5 * 60_000 };

/** What a vault that was made for a run is known by. */
export interface VaultMark {
  readonly runId: string;
  readonly attempt: number;
  readonly expiresAt: string;
}

/** The description of a vault that is made, which tells whose it is: it holds 255 characters ("Creating a Vault"). */
export function vaultNote({ runId, attempt, expiresAt }: VaultMark, serverId: string): string {
  return JSON.stringify({ run: runId, attempt, until: expiresAt, server: serverId });
}

/** A vault that this library made, by its name and description; `undefined` for any other. */
export function ownVault(
  { scope }: HuaweiCall,
  row: { readonly id: string; readonly name: string; readonly description: string; readonly createdAt: string },
): Artifact | undefined {
  const note = noteIn(row.description);
  if (!note || row.name !== copyName(note)) return undefined;
  const { runId, attempt, expiresAt, serverId } = note;
  return {
    ...scope,
    kind: "vault",
    id: row.id,
    runId,
    attempt,
    instanceIds: [serverId],
    diskIds: [],
    createdAt: row.createdAt,
    tags: {},
    expiresAt,
  };
}

function noteIn(description: string): (VaultMark & { readonly serverId: string }) | undefined {
  try {
    const note = new Wire(JSON.parse(description), "description");
    const expiresAt = note.date("until");
    if (expiresAt === undefined) return undefined;
    return { runId: note.need("run"), attempt: note.number("attempt") ?? 0, expiresAt, serverId: note.need("server") };
  } catch {
    // Somebody else's words.
    return undefined;
  }
}

/** Every vault of the project by its id, each as an artifact where it is ours. */
export async function readVaultsNow(call: HuaweiCall): Promise<ReadonlyMap<string, Artifact | undefined>> {
  const list = { field: "vaults", limit: pageLimit, by: "offset" } as const;
  const rows = await call.pages("cbr", "GET /v3/{project_id}/vaults", {}, list);
  return new Map(
    rows.map((row) => {
      const id = row.need("id");
      const createdAt = momentOf(row.text("created_at")) ?? "";
      const description = row.text("description") ?? "";
      return [id, ownVault(call, { id, name: row.text("name") ?? "", description, createdAt })];
    }),
  );
}

/**
 * Deletes a vault of ours once nothing is in it: with a vault go all its backups, anybody's ("Deleting a Vault"). One that
 * a policy fills has become somebody's.
 */
export async function removeVault(
  call: HuaweiCall,
  { id, instanceIds }: Artifact,
  effects: readonly Effect[],
): Promise<Removal> {
  let looks = 0;
  const { last } = await pollUntil(
    call.requests,
    pace,
    () => statesIn(call, id),
    (states) => {
      looks += 1;
      // What is deleted beside it is seen to go with the next look.
      return states.length === 0 || (looks > 1 && !states.includes("deleting"));
    },
  );
  if (last.length > 0) return { kind: "kept", problem: notEmpty(id, last.length) };
  if (await hasPolicy(call, id)) return { kind: "kept", problem: inUse(id) };
  const answer = await call.requests.mutate({
    service: "cbr",
    action: "DELETE /v3/{project_id}/vaults/{vault_id}",
    parameters: { path: { vault_id: id } },
    instanceIds,
    effects,
    justBefore: async () => {
      const { length } = await statesIn(call, id);
      return length === 0 ? undefined : notEmpty(id, length);
    },
    confirm: confirmByReading(call.requests, async () => !(await readVaultsNow(call)).has(id)),
  });
  return { kind: "sent", answer };
}

/** The states of all backups in a vault, of servers and of disks. */
async function statesIn(call: HuaweiCall, vaultId: string): Promise<readonly string[]> {
  const list = { field: "backups", limit: pageLimit, by: "offset" } as const;
  const rows = await call.pages("cbr", "GET /v3/{project_id}/backups", { query: { vault_id: vaultId } }, list);
  return rows.map((row) => row.text("status") ?? "unknown");
}

async function hasPolicy(call: HuaweiCall, vaultId: string): Promise<boolean> {
  const query = { vault_id: vaultId };
  const { body } = await call.read("cbr", "GET /v3/{project_id}/policies", { query });
  return body.needList("policies").length > 0;
}

function notEmpty(id: string, count: number): Problem {
  return {
    code: "data-loss",
    message: `The vault ${id} holds ${count} backups, which would go with it.`,
    hint: "Remove them first, each by itself.",
    cloud: "huawei",
  };
}

function inUse(id: string): Problem {
  return {
    code: "dependency",
    message: `A policy fills the vault ${id}, which was made for a run: somebody uses it.`,
    hint: "Take the policy off it first, if it is yours to decide.",
    cloud: "huawei",
  };
}
