import { describe, expect, it } from "vitest";
import { judgeAbsence } from "../../src/absence.js";
import { checkDataDecision, type DataGateInput, dyingDisks, openDataGate, proofKey } from "../../src/data-gate.js";
import { identityReader } from "../../src/identity.js";
import { pollUntil } from "../../src/poll.js";
import { commonBlocker } from "../../src/preconditions.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import { collapseTargets, foreignRecord } from "../../src/targets.js";
import { fakeClock } from "../../src/testing/fake-clock.js";
import { instancesOf, problem, proof, record, scope, scripted } from "./tools.js";

const idForm = /^i-\w+$/;

describe("the targets of a call", () => {
  it("are collapsed in the order first asked, the newest record of each kept", () => {
    const newer = record({ seenAt: "2026-01-03T00:00:00.000Z" });
    const { ids, sightings } = collapseTargets(["i-2", record(), "i-1", newer, "i-2"], idForm);
    expect(ids).toEqual(["i-2", "i-1"]);
    expect(sightings.get("i-1")).toBe(newer);
  });

  it.each(["", "server-1", "i-1 ", "i-1\ni-2"])("are refused when %j cannot be an id", (id) => {
    expect(() => collapseTargets([id], idForm)).toThrow(expect.objectContaining({ code: "invalid-request" }));
  });

  it("are foreign when they were seen in another account, region or project", () => {
    expect(foreignRecord(record(), scope)).toBeUndefined();
    for (const change of [{ accountId: "2" }, { region: "r-2" }, { project: "p" }, { cloud: "other" }]) {
      expect(foreignRecord(record(change), scope)).toMatchObject({ code: "wrong-account" });
    }
  });
});

describe("what blocks any termination", () => {
  it("lets a plain instance go", () => {
    expect(commonBlocker(record(), {})).toBeUndefined();
  });

  const cases = {
    protected: record({ protection: { termination: true, locks: [] } }),
    locked: record({ protection: { termination: false, locks: [{ unified: "user", raw: "locked" }] } }),
    prepaid: record({ billing: { unified: "prepaid", raw: "PrePaid" } }),
    "wrong-state": record({ state: { unified: "unknown", raw: "BANNED" } }),
  } as const;
  it.each(Object.entries(cases))("is %s", (code, blocked) => {
    expect(commonBlocker(blocked, {})).toMatchObject({ code, instanceIds: ["i-1"] });
  });

  it("is stop protection, too, where a cloud has it", () => {
    const blocked = record({ protection: { termination: false, stop: true, locks: [] } });
    expect(commonBlocker(blocked, {})).toMatchObject({ code: "protected" });
  });

  it("is a way of paying nobody knows, whatever is allowed", () => {
    const unknown = record({ billing: { unified: "unknown", raw: "BARTER" } });
    expect(commonBlocker(unknown, { prepaid: "unsubscribe" })).toMatchObject({ code: "prepaid" });
  });

  it("S02 is a list of disks without a system disk", () => {
    expect(commonBlocker(record({ disks: [] }), {})).toMatchObject({ code: "data-loss" });
  });

  it("yields to a protection cleared for this very id, and to no other's", () => {
    const clear = (id: string) => ({ protection: { clear: [id], reason: "planned" } });
    expect(commonBlocker(cases.protected, clear("i-1"))).toBeUndefined();
    expect(commonBlocker(cases.protected, clear("i-2"))).toMatchObject({ code: "protected" });
    expect(commonBlocker(cases.locked, clear("i-1"))).toBeUndefined();
  });

  it.each(["order", "security"] as const)("is a lock by %s, also when clearing is allowed", (unified) => {
    const locked = record({ protection: { termination: false, locks: [{ unified, raw: unified, orderId: "o-1" }] } });
    const problemFound = commonBlocker(locked, { protection: { clear: ["i-1"], reason: "planned" } });
    expect(problemFound).toMatchObject({ code: "locked", hint: expect.stringContaining("o-1") });
  });
});

