import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimOf, claimTag } from "../../src/claim.js";
import { runIdOf } from "../../src/flow/digest.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { JournalLock } from "../../src/flow/journal.js";
import { fileJournal } from "../../src/flow/journal-file.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import { thisProcess } from "../../src/flow/process-identity.js";
import { alone, meddle, mortal, openFlow, person } from "./open-world.js";
import { aRecord } from "./scripted-adapter.js";

describe("S40 a claim", () => {
  it("S40 is on the instance before its first mutation, and ties run and journal", async () => {
    const world = openFlow([aRecord("a")]);
    const plan = await world.plan();
    let claim: ReturnType<typeof claimOf>;
    world.cloud.before = (operation) => {
      const record = world.cloud.records.get("a");
      if (operation === "snapshot" && record) claim = claimOf(record);
    };
    const result = await world.execute();
    expect(claim).toEqual({ runId: runIdOf(plan.digest), journalId: result.journalId, epoch: 1 });
    expect(world.cloud.mutations[0]).toBe("tag a");
  });

  it.each([
    ["of another run", "run-other/journal-x/1"],
    ["of this very run under another journal", "SELF/journal-x/1"],
  ])("S40 %s is a conflict, and nothing is touched", async (_, value) => {
    const world = openFlow([aRecord("a")]);
    const plan = await world.plan();
    meddle(world.cloud, "a", { tags: { [claimTag]: value.replace("SELF", runIdOf(plan.digest)) } });
    expect((await world.execute()).instances[0]).toMatchObject({ status: "blocked", problem: { code: "conflict" } });
    expect(world.cloud.mutations).toEqual([]);
  });

  it("S40 that is there when the plan is made is told with the plan", async () => {
    const plan = await openFlow([aRecord("a", { tags: { [claimTag]: "run-other/j/1" } })]).plan();
    expect(plan.warnings).toContainEqual(expect.objectContaining({ code: "conflict", instanceIds: ["a"] }));
  });

  it("S40 is taken over once approvals name it, and not for the naming of another", async () => {
    const stale = { runId: "run-old", journalId: "lost", epoch: 3 };
    for (const named of [stale, { ...stale, journalId: "other" }]) {
      const world = openFlow([aRecord("a", { tags: { [claimTag]: "run-old/lost/3" } })]);
      const ann = person("ann", world.clock);
      const trust = { approvers: [ann], required: 1 };
      const approvals = [await ann.approve(await world.plan(), { adopts: [named] })];
      const result = await world.execute({ trust, approvals });
      expect(result.instances[0]?.status).toBe(named === stale ? "accepted" : "blocked");
    }
  });

  it("S40 that somebody took off or replaced meanwhile stops the instance at the gate", async () => {
    for (const tags of [{}, { [claimTag]: "run-other/journal-x/1" }]) {
      const world = openFlow([aRecord("a")]);
      await world.plan();
      world.cloud.after = (api) => {
        if (api === "snapshot") meddle(world.cloud, "a", { tags });
      };
      expect((await world.execute()).instances[0]).toMatchObject({ status: "blocked", problem: { code: "conflict" } });
      expect(world.standing()).toEqual(["a"]);
    }
  });

  it("S40 copies of this run without its journal are a conflict before anything is sent", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const journal = mortal(world.journal);
    world.cloud.after = (api) => {
      if (api === "snapshot") journal.die();
    };
    await expect(world.execute({ journal })).rejects.toThrow("died");
    world.cloud.after = undefined;
    meddle(world.cloud, "a", { tags: {} });
    world.cloud.mutations.length = 0;
    const lost = await world.execute({ journal: memoryJournal({ clock: world.clock }) });
    expect(lost).toMatchObject({ status: "stopped", problem: { code: "conflict" } });
    expect(world.cloud.mutations).toEqual([]);
  });
});

