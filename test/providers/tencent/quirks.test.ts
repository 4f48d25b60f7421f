/*
 * What Tencent Cloud does that nobody would guess, one test per fact that acting on it rests on. Each names where the
 * cloud, its SDK or another project's recording says so.
 */
import { describe, expect, it } from "vitest";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import type { DecommissionEvent } from "../../../src/events.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { byAnotherTool, collect, discard, expectBlocked, mutations, sent, settle, tencentWorld } from "./for-test.js";
import { inProcessAdapter } from "./in-process.js";
import type { TencentWorld } from "./world.js";

const expiresAt = "2030-01-01T00:00:00Z";
const prepaid = { billing: "prepaid", expiresAt } as const;
const unsubscribe = { ...discard, prepaid: "unsubscribe" } as const;
const terminations = (world: TencentWorld) => sent(world, "cvm:TerminateInstances");
const secondStages = (world: TencentWorld) => world.view().effects.filter(({ id }) => id.endsWith("/second-stage"));

/** Does something the first time a request of an API has been answered. */
function onceAnswered(api: string, act: () => void) {
  let isDone = false;
  return (event: DecommissionEvent) => {
    if (event.type !== "request" || event.api !== api || isDone) return;
    isDone = true;
    act();
  };
}

/** An answer with some fields of each item set. */
function withEach(answer: unknown, list: string, fields: object): unknown {
  const items: unknown = answer instanceof Object ? Reflect.get(answer, list) : undefined;
  return Array.isArray(items) ? { ...Object(answer), [list]: items.map((item) => ({ ...item, ...fields })) } : answer;
}