describe("the data gate", () => {
  const now = "2026-01-02T03:04:05.000Z";
  const gate = (given: readonly SnapshotProof[], reread: readonly SnapshotProof[], more: Partial<DataGateInput> = {}) =>
    openDataGate({
      data: { proofs: given },
      targetIds: new Set(["i-1"]),
      scope,
      clock: fakeClock(now),
      reread: new Map(reread.map((copy) => [proofKey(copy), copy])),
      ...more,
    });

  it("opens for a proof that still holds", () => {
    expect(gate([proof()], [proof()]).judge(record())).toBeUndefined();
  });

  it("stays shut without any proof", () => {
    expect(gate([], []).judge(record())).toMatchObject({ code: "missing-snapshot-proof", instanceIds: ["i-1"] });
  });

  it("S10 believes no proof that was only handed in", () => {
    expect(gate([proof()], []).judge(record())).toMatchObject({ code: "missing-snapshot-proof" });
  });

  const faults: readonly (readonly [string, Partial<SnapshotProof>])[] = [
    ["is of another disk", { diskId: "d-2" }],
    ["is of another instance", { instanceId: "i-2" }],
    ["is smaller than the disk", { sizeGiB: 39 }],
    ["has a key that is not usable", { keyUsable: false }],
    ["has a key nobody could read", { keyUsable: "unknown" }],
    ["is too old", { pointInTime: "2026-01-01T03:00:00.000Z" }],
    ["has no readable age", { pointInTime: "yesterday" }],
    ["was made in another attempt", { attempt: 2 }],
    ["was made by another run", { runId: "run-2" }],
  ];
  it.each(faults)("S10 stays shut when the copy %s", (_, change) => {
    const shown = proof(change);
    const reread = new Map([[proofKey(proof()), shown]]);
    expect(gate([proof()], [], { reread }).judge(record())).toMatchObject({ code: "missing-snapshot-proof" });
  });

  it("S10 stays shut for a proof of another account", () => {
    const foreign = proof({ accountId: "2" });
    expect(gate([foreign], [foreign]).judge(record())).toMatchObject({ code: "missing-snapshot-proof" });
  });

  it("wants a proof for every disk that dies", () => {
    const data = {
      id: "d-2",
      role: "data",
      sizeGiB: 10,
      encrypted: false,
      ephemeral: false,
      deletedWithInstance: true,
    } as const;
    const two = record({ disks: [...record().disks, data] });
    expect(gate([proof()], [proof()]).judge(two)).toMatchObject({ message: expect.stringContaining("d-2") });
    const acceptDataLoss = [{ instanceId: "i-1", diskId: "d-2", reason: "cache" }];
    expect(gate([proof()], [proof()], { acceptDataLoss }).judge(two)).toBeUndefined();
  });

  it("takes a consent for the one disk of the one instance it names", () => {
    for (const consent of [
      { instanceId: "i-2", diskId: "d-1" },
      { instanceId: "i-1", diskId: "d-9" },
    ]) {
      const acceptDataLoss = [{ ...consent, reason: "cache" }];
      expect(gate([], [], { acceptDataLoss }).judge(record())).toMatchObject({ code: "missing-snapshot-proof" });
    }
  });

  it("wants consent for a disk that no snapshot can save", () => {
    const local = record({
      disks: [
        ...record().disks,
        { id: "i-1/e0", role: "data", sizeGiB: 75, encrypted: "unknown", ephemeral: true, deletedWithInstance: true },
      ],
    });
    expect(gate([proof()], [proof()]).judge(local)).toMatchObject({ code: "missing-snapshot-proof" });
    expect(
      openDataGate({
        data: { discard: "test" },
        targetIds: new Set(),
        scope,
        clock: fakeClock(now),
        reread: new Map(),
      }).judge(local),
    ).toBeUndefined();
  });

  it.each([
    undefined,
    {},
    { proofs: undefined },
    { proofs: [], discard: "x" },
    { discard: " " },
    { discard: 7 },
    { proofs: "snap-1" },
  ])("refuses the decision %j before anything is sent", (data) => {
    expect(() => checkDataDecision(data)).toThrow(expect.objectContaining({ code: "invalid-request" }));
  });
});

describe("the disks that die", () => {
  const disk = (id: string, changes: object) =>
    ({
      id,
      role: "data",
      sizeGiB: 1,
      encrypted: false,
      ephemeral: false,
      deletedWithInstance: true,
      ...changes,
    }) as const;
  const ids = (
    dataDisks: Parameters<typeof dyingDisks>[1],
    targets: readonly string[],
    ...disks: ReturnType<typeof disk>[]
  ) => dyingDisks(record({ disks }), dataDisks, new Set(targets)).map(({ id }) => id);

  it("follow their flags, and what could not be read counts as dying", () => {
    expect(
      ids(
        undefined,
        ["i-1"],
        disk("dies", {}),
        disk("stays", { deletedWithInstance: false }),
        disk("unread", { deletedWithInstance: "unknown" }),
      ),
    ).toEqual(["dies", "unread"]);
  });

  it("include a kept disk that was named, and spare data disks on a wish to keep", () => {
    expect(ids({ delete: ["stays"] }, ["i-1"], disk("stays", { deletedWithInstance: false }))).toEqual(["stays"]);
    expect(ids("keep", ["i-1"], disk("dies", {}), disk("local", { ephemeral: true }))).toEqual(["local"]);
  });

  it("S12 include a shared disk once all its holders go", () => {
    const shared = disk("shared", { sharedWith: ["i-2"] });
    expect(ids(undefined, ["i-1"], shared)).toEqual([]);
    expect(ids(undefined, ["i-1", "i-2"], shared)).toEqual(["shared"]);
  });
});