describe("S41 the lock", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "cloud-decom-lock-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const lockFile = async () =>
    join(directory, (await readdir(directory)).find((name) => name.startsWith("lock-")) ?? "none");
  /** Leaves the lock of a process that never let go. */
  async function abandoned(change: Partial<JournalLock>): Promise<JournalLock> {
    const open = await fileJournal(directory).open();
    const lock = { ...open.lock, nonce: "left behind", ...change };
    await writeFile(await lockFile(), JSON.stringify(lock));
    await open.close();
    return lock;
  }

  it("S41 holds host, boot, namespace, process, start and a nonce, and is free again after close", async () => {
    const journal = fileJournal(directory);
    const open = await journal.open();
    const here = await thisProcess();
    expect(await journal.lock()).toEqual({ ...here, nonce: open.lock.nonce, epoch: 1 });
    expect(here.host).toBe(hostname());
    await open.close();
    expect(await journal.lock()).toBeUndefined();
    const again = await journal.open();
    expect(again.lock.epoch).toBe(1);
    await again.close();
  });

  it("S41 lets in one at a time, of however many try at once", async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => fileJournal(directory).open()));
    const winners = attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
    expect(winners).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === "rejected") expect(attempt.reason).toMatchObject({ code: "journal-busy" });
    }
    await winners[0]?.close();
  });

  it("S41 of a process that provably runs no more is replaced, and the epoch rises", async () => {
    // The number of this process, which runs, with a start time that is not its own: another that had the number before.
    await abandoned({ processStartedAt: "1" });
    const open = await fileJournal(directory).open();
    expect(open.lock.epoch).toBe(2);
    await open.close();
  });

  it.each([
    ["another host", { host: "elsewhere" }],
    ["another boot", { bootId: "another" }],
    ["another process namespace", { processNamespace: "pid:[1]" }],
    ["a system that does not tell", { bootId: "unknown" }],
  ])("S41 of %s is never called dead: only its nonce takes it over", async (_, change) => {
    const lock = await abandoned({ ...change, processStartedAt: "1" });
    await expect(fileJournal(directory).open()).rejects.toMatchObject({ code: "journal-busy" });
    await expect(fileJournal(directory).open({ takeOver: "guess" })).rejects.toMatchObject({ code: "journal-busy" });
    const open = await fileJournal(directory).open({ takeOver: lock.nonce });
    expect(open).toMatchObject({ tookOver: lock.nonce, lock: { epoch: 2 } });
    await open.close();
  });

  it("S41 of a process whose start nobody can tell is never called dead, also while its number is free", async () => {
    await abandoned({ processId: 2 ** 30, processStartedAt: "unknown" });
    await expect(fileJournal(directory).open()).rejects.toMatchObject({ code: "journal-busy" });
  });

  it("S41 that was taken over stops its former owner before the next write", async () => {
    const former = await fileJournal(directory).open();
    await former.append({ type: "step", key: "one", value: 1 });
    await writeFile(await lockFile(), JSON.stringify({ ...former.lock, host: "elsewhere" }));
    const next = await fileJournal(directory).open({ takeOver: former.lock.nonce });
    await expect(former.append({ type: "step", key: "two", value: 2 })).rejects.toMatchObject({ code: "journal-busy" });
    await next.append({ type: "step", key: "three", value: 3 });
    // Its last act is no write either.
    await former.close();
    await next.close();
    const text = await readFile(join(directory, "journal.jsonl"), "utf8");
    expect(text.match(/"key":"\w+"/g)).toEqual(['"key":"one"', '"key":"three"']);
  });

  it("S41 taken over from another host: nothing is sent before every open intent has had its time, by our own clock", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const journal = fileJournal(directory, { clock: world.clock });
    world.cloud.after = (api) => {
      if (api === "snapshot") throw new Error("unreachable");
    };
    const open = await journal.open();
    await open.close();
    const dying = mortal(journal);
    world.cloud.after = (api) => {
      if (api === "snapshot") dying.die();
    };
    await expect(world.execute({ journal: dying })).rejects.toThrow("died");
    world.cloud.after = undefined;
    // The run's owner was another machine, whose lock is still there.
    const mine = await journal.open();
    const foreign = { ...mine.lock, host: "elsewhere", bootId: "b", nonce: "n" };
    await mine.append({ type: "owner", lock: foreign });
    const effects = [
      {
        cloud: "test",
        accountId: "111",
        region: "r1",
        kind: "artifact-created",
        resource: { kind: "snapshot", id: "s" },
        instanceIds: ["a"],
        undo: { impossible: "kept" },
      },
    ] as const;
    // Announced by a clock that is an hour slow.
    const at = new Date(world.clock.now() - 3_600_000).toISOString();
    await mine.append({
      type: "intent",
      scope: { cloud: "test", accountId: "111", region: "r1" },
      intent: { key: "k", api: "test:Snapshot", at, settleMs: 60_000, instanceIds: ["a"], effects },
    });
    await writeFile(await lockFile(), JSON.stringify(foreign));
    await mine.close();
    // What this machine announced itself has had its time by now.
    await world.clock.advance(120_000);
    const began = world.clock.now();
    const sent: number[] = [];
    world.cloud.before = (operation) => {
      if (operation !== "whoAmI") sent.push(world.clock.now() - began);
    };
    const result = await executePlan([world.cloud.adapter], await world.plan(), {
      journal,
      clock: world.clock,
      trust: alone,
      takeOver: "n",
    });
    expect(result.status).toBe("finished");
    expect(Math.min(...sent)).toBeGreaterThanOrEqual(60_000);
  });
});