describe("quirks of TerminateInstances", () => {
  // cvm 2017-03-12, TerminateInstances: prepaid instances go to the recycle bin with the first call and are destroyed with
  // the second; pay-as-you-go ones are destroyed at once.
  it("means two things: it returns what is prepaid, and destroys at once what is not", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "paid", ...prepaid }, { id: "hourly" }]);
    const outcomes = await world.adapter.terminate([world.id("paid"), world.id("hourly")], unsubscribe);
    expect(outcomes).toMatchObject([
      { status: "recycled", recoverableUntil: { basis: "computed" }, restore: expect.stringContaining("renew") },
      { status: "accepted" },
    ]);
    await settle(world);
    expect(world.view().instances).toMatchObject([{ id: world.id("paid"), state: "recycled" }]);
    expect(secondStages(world)).toEqual([]);
  });

  // The same: whoever asks again without looking destroys what somebody else has just returned.
  it("S05 is kept back where somebody else has returned the server since it was judged", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...prepaid }]);
    const onEvent = onceAnswered("cvm:InquiryPriceTerminateInstances", () =>
      world.meddle({ set: [{ id: "web", state: "recycled", billing: "prepaid" }] }),
    );
    expectBlocked((await world.adapter.terminate([world.id("web")], { ...unsubscribe, onEvent }))[0], "wrong-state");
    expect(terminations(world)).toEqual([]);
  });

  // Recorded: `LatestOperation` tells of an accepted request before `InstanceState` does.
  it("S05 is kept back while the last operation is a return that the state does not show yet", async () => {
    const fake = fakeTencent({ region: "ap-guangzhou" });
    fake.seed([{ id: "web", ...prepaid }]);
    const taken = { LatestOperation: "TerminateInstances", LatestOperationState: "SUCCESS" };
    const adapter = inProcessAdapter(fake, undefined, (action, answer) =>
      action === "DescribeInstances" ? withEach(answer, "InstanceSet", taken) : answer,
    );
    expectBlocked((await adapter.terminate([fake.id("web")], unsubscribe))[0], "wrong-state");
    expect(fake.requests.filter(({ action }) => action === "TerminateInstances")).toEqual([]);
  });

  it("S06 is not sent again by the same adapter, though reads have fallen back to before the first", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...prepaid }]);
    // A fake remembers as much of the past as some fault asks for.
    world.faults.add({ fault: "stale", api: "cvm:DescribeZones", forMs: 120_000 });
    await world.adapter.terminate([world.id("web")], unsubscribe);
    world.faults.add({ fault: "stale", forMs: 120_000 });
    expectBlocked((await world.adapter.terminate([world.id("web")], unsubscribe))[0], "wrong-state");
    expect(terminations(world)).toHaveLength(1);
  });

  it("S06 leaves the end unknown where its answer was lost and the server still runs, and says so once", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...prepaid }]);
    world.faults.add({ fault: "drop-before", api: "cvm:TerminateInstances", times: 1 });
    expect((await world.adapter.terminate([world.id("web")], unsubscribe))[0]).toMatchObject({ status: "unknown" });
    expect(terminations(world)).toHaveLength(1);
  });

  // cvm 2017-03-12, TerminateInstances: the second call; only in `SHUTDOWN`, and "OperationDenied.InstanceOperationInProgress"
  // when it comes too early.
  it("destroys what is in the bin only where a purge was asked for, and only once nothing operates on it", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...prepaid, state: "recycled", busy: { operation: "resize", forMs: 60_000 } }]);
    const purge = { ...discard, recycleBin: "purge" } as const;
    expectBlocked((await world.adapter.terminate([world.id("web")], purge))[0], "wrong-state");
    await settle(world);
    expect((await world.adapter.terminate([world.id("web")], unsubscribe))[0]?.status).toBe("recycled");
    expect(secondStages(world)).toEqual([]);
    expect((await world.adapter.terminate([world.id("web")], purge))[0]?.status).toBe("accepted");
    expect(secondStages(world)).toHaveLength(1);
  });

  // "UnsupportedOperation.InstanceMixedPricingModel", "…InstanceMixedZoneType"; `InstanceIds`: at most 100.
  it("takes one charge type and one zone type, and at most 100 ids", async () => {
    const world = await tencentWorld();
    const hourly = Array.from(
      { length: 101 },
      (_, index): SeedInstance => ({ id: `web-${index}`, securityGroups: ["all"] }),
    );
    world.seed({
      securityGroups: [{ id: "all" }],
      instances: [
        ...hourly,
        { id: "edge", zone: "ap-changsha-ec-1", securityGroups: ["all"] },
        { id: "spot", billing: "spot", securityGroups: ["all"] },
        { id: "paid", ...prepaid, securityGroups: ["all"] },
      ],
    });
    const ids = world.view().instances.map(({ id }) => id);
    for (const { status } of await world.adapter.terminate(ids, unsubscribe))
      expect(["accepted", "recycled"]).toContain(status);
    expect(
      terminations(world)
        .map(({ instanceIds }) => instanceIds.length)
        .sort(),
    ).toEqual([1, 1, 1, 1, 100]);
    expect(terminations(world).filter(({ cloudCode }) => cloudCode !== undefined)).toEqual([]);
  });

  // cvm 2017-03-12, TerminateInstances: `ReleaseAddress` and `ReleasePrepaidDataDisks` are flags of the whole batch.
  it("S13 is sent with both of its batch-wide flags as keep, in every stage", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "paid", ...prepaid }, { id: "hourly" }, { id: "binned", ...prepaid, state: "recycled" }]);
    await world.adapter.terminate(
      ["paid", "hourly", "binned"].map((name) => world.id(name)),
      { ...unsubscribe, recycleBin: "purge" },
    );
    expect(terminations(world)).toHaveLength(3);
    for (const { parameters } of terminations(world)) {
      expect(parameters).toMatchObject({ ReleaseAddress: false, ReleasePrepaidDataDisks: false });
    }
  });

  // International documentation, 213/33234: "recycle bin first", for all modes; the API and a recording say otherwise.
  it("is believed to have put a pay-as-you-go server into the bin where that is what shows", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    const onEvent = onceAnswered("cvm:TerminateInstances", () =>
      world.meddle({ set: [{ id: "web", state: "recycled" }] }),
    );
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, onEvent });
    expect(outcome).toMatchObject({ status: "recycled", recoverableUntil: { basis: "unknown" } });
  });

  // cvm 2017-03-12: `ModifyInstancesAttribute` runs as an operation, during which others are refused.
  it("waits for the operation by which protection was cleared", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", terminationProtection: true }]);
    const protection = { clear: [world.id("web")], reason: "a test" };
    expect((await world.adapter.terminate([world.id("web")], { ...discard, protection }))[0]?.status).toBe("accepted");
    expect(mutations(world).filter(({ cloudCode }) => cloudCode !== undefined)).toEqual([]);
  });

  it.each([
    ["UnsupportedOperation.RedHatInstanceTerminateUnsupported", "unsupported"],
    ["UnsupportedOperation.SpecialInstanceType", "unsupported"],
    ["FailedOperation.InvalidInstanceApplicationRoleEmr", "owned"],
    ["FailedOperation.Unreturnable", "prepaid"],
    ["InvalidAccount.UnpaidOrder", "prepaid"],
  ] as const)("that is refused with %s leaves the server as it was, and says what to do", async (cloudCode, code) => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...prepaid }]);
    world.faults.add({ fault: "error", api: "cvm:TerminateInstances", cloudCode });
    const [outcome] = await world.adapter.terminate([world.id("web")], unsubscribe);
    expect(outcome).toMatchObject({ status: "blocked", problem: { code, cloudCode } });
    expect(world.holds("web")).toBe(true);
  });

  // "UnauthorizedOperation.MFAExpired": an account can ask for MFA before dangerous operations, which the API cannot give.
  it("that the account wants MFA for fails at once, without another try", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "error", api: "cvm:TerminateInstances", cloudCode: "UnauthorizedOperation.MFAExpired" });
    const [outcome] = await world.adapter.terminate([world.id("web")], discard);
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied", hint: /MFA/ } });
    expect(terminations(world)).toHaveLength(1);
  });

  // "RESCUE_MODE", "SERVICE_LIVE_MIGRATE" and the states on the way in and out ("InstanceState").
  it.each(["rescue", "migrate"] as const)("is not sent to a server in a %s", async (operation) => {
    const world = await tencentWorld();
    world.seed([{ id: "web", busy: { operation, forMs: 3_600_000 } }]);
    expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "wrong-state");
    expect(terminations(world)).toEqual([]);
  });
});

