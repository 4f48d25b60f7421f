/*
 * What this library made on Huawei Cloud and takes away again: backups, groups of snapshots, and the vault that a run may
 * make, which bills for as long as it stands and takes all its backups along when it is deleted ("Deleting a Vault", CBR).
 */
import { describe, expect, it } from "vitest";
import type { Effect } from "../../../src/effects.js";
import type { Artifact } from "../../../src/snapshots.js";
import { huaweiWorld, mutations, sent, settle } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const deleteVault = "cbr:DELETE /v3/{project_id}/vaults/{vault_id}";
const deleteBackup = "cbr:DELETE /v3/{project_id}/backups/{backup_id}";
const deleteGroup = "evs:DELETE /v5/{project_id}/snapshot-groups/{snapshot_group_id}";
const addResources = "cbr:POST /v3/{project_id}/vaults/{vault_id}/addresources";
const unexpired = { reason: "a test" };
const day = 24 * 3_600_000;
const inVault = { runId: "run-1", method: "backup", cloudOptions: { createVault: true } } as const;

async function found(world: HuaweiWorld, selector = {}): Promise<readonly Artifact[]> {
  const artifacts: Artifact[] = [];
  for await (const artifact of world.adapter.findOwnArtifacts(selector)) artifacts.push(artifact);
  return artifacts;
}

/** A server that was saved into a vault of its run. */
async function saved() {
  const world = await huaweiWorld();
  world.seed([{ id: "web", disks: [{ id: "root", role: "system" }] }]);
  const [outcome] = await world.adapter.snapshot([world.id("web")], inVault);
  expect(outcome?.status).toBe("completed");
  const artifacts = await found(world, { runId: "run-1" });
  const one = (kind: Artifact["kind"]) => artifacts.find((artifact) => artifact.kind === kind) ?? expect.fail(kind);
  return { world, outcome, artifacts, vault: one("vault"), backup: one("backup") };
}

