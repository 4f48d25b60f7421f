/*
 * How servers are saved: by a backup into a vault, else by a group of standard snapshots, and never by what dies with its
 * disk. Sources: "Creating a Restore Point" (cbr_04_0014), "Snapshots of the old kind" and "Standard snapshots" (EVS user
 * guide).
 */
import { describe, expect, it } from "vitest";
import { adapterReading, expectBlocked, huaweiWorld, mutations, sent, settle } from "./for-test.js";

const checkpoint = "cbr:POST /v3/{project_id}/checkpoints";
const addResources = "cbr:POST /v3/{project_id}/vaults/{vault_id}/addresources";
const createVault = "cbr:POST /v3/{project_id}/vaults";
const createGroup = "evs:POST /v5/{project_id}/snapshot-groups";
const vaults = "cbr:GET /v3/{project_id}/vaults";
const groups = "evs:GET /v5/{project_id}/snapshot-groups/detail";
const runId = "run-1";

/** A server with two disks. */
const web = { id: "web", disks: [{ role: "system" }, { id: "data", role: "data" }] } as const;

describe("saving servers of Huawei Cloud", () => {
  it("backs a server up into the vault that the caller names, and puts it in there as an effect", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [web], backupVault: { id: "vault" } });
    const cloudOptions = { vaultId: world.id("vault") };
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId, cloudOptions });
    expect(outcome).toMatchObject({ status: "completed", proofs: [{ kind: "backup" }, { kind: "backup" }] });
    expect(mutations(world).map(({ api }) => api)).toEqual([addResources, checkpoint]);
    expect(outcome?.effects.some(({ undo }) => "impossible" in undo)).toBe(true);
  });

  it("uses the vault that a server is in without being asked", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [web, { id: "other" }], backupVault: { id: "vault" } });
    await world.adapter.snapshot([world.id("web")], { runId, cloudOptions: { vaultId: world.id("vault") } });
    const before = world.requests.length;
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId: "run-2" });
    expect(outcome).toMatchObject({ status: "completed", proofs: [{ kind: "backup" }, { kind: "backup" }] });
    expect(mutations(world, before).map(({ api }) => api)).toEqual([checkpoint]);
  });

  it("makes a vault only where that is allowed, and one for all servers of the run", async () => {
    const world = await huaweiWorld();
    world.seed([web, { id: "other" }]);
    const ids = [world.id("web"), world.id("other")];
    const outcomes = await world.adapter.snapshot(ids, {
      runId,
      method: "backup",
      cloudOptions: { createVault: true },
    });
    expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed"]);
    expect(sent(world, createVault)).toHaveLength(1);
    expect(sent(world, addResources)).toHaveLength(2);
  });

  it("makes no vault of its own accord", async () => {
    const world = await huaweiWorld();
    world.seed([web]);
    expectBlocked((await world.adapter.snapshot([world.id("web")], { runId, method: "backup" }))[0], "unsupported");
    expect(mutations(world)).toEqual([]);
  });

  it("S10 believes no backup where the vault has nothing that it would save", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [web], backupVault: { id: "vault", skips: ["web"] } });
    const cloudOptions = { vaultId: world.id("vault") };
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId, cloudOptions });
    expect(outcome).toMatchObject({ status: "failed", proofs: [], problem: { cloudCode: "BackupService.0001" } });
  });

  // "skipped_resources" (CreateCheckpoint): what is left out is no error. Whether that holds for all of them, no page says.
  it("S10 believes no backup that the vault left the server out of, although it answers success", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [web], backupVault: { id: "vault", skips: ["web"] } });
    const skipped = { id: world.id("web"), type: "OS::Nova::Server", code: "BackupService.6204", reason: "not now" };
    const adapter = await adapterReading(world, (path, text, answer) => {
      if (!path.endsWith("/checkpoints") || answer.status < 400) return text;
      answer.status = 200;
      return JSON.stringify({ checkpoint: { id: world.id("vault"), vault: { skipped_resources: [skipped] } } });
    });
    const from = world.clock.now();
    const options = { runId, cloudOptions: { vaultId: world.id("vault") } };
    const [outcome] = await adapter.snapshot([world.id("web")], options);
    expect(outcome).toMatchObject({ status: "failed", proofs: [], problem: { cloudCode: "BackupService.6204" } });
    // Nothing was started that could be waited for.
    expect(world.clock.now() - from).toBeLessThan(60 * 60_000);
  });

  it("takes a group of standard snapshots, all of one moment, where the server is in no vault", async () => {
    const world = await huaweiWorld();
    world.seed([web]);
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId });
    expect(outcome).toMatchObject({
      status: "completed",
      proofs: [{ kind: "snapshot-group" }, { kind: "snapshot-group" }],
    });
    expect(mutations(world).map(({ api }) => api)).toEqual([createGroup]);
  });

  it("S10 never falls back to snapshots of the old kind, which die with their disk", async () => {
    const world = await huaweiWorld();
    world.seed([web]);
    world.faults.add({ fault: "error", api: groups, cloudCode: "APIGW.0101", httpStatus: 404 });
    expectBlocked((await world.adapter.snapshot([world.id("web")], { runId }))[0], "unsupported");
    expect(mutations(world)).toEqual([]);
  });

  it("S10 takes a snapshot of the old kind for no proof", async () => {
    const world = await huaweiWorld();
    world.seed({
      instances: [web],
      owners: [{ kind: "snapshot", id: "old", members: ["web"] }],
    });
    const [saved] = await world.adapter.snapshot([world.id("web")], { runId });
    const proofs = saved?.status === "completed" ? saved.proofs : [];
    const claimed = proofs.map((proof) => ({ ...proof, id: world.id("old") }));
    const [outcome] = await world.adapter.terminate([world.id("web")], { data: { proofs: claimed } });
    expectBlocked(outcome, "missing-snapshot-proof");
    expect(world.holds("web")).toBe(true);
  });

  it("saves the disks of a shared kind by snapshots, and says that a backup leaves them out", async () => {
    const world = await huaweiWorld();
    const shared = { id: "both", role: "data", medium: "shared" } as const;
    world.seed({ instances: [{ id: "web", disks: [{ role: "system" }, shared] }], backupVault: { id: "vault" } });
    const cloudOptions = { vaultId: world.id("vault") };
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId, cloudOptions });
    expect(outcome).toMatchObject({ proofs: [{ kind: "backup" }], unprotected: [{ diskId: world.id("both") }] });
  });

  it("asks for one backup once, however its answer is lost", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [web], backupVault: { id: "vault" } });
    world.faults.add({ fault: "drop-after", api: checkpoint, landsAfterMs: 5_000 });
    const cloudOptions = { vaultId: world.id("vault") };
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId, cloudOptions });
    expect(outcome).toMatchObject({ status: "completed" });
    await settle(world);
    expect(sent(world, checkpoint)).toHaveLength(1);
  });

  it("refuses tags that a backup's description cannot hold, before anything is sent", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [web], backupVault: { id: "vault" } });
    const tags = { why: "x".repeat(200) };
    const options = { runId, method: "backup", tags, cloudOptions: { vaultId: world.id("vault") } } as const;
    expectBlocked((await world.adapter.snapshot([world.id("web")], options))[0], "unsupported");
    expect(mutations(world)).toEqual([]);
  });

  it("S11 ends a server on the proofs of its backup, and on none whose backup is gone", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [web], backupVault: { id: "vault" } });
    const cloudOptions = { vaultId: world.id("vault") };
    const [saved] = await world.adapter.snapshot([world.id("web")], { runId, cloudOptions });
    const proofs = saved?.status === "completed" ? saved.proofs : [];
    const lost = proofs.map((proof) => ({ ...proof, id: world.id("vault") }));
    expectBlocked(
      (await world.adapter.terminate([world.id("web")], { data: { proofs: lost } }))[0],
      "missing-snapshot-proof",
    );
    expect((await world.adapter.terminate([world.id("web")], { data: { proofs } }))[0]?.status).toBe("accepted");
  });

  it("goes on with snapshots where vaults cannot be read, and says why where a backup was asked for", async () => {
    const world = await huaweiWorld();
    world.seed([web]);
    world.faults.add({ fault: "deny", api: vaults });
    const asked = await world.adapter.snapshot([world.id("web")], { runId, method: "backup" });
    expectBlocked(asked[0], "access-denied");
    expect((await world.adapter.snapshot([world.id("web")], { runId }))[0]?.status).toBe("completed");
  });
});