describe("quirks of money", () => {
  // InquiryPriceTerminateInstances raises "FailedOperation.Unreturnable" and its like: the nearest thing to a dry run.
  it("finds out by the question for the refund what cannot be returned, before anything is sent", async () => {
    const world = await tencentWorld();
    world.seed([
      { id: "web", ...prepaid },
      { id: "promo", ...prepaid, refund: { refusedBecause: "not-returnable" } },
    ]);
    const outcomes = await world.adapter.terminate([world.id("web"), world.id("promo")], {
      ...unsubscribe,
      dryRun: true,
    });
    expect(outcomes).toMatchObject([
      { status: "would-terminate", how: "unsubscribe", refund: { amount: { amount: "88.80" } } },
      { status: "blocked", problem: { code: "prepaid" } },
    ]);
    expect(mutations(world)).toEqual([]);
  });

  // Refund rules (213/9711): at most 199 ordinary returns per account; "LimitExceeded.UserReturnQuota".
  it("names the rules of the quota where the account has no returns left", async () => {
    const world = await tencentWorld();
    world.seed({ instances: [{ id: "web", ...prepaid }], quotas: { refunds: 0 } });
    const [outcome] = await world.adapter.terminate([world.id("web")], unsubscribe);
    expect(outcome).toMatchObject({ problem: { code: "quota", hint: expect.stringContaining("213/9711") } });
    expect(world.holds("web")).toBe(true);
  });

  // billing 2018-07-09, RefundInstance: for WAF, Cloud Firewall, KMS and the like, not for CVM.
  it("S51 gives back by TerminateInstances alone, and only what was chosen", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...prepaid }]);
    await world.adapter.terminate([world.id("web")], discard);
    expect(world.view().orders).toEqual([]);
    await world.adapter.terminate([world.id("web")], unsubscribe);
    expect(world.view().orders).toMatchObject([{ kind: "refund" }]);
    expect(world.requests.filter(({ service }) => service === "billing")).toEqual([]);
  });

  // cvm 2017-03-12, ModifyInstancesRenewFlag: what is not renewed goes to the bin at its end.
  it("lets a server expire by switching its renewal off, which reverting switches on again", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...prepaid, autoRenew: true }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "expire" });
    expect(outcome).toMatchObject({ status: "scheduled", bypassesBin: false, effects: [{ kind: "renewal-changed" }] });
    await world.adapter.revert(outcome?.effects ?? []);
    expect(sent(world, "cvm:ModifyInstancesRenewFlag").map(({ parameters }) => parameters.RenewFlag)).toEqual([
      "DISABLE_NOTIFY_AND_MANUAL_RENEW",
      "NOTIFY_AND_AUTO_RENEW",
    ]);
  });

  it("S50 S51 converts only what is prepaid and idle as the request leaves", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...prepaid }]);
    const onEvent = onceAnswered("cvm:InquiryPriceTerminateInstances", () =>
      world.meddle({ set: [{ id: "web", busy: { operation: "resize", forMs: 3_600_000 } }] }),
    );
    await world.adapter.terminate([world.id("web")], { ...discard, prepaid: "convert", onEvent });
    expect(sent(world, "cvm:ModifyInstancesChargeType")).toEqual([]);
    expect(world.view().orders).toEqual([]);
  });
});

