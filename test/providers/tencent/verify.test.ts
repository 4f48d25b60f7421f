import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import { aftermathTable, verifyDeleted } from "../../../providers/tencent/verify.js";
import type { DependencyKind, DependencyReport } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import type { DeletionVerdict } from "../../../src/verification.js";
import { byAnotherTool, discard, sent, sighting, tencentWorld } from "./for-test.js";
import type { TencentWorld } from "./world.js";

const patience = { deadlineMs: 5 * 60_000 } as const;

/** A world in which `web` was seen, with what hung on it, and then ended. A bystander stays. */
async function ended(seed: WorldSeed): Promise<{
  readonly world: TencentWorld;
  readonly record: InstanceRecord;
  readonly before: DependencyReport;
}> {
  const world = await tencentWorld();
  world.seed({ ...seed, instances: [...(seed.instances ?? []), { id: "bystander" }] });
  const record = await sighting(world, "web");
  const before = await listDependencies(world.open, [record]);
  await byAnotherTool(world, "cvm:TerminateInstances", { InstanceIds: [record.id] });
  await world.clock.advance(20_000);
  return { world, record, before };
}

async function verdictOn({ world, record, before }: Awaited<ReturnType<typeof ended>>): Promise<DeletionVerdict> {
  const [verdict] = await verifyDeleted(world.open, [record], { before, ...patience });
  if (!verdict) throw new Error("There is no verdict.");
  return verdict;
}

const left = (verdict: DeletionVerdict, kind: DependencyKind) => verdict.leftovers.filter((one) => one.kind === kind);

describe("the verdict", () => {
  it("S01 is clean where nothing is left and every kind was checked", async () => {
    const verdict = await verdictOn(await ended({ instances: [{ id: "web" }] }));
    expect(verdict.coverage.filter(({ status }) => status !== "checked")).toEqual([]);
    expect(verdict).toMatchObject({ status: "deleted", clean: true, billingStopped: true, leftovers: [] });
    const own = aftermathTable.map(({ kind, source }) => `${kind} ${source}`);
    expect(verdict.coverage.map(({ kind, source }) => `${kind} ${source}`)).toEqual(own);
  });

  it("S03 calls nothing deleted that was never seen", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "bystander" }]);
    expect(await verifyDeleted(world.open, ["ins-00000000"], patience)).toMatchObject([
      { status: "unproven", problem: { code: "not-found" }, clean: false },
    ]);
  });

  it("S03 reads twice, some time apart, before it calls an instance deleted", async () => {
    const state = await ended({ instances: [{ id: "web" }] });
    const from = state.world.requests.length;
    const verdict = await verdictOn(state);
    const reads = sent(state.world, "cvm:DescribeInstances", from).filter(({ parameters }) => parameters.InstanceIds);
    expect(reads.length).toBeGreaterThanOrEqual(2);
    expect(verdict.status === "deleted" && verdict.absence.reads).toHaveLength(2);
  });

  it("is recycled for what waits in the bin, whose end is not known where a person put it there", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", billing: "prepaid", state: "recycled" }]);
    expect(await verifyDeleted(world.open, [world.id("web")], patience)).toMatchObject([
      { status: "recycled", recoverableUntil: { basis: "unknown" }, billingStopped: "unknown", clean: false },
    ]);
  });

  it("computes the end of the bin for what expired: seven days later", async () => {
    const world = await tencentWorld({ now: "2026-02-02T00:00:00.000Z" });
    const expiresAt = "2026-02-01T00:00:00.000Z";
    world.seed([{ id: "web", billing: "prepaid", state: "recycled", recycledBecause: "expired", expiresAt }]);
    expect(await verifyDeleted(world.open, [world.id("web")], patience)).toMatchObject([
      { status: "recycled", recoverableUntil: { basis: "computed", at: "2026-02-08T00:00:00.000Z" } },
    ]);
  });

  it("is scheduled while a timer is to run", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", scheduledReleaseAt: "2026-03-01T00:00:00.000Z" }]);
    expect(await verifyDeleted(world.open, [world.id("web")], patience)).toMatchObject([
      { status: "scheduled", at: "2026-03-01T00:00:00.000Z" },
    ]);
  });
});