describe("what a run made on Huawei Cloud", () => {
  it("S15 is found with run, server and end: a backup and the vault it is in", async () => {
    const { world, artifacts, vault, backup } = await saved();
    expect(artifacts).toHaveLength(2);
    expect(vault).toMatchObject({ runId: "run-1", attempt: 1, instanceIds: [world.id("web")] });
    expect(backup).toMatchObject({ runId: "run-1", diskIds: [world.id("root")] });
    expect(vault.expiresAt).toBe(backup.expiresAt);
    expect(await found(world, { runId: "run-2" })).toEqual([]);
    expect(await found(world, { expiredBefore: new Date(world.clock.now() + 29 * day).toISOString() })).toEqual([]);
    expect(await found(world, { expiredBefore: new Date(world.clock.now() + 32 * day).toISOString() })).toHaveLength(2);
  });

  it("goes together: the backup first, then the vault that it leaves empty", async () => {
    const { world, vault, backup } = await saved();
    const from = world.requests.length;
    const outcomes = await world.adapter.removeArtifacts([vault, backup], { unexpired });
    expect(outcomes.map(({ artifact, status }) => [artifact.kind, status])).toEqual([
      ["vault", "removed"],
      ["backup", "removed"],
    ]);
    expect(mutations(world, from).map(({ api }) => api)).toEqual([deleteBackup, deleteVault]);
    await settle(world);
    expect(await found(world)).toEqual([]);
  });

  it("S15 leaves a vault that still holds a backup, which would go with it", async () => {
    const { world, vault } = await saved();
    const from = world.requests.length;
    const [outcome] = await world.adapter.removeArtifacts([vault], { unexpired });
    expect(outcome).toMatchObject({ status: "blocked", problem: { code: "data-loss" } });
    expect(mutations(world, from)).toEqual([]);
    expect(world.view().snapshots).toHaveLength(1);
  });

  it("S15 leaves a vault into which somebody saved something right before", async () => {
    const { world, vault, backup } = await saved();
    await world.adapter.removeArtifacts([backup], { unexpired });
    await settle(world);
    const onEvent = (event: { readonly type: string; readonly api?: string }) => {
      if (event.type !== "request" || event.api !== "cbr:GET /v3/{project_id}/policies") return;
      world.meddle({ add: { owners: [{ kind: "backup", id: "theirs", members: ["web"] }] } });
    };
    const [outcome] = await world.adapter.removeArtifacts([vault], { onEvent });
    expect(outcome).toMatchObject({ status: "blocked", problem: { code: "data-loss" } });
    expect([sent(world, deleteVault), world.holds("theirs")]).toEqual([[], true]);
  });

  it("leaves a vault that a policy fills by now: somebody uses it", async () => {
    const { world, vault, backup } = await saved();
    world.meddle({ add: { owners: [{ kind: "backup-policy", id: "nightly", members: ["web"] }] } });
    const outcomes = await world.adapter.removeArtifacts([backup, vault], { unexpired });
    expect(outcomes).toMatchObject([{ status: "removed" }, { status: "blocked", problem: { code: "dependency" } }]);
    expect(sent(world, deleteVault)).toEqual([]);
  });

  it("S15 takes a vault with the name of a run and other words for nobody's of ours", async () => {
    const { world, vault } = await saved();
    world.seed({ backupVault: { id: "vault" } });
    const stranger = { ...vault, id: world.id("vault") };
    const [outcome] = await world.adapter.removeArtifacts([stranger], { unexpired });
    expect(outcome).toMatchObject({ status: "blocked", problem: { code: "conflict" } });
    expect((await found(world)).map(({ id }) => id)).not.toContain(world.id("vault"));
  });

  it("is taken back where nothing was saved into the vault, and left where something was", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: addResources });
    const [outcome] = await world.adapter.snapshot([world.id("web")], inVault);
    expect(outcome?.status).toBe("failed");
    const [made] = outcome?.effects ?? [];
    expect(made?.undo).toMatchObject({ action: "remove-artifact", artifact: { kind: "vault" } });
    expect(await world.adapter.revert(made ? [made] : [])).toMatchObject([{ status: "reverted" }]);
    expect(await world.adapter.revert(made ? [made] : [])).toMatchObject([{ status: "already-reverted" }]);
    const full = await saved();
    const effects = full.outcome?.effects.filter(({ undo }) => "action" in undo) ?? [];
    expect(effects).toHaveLength(1);
    expect(await full.world.adapter.revert(effects)).toMatchObject([{ status: "not-reverted", cause: "impossible" }]);
    expect(full.world.view().snapshots).toHaveLength(1);
  });

  it("is taken back by the name it was announced with, where the answer that named it was lost", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const announced: Effect[] = [];
    const recorder = {
      intent: async (intent: { readonly api: string; readonly effects: readonly Effect[] }) => {
        if (intent.api.endsWith("POST /v3/{project_id}/vaults")) announced.push(...intent.effects);
      },
      settled: async () => {},
    };
    world.faults.add({ fault: "deny", api: addResources });
    await world.adapter.snapshot([world.id("web")], { ...inVault, recorder });
    expect(announced).toHaveLength(1);
    expect(await world.adapter.revert(announced)).toMatchObject([{ status: "reverted" }]);
    expect(await found(world)).toEqual([]);
  });

  it("S15 is a group of snapshots, which goes as one and takes nobody else's along", async () => {
    const world = await huaweiWorld();
    world.seed({
      instances: [{ id: "web", disks: [{ id: "root", role: "system" }, { role: "data" }] }],
      owners: [
        { kind: "snapshot", id: "old", members: ["root"], variant: "legacy" },
        { kind: "snapshot", id: "single", members: ["root"], variant: "standard" },
      ],
    });
    await world.adapter.snapshot([world.id("web")], { runId: "run-1" });
    const [group] = await found(world);
    expect(group).toMatchObject({ kind: "snapshot-group", instanceIds: [world.id("web")] });
    if (!group) return;
    for (const name of ["old", "single"]) {
      const [outcome] = await world.adapter.removeArtifacts([{ ...group, id: world.id(name) }], { unexpired });
      expect(outcome).toMatchObject({ status: "blocked", problem: { code: "conflict" } });
    }
    const from = world.requests.length;
    expect(await world.adapter.removeArtifacts([group])).toMatchObject([{ status: "blocked" }]);
    expect(await world.adapter.removeArtifacts([group], { unexpired, dryRun: true })).toMatchObject([
      { status: "would-remove" },
    ]);
    expect(mutations(world, from)).toEqual([]);
    expect(await world.adapter.removeArtifacts([group], { unexpired })).toMatchObject([{ status: "removed" }]);
    await settle(world);
    expect(mutations(world, from).map(({ api }) => api)).toEqual([deleteGroup]);
    expect([world.holds("old"), world.holds("single"), world.view().snapshots.length]).toEqual([true, true, 2]);
    expect(await world.adapter.removeArtifacts([group], { unexpired })).toMatchObject([{ status: "already-gone" }]);
  });
});