describe("quirks of timers", () => {
  const inAnHour = (world: TencentWorld) => new Date(world.clock.now() + 3_600_000).toISOString();

  // ImportInstancesActionTimer: whole seconds, more than five minutes ahead, for pay-as-you-go instances alone.
  it("are the only grace of a pay-as-you-go server, and are called off by reverting", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }, { id: "paid", ...prepaid }]);
    const ids = [world.id("web"), world.id("paid")];
    const [timed, refused] = await world.adapter.terminate(ids, { ...unsubscribe, releaseAt: inAnHour(world) });
    expect(timed).toMatchObject({ status: "scheduled", bypassesBin: true, effects: [{ kind: "timer-set" }] });
    expectBlocked(refused, "unsupported");
    expect(await world.adapter.revert(timed?.effects ?? [])).toMatchObject([{ status: "reverted" }]);
    await world.clock.advance(7_200_000);
    expect(world.holds("web")).toBe(true);
  });

  it("of somebody else stay: they keep a termination back, and reverting leaves them", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    const [timed] = await world.adapter.terminate([world.id("web")], { ...discard, releaseAt: inAnHour(world) });
    const later = new Date(world.clock.now() + 7_200_000).toISOString();
    world.meddle({ set: [{ id: "web", scheduledReleaseAt: later }] });
    expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "dependency");
    expect(await world.adapter.revert(timed?.effects ?? [])).toMatchObject([
      { status: "not-reverted", cause: "changed-since" },
    ]);
    expect(world.view().instances[0]?.scheduledReleaseAt).toBe(later);
  });
});