describe("absence", () => {
  const look = (...present: string[]) => ({
    presentIds: new Set(present),
    evidence: { api: "ec2:DescribeInstances", said: "not listed", at: "2026-01-02T03:04:10.000Z" },
  });
  const row = { at: "2026-01-02T03:04:10.000Z", by: "row", row: "tombstone", id: "i-9" } as const;
  const judge = async (options: {
    seen?: boolean;
    state?: ReturnType<typeof record>["state"];
    second?: string[];
    control?: boolean;
  }) => {
    const { requests, clock } = scripted([]);
    const startedAt = clock.now();
    const sightings = instancesOf(
      options.seen === false ? [] : [record(options.state ? { state: options.state } : {})],
    );
    const verdicts = await judgeAbsence(requests, {
      ids: ["i-1"],
      sightings,
      firstLook: look().evidence,
      lookAgain: async () => look(...(options.second ?? [])),
      control: async () => (options.control === false ? undefined : row),
    });
    return { verdict: verdicts.get("i-1"), waitedMs: clock.now() - startedAt };
  };

  it("S03 is proved by a sighting, two reads apart and a control", async () => {
    const { verdict, waitedMs } = await judge({});
    expect(verdict).toMatchObject({ kind: "proved", proof: { control: row, sighting: { accountId: "1" } } });
    expect(waitedMs).toBeGreaterThanOrEqual(5_000);
  });

  it("S03 proves nothing of an instance nobody saw", async () => {
    expect((await judge({ seen: false })).verdict).toEqual({ kind: "never-seen" });
    expect((await judge({ state: { unified: "unknown", raw: "?" } })).verdict).toEqual({ kind: "never-seen" });
  });

  it("S03 is unproven where these credentials may see nothing at all", async () => {
    expect((await judge({ control: false })).verdict).toMatchObject({ kind: "unproven" });
  });

  it("S03 ends when the second read finds it after all", async () => {
    expect((await judge({ second: ["i-1"] })).verdict).toEqual({ kind: "present" });
  });
});

describe("whose credentials these are", () => {
  it("S03 is asked once, and again after the credential has changed", async () => {
    let credential = "one";
    const asked: string[] = [];
    const whoAmI = identityReader(
      async () => credential,
      async () => {
        asked.push(credential);
        return { accountId: credential, principal: "p" };
      },
    );
    const { requests } = scripted([]);
    await whoAmI(requests);
    await whoAmI(requests);
    credential = "two";
    expect(await whoAmI(requests)).toMatchObject({ accountId: "two" });
    expect(asked).toEqual(["one", "two"]);
  });

  it("is asked again after the question failed", async () => {
    let fails = true;
    const whoAmI = identityReader(
      async () => "one",
      async () => {
        if (fails) throw new Error("no answer");
        return { accountId: "1", principal: "p" };
      },
    );
    const { requests } = scripted([]);
    await expect(whoAmI(requests)).rejects.toThrow("no answer");
    fails = false;
    expect(await whoAmI(requests)).toMatchObject({ accountId: "1" });
  });
});

describe("waiting for something", () => {
  const pace = { firstDelayMs: 1_000, longestDelayMs: 4_000, giveUpAfterMs: 20_000 };

  it("ends as soon as it is there", async () => {
    const { requests } = scripted([]);
    let reads = 0;
    expect(
      await pollUntil(
        requests,
        pace,
        async () => ++reads,
        (value) => value === 3,
      ),
    ).toEqual({ done: true, last: 3 });
  });

  it("gives up with what it last saw", async () => {
    const { requests, clock } = scripted([]);
    const startedAt = clock.now();
    expect(
      await pollUntil(
        requests,
        pace,
        async () => "alive",
        () => false,
      ),
    ).toEqual({ done: false, last: "alive" });
    expect(clock.now() - startedAt).toBeLessThanOrEqual(20_000);
  });

  it("ends with the budget of the call, and with what it last saw", async () => {
    const { requests } = scripted([], { deadlineMs: 3_000 });
    expect(
      await pollUntil(
        requests,
        pace,
        async () => "alive",
        () => false,
      ),
    ).toEqual({ done: false, last: "alive" });
  });

  it("throws what a read throws", async () => {
    const { requests } = scripted([{ throws: "access-denied", executed: "no" }]);
    const read = () => requests.read("ec2", "DescribeInstances", {});
    await expect(pollUntil(requests, pace, read, () => true)).rejects.toMatchObject({
      problem: problem("access-denied"),
    });
  });
});