describe("what is left", () => {
  it("are disks that were kept, with their size, and the end of what was paid", async () => {
    const state = await ended({
      instances: [
        {
          id: "web",
          disks: [
            { role: "system" },
            { id: "kept", role: "data", sizeGiB: 120, deletedWithInstance: false },
            { id: "paid", role: "data", billing: "prepaid" },
          ],
        },
      ],
    });
    const verdict = await verdictOn(state);
    const disks = left(verdict, "disk");
    expect(disks).toMatchObject([
      { id: state.world.id("kept"), sizeGiB: 120, billing: "continues" },
      { id: state.world.id("paid"), billing: "continues", why: expect.stringContaining("is paid until") },
    ]);
    expect(verdict.clean).toBe(false);
  });

  it("is a disk that only says whom it hung on last", async () => {
    const { world, record, before } = await ended({
      instances: [{ id: "web", disks: [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }] }],
    });
    const unaware = { ...record, disks: record.disks.filter(({ role }) => role === "system") };
    const edges = before.edges.filter(({ node }) => node.id !== world.id("kept"));
    const verdict = await verdictOn({ world, record: unaware, before: { ...before, edges } });
    expect(left(verdict, "disk")).toMatchObject([{ id: world.id("kept"), billing: "continues" }]);
  });

  it("is a disk in the bin of disks: one that was returned costs nothing any more", async () => {
    const state = await ended({
      instances: [{ id: "web", disks: [{ role: "system" }, { id: "paid", role: "data", billing: "prepaid" }] }],
    });
    await byAnotherTool(state.world, "cbs:TerminateDisks", { DiskIds: [state.world.id("paid")] });
    await state.world.clock.advance(10_000);
    const verdict = await verdictOn(state);
    expect(left(verdict, "disk")).toEqual([]);
    expect(left(verdict, "recycle-bin")).toMatchObject([{ id: state.world.id("paid"), billing: "none" }]);
    expect(verdict.clean).toBe(true);
  });

  it("are elastic addresses, which bill while they are idle, and interfaces", async () => {
    const state = await ended({
      instances: [{ id: "web", addresses: [{ id: "front", kind: "elastic" }], extraInterfaces: [{ id: "second" }] }],
    });
    const verdict = await verdictOn(state);
    expect(left(verdict, "public-address")).toMatchObject([
      { id: state.world.id("front"), billing: "continues", why: expect.stringContaining("idle") },
    ]);
    expect(left(verdict, "network-interface")).toMatchObject([{ id: state.world.id("second"), billing: "none" }]);
  });

  it("is no address that somebody else uses by now", async () => {
    const state = await ended({ instances: [{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }] });
    const { world } = state;
    await byAnotherTool(world, "vpc:AssociateAddress", {
      AddressId: world.id("front"),
      InstanceId: world.id("bystander"),
    });
    await world.clock.advance(10_000);
    expect(left(await verdictOn(state), "public-address")).toEqual([]);
  });

  it("are registrations by address, which wait for whoever gets it next", async () => {
    const state = await ended({
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "front", members: ["web"], by: "address" }],
    });
    expect(left(await verdictOn(state), "load-balancer-target")).toMatchObject([
      { id: state.world.id("front"), why: expect.stringContaining("whoever gets the address next") },
    ]);
  });

  it("is no registration of a new holder of the address", async () => {
    const state = await ended({ instances: [{ id: "web" }] });
    const { world, record } = state;
    await world.clock.advance(120_000);
    world.seed({
      instances: [{ id: "heir", privateIps: record.privateIps }],
      owners: [{ kind: "load-balancer-target", id: "front", members: ["heir"] }],
    });
    expect(left(await verdictOn(state), "load-balancer-target")).toEqual([]);
  });

  it("are names that lead to addresses it had: DNS, NAT, routes; alarms, and nodes of clusters", async () => {
    const state = await ended({
      instances: [{ id: "web" }],
      owners: [
        { kind: "dns-record", id: "inner", members: ["web"], variant: "private" },
        { kind: "nat-rule", id: "inward", members: ["web"], variant: "destination" },
        { kind: "route", id: "table", members: ["web"] },
        { kind: "alarm", id: "cpu", members: ["web"] },
        { kind: "cluster-node", id: "kube", members: ["web"] },
      ],
    });
    const verdict = await verdictOn(state);
    for (const kind of ["dns-record", "nat-rule", "route", "alarm", "cluster-node"] as const) {
      expect(left(verdict, kind), kind).toMatchObject([{ billing: "none" }]);
    }
  });

  it("is an instance that a scaling group launched in its place", async () => {
    const world = await tencentWorld();
    world.seed({
      instances: [{ id: "web" }, { id: "bystander" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true }],
    });
    const record = await sighting(world, "web");
    const before = await listDependencies(world.open, [record]);
    world.meddle({ remove: ["web"] });
    await world.clock.advance(10 * 60_000);
    const [verdict] = await verifyDeleted(world.open, [record], { before, ...patience });
    expect(verdict).toMatchObject({ status: "deleted", clean: false });
    expect(verdict?.status === "deleted" && verdict.replacedBy).toHaveLength(1);
  });

  it("are other people's snapshots and images, but ours do not count", async () => {
    const world = await tencentWorld();
    world.seed({
      instances: [{ id: "web", disks: [{ id: "root", role: "system" }] }, { id: "bystander" }],
      owners: [{ kind: "image", id: "golden", members: ["root"] }],
    });
    const record = await sighting(world, "web");
    const before = await listDependencies(world.open, [record]);
    const [saved] = await world.adapter.snapshot([record], { runId: "run", ...patience });
    expect(saved?.status).toBe("completed");
    await world.adapter.terminate([record], discard);
    await world.clock.advance(20_000);
    const [verdict] = await verifyDeleted(world.open, [record], { before, ...patience });
    if (!verdict) throw new Error("There is no verdict.");
    expect(left(verdict, "image")).toMatchObject([{ id: world.id("golden"), billing: "continues" }]);
    expect(left(verdict, "snapshot").some(({ why }) => why.includes("our copy"))).toBe(true);
  });

  it("S08 is a rule that came back, in whichever place", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }, { id: "bystander" }]);
    const record = await sighting(world, "web");
    const cidr = `${record.privateIps[0]}/32`;
    const rule = { direction: "ingress", peer: { kind: "cidr", cidr, family: "ipv4" } } as const;
    world.seed({ securityGroups: [{ id: "db", rules: [rule] }], instances: [{ id: "user", securityGroups: ["db"] }] });
    const [released] = await world.adapter.releaseSecurityRules([record], { scope: "own-address" });
    if (released?.status !== "released") throw new Error(`It is ${released?.status}.`);
    world.seed({ securityGroups: [{ id: "db", rules: [{ direction: "ingress", peer: { kind: "any" } }, rule] }] });
    await world.adapter.terminate([record], discard);
    await world.clock.advance(20_000);
    const options = { removedRules: released.removed, ...patience };
    const [verdict] = await verifyDeleted(world.open, [record], options);
    if (!verdict) throw new Error("There is no verdict.");
    expect(left(verdict, "security-rule")).toHaveLength(1);
    expect(verdict.clean).toBe(false);
  });
});