describe("quirks of disks and their copies", () => {
  // cbs 2017-03-12, ModifyDiskAttributes: `DeleteWithInstance` for pay-as-you-go data disks alone.
  it("S13 keeps a disk by its own flag, and says of a tied one that it cannot be kept", async () => {
    const world = await tencentWorld();
    const system = { role: "system" } as const;
    world.seed([
      { id: "web", disks: [system, { id: "data", role: "data", deletedWithInstance: true }] },
      { id: "db", disks: [system, { id: "tied", role: "data", tied: true }] },
    ]);
    const ids = [world.id("web"), world.id("db")];
    const [kept, refused] = await world.adapter.terminate(ids, { ...discard, dataDisks: "keep" });
    expect(kept).toMatchObject({ status: "accepted" });
    expectBlocked(refused, "unsupported");
    await settle(world);
    expect([world.holds("data"), world.holds("tied")]).toEqual([true, true]);
  });

  // "Disk.DeleteSnapshot": takes the snapshots along that are not permanent; one with a deadline is not.
  it("S10 takes no copy for a proof that its disk takes along", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", disks: [{ id: "root", role: "system", autoSnapshotsDeletedWithDisk: true }] }]);
    const save = async (expiry: "cloud" | "sweep") => {
      const [saved] = await world.adapter.snapshot([world.id("web")], { runId: `run-${expiry}`, expiry });
      return saved && "proofs" in saved ? saved.proofs : [];
    };
    const doomed = await save("cloud");
    expect(doomed).toMatchObject([{ expiresBy: "cloud" }]);
    expectBlocked(
      (await world.adapter.terminate([world.id("web")], { data: { proofs: doomed } }))[0],
      "missing-snapshot-proof",
    );
    const safe = await save("sweep");
    expect((await world.adapter.terminate([world.id("web")], { data: { proofs: safe } }))[0]?.status).toBe("accepted");
  });

  // Anybody can copy tags onto a snapshot of their own; the name is a second mark.
  it("S10 S15 takes no copy for its own by tags alone", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    const [saved] = await world.adapter.snapshot([world.id("web")], { runId: "run" });
    const [ours] = world.view().snapshots;
    const Tags = Object.entries(ours?.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
    await byAnotherTool(world, "cbs:CreateSnapshot", { DiskId: ours?.diskIds[0], SnapshotName: "theirs", Tags });
    await settle(world);
    const theirs = world.view().snapshots.find(({ id }) => id !== ours?.id)?.id ?? "";
    const proofs = (saved && "proofs" in saved ? saved.proofs : []).map((proof) => ({ ...proof, id: theirs }));
    expect(proofs).toHaveLength(1);
    expectBlocked(
      (await world.adapter.terminate([world.id("web")], { data: { proofs } }))[0],
      "missing-snapshot-proof",
    );
    const own = await collect(world.adapter.findOwnArtifacts({ runId: "run" }));
    expect(own.map(({ id }) => id)).toEqual([ours?.id]);
  });

  // CreateSnapshot: `Deadline` deletes by itself; without one a snapshot is permanent ("IsPermanent").
  it("S15 makes permanent copies unless the cloud was to delete them", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.snapshot([world.id("web")], { runId: "kept" });
    await world.adapter.snapshot([world.id("web")], { runId: "ends", expiry: "cloud", retentionDays: 7 });
    const deadlines = sent(world, "cbs:CreateSnapshot").map(({ parameters }) => parameters.Deadline);
    expect(deadlines).toEqual([undefined, expect.stringMatching(/\+00:00$/)]);
  });

  // CreateSnapshotGroup: "NORMAL" is called a group that is not consistent.
  it("copies each disk alone and calls the copies of no one moment, never of the disk's own storage", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", disks: [{ role: "system" }, { role: "data" }] }]);
    const [saved] = await world.adapter.snapshot([world.id("web")], { runId: "run" });
    expect(saved).toMatchObject({ status: "completed", consistency: "disk", proofs: { length: 2 } });
    expect(sent(world, "cbs:CreateSnapshotGroup")).toEqual([]);
    for (const { parameters } of sent(world, "cbs:CreateSnapshot")) expect(parameters).not.toHaveProperty("LocalSnap");
  });
});

describe("quirks of tags", () => {
  // TagResources: at most 10 resources, and a success that names those that failed ("FailedResources").
  it("go in tens, and a success can hide a failure", async () => {
    const world = await tencentWorld();
    const names = Array.from({ length: 11 }, (_, index) => `web-${index}`);
    world.seed({ securityGroups: [{ id: "all" }], instances: names.map((id) => ({ id, securityGroups: ["all"] })) });
    // Gone between the look and the request.
    const onEvent = onceAnswered("cvm:DescribeInstancesActionTimer", () => world.meddle({ remove: ["web-3"] }));
    const ids = names.map((name) => world.id(name));
    const outcomes = await world.adapter.tagInstances(ids, { set: { owner: "ops" } }, { onEvent });
    expect(outcomes.map(({ status }) => status)).toEqual(names.map((name) => (name === "web-3" ? "failed" : "tagged")));
    expect(sent(world, "tag:TagResources").map(({ instanceIds }) => instanceIds.length)).toEqual([10, 1]);
  });

  it.each([{ "qcs:owner": "ops" }, { owner: "" }, { ["k".repeat(128)]: "ops" }])("cannot be %j", async (set) => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    await expect(world.adapter.tagInstances([world.id("web")], { set })).rejects.toMatchObject({
      code: "invalid-request",
    });
    expect(world.requests).toEqual([]);
  });
});
