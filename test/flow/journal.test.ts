import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/flow/digest.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { Journal, JournalEntry } from "../../src/flow/journal.js";
import { fileJournal, journalOn } from "../../src/flow/journal-file.js";
import type { JournalFiles } from "../../src/flow/journal-files.js";
import { memoryFiles, memoryJournal } from "../../src/flow/journal-memory.js";
import { planUndo } from "../../src/flow/plan-undo.js";
import { readStatus } from "../../src/flow/read-ledger.js";
import { keyIdOf, pemSigner } from "../../src/flow/signing.js";
import { alone, openFlow } from "./open-world.js";
import { aRecord } from "./scripted-adapter.js";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cloud-decom-journal-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const step = (key: string): JournalEntry => ({ type: "step", key, value: "雪 ☃ ok" });
const file = () => join(directory, "journal.jsonl");
const headFile = () => join(directory, "head.json");

async function keysOf(journal: Journal): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { entry } of journal.read()) if (entry.type === "step") keys.push(entry.key);
  return keys;
}

async function written(keys: readonly string[]): Promise<Journal> {
  const journal = fileJournal(directory);
  const open = await journal.open();
  await Promise.all(keys.map((key) => open.append(step(key))));
  await open.close();
  return journal;
}

describe("a journal in a directory", () => {
  it("keeps the order of calls, whoever writes at the same time", async () => {
    const keys = Array.from({ length: 200 }, (_, index) => `k${index}`);
    expect(await keysOf(await written(keys))).toEqual(keys);
  });

  it("answers an append in whatever turn it falls between two flushes", async () => {
    const unanswered: number[] = [];
    for (let turns = 0; turns < 100; turns++) {
      const open = await memoryJournal().open();
      void open.append(step("one"));
      for (let turn = 0; turn < turns; turn++) await undefined;
      let answered = false;
      void open.append(step("two")).then(() => {
        answered = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      if (!answered) unanswered.push(turns);
    }
    expect(unanswered).toEqual([]);
  });

  it("goes on where another process ended", async () => {
    await written(["one"]);
    await written(["two"]);
    expect(await keysOf(fileJournal(directory))).toEqual(["one", "two"]);
  });

  it("S60 cuts bytes beyond the head at every length, since nothing was sent on the strength of them", async () => {
    await written(["one"]);
    const head = await readFile(headFile());
    const firstEnd = (await readFile(file())).length;
    await written(["two"]);
    const whole = await readFile(file());
    for (let length = firstEnd; length <= whole.length; length++) {
      await writeFile(file(), whole.subarray(0, length));
      await writeFile(headFile(), head);
      const open = await fileJournal(directory).open();
      await open.append(step("three"));
      await open.close();
      expect(await keysOf(fileJournal(directory)), `cut at ${length}`).toEqual(["one", "three"]);
    }
  });

  it("S60 refuses a journal that ends before its head, loses its head or has it changed", async () => {
    await written(["one", "two"]);
    const lines = await readFile(file());
    const head = await readFile(headFile());
    const attempts: readonly (() => Promise<void>)[] = [
      () => writeFile(file(), lines.subarray(0, lines.indexOf(0x0a) + 1)),
      () => writeFile(file(), lines.subarray(0, lines.length - 1)),
      () => rm(headFile()),
      ...[...head.keys()].map((at) => () => writeFile(headFile(), head.with(at, (head[at] ?? 0) ^ 1))),
    ];
    for (const attempt of attempts) {
      await writeFile(file(), lines);
      await writeFile(headFile(), head);
      await attempt();
      await expect(fileJournal(directory).open()).rejects.toMatchObject({ code: "journal-corrupt" });
      await expect(keysOf(fileJournal(directory))).rejects.toMatchObject({ code: "journal-corrupt" });
    }
  });

  it("refuses a changed, a missing and a swapped line", async () => {
    await written(["one", "two", "three"]);
    const lines = (await readFile(file(), "utf8")).trimEnd().split("\n");
    const [one = "", two = "", three = ""] = lines;
    for (const damaged of [
      [one.replace("k", "x").replace("one", "uno"), two, three],
      [one, three],
      [two, one, three],
      [one, two, two],
    ]) {
      await writeFile(file(), `${damaged.join("\n")}\n`);
      await expect(fileJournal(directory).open()).rejects.toMatchObject({ code: "journal-corrupt" });
    }
  });
});

describe("S60 a line that is whole", () => {
  const line = (fields: object) => {
    const body = JSON.stringify({ v: 1, seq: 1, at: "2026-01-02T03:04:05Z", previous: "0".repeat(64), ...fields });
    const hash = sha256(body);
    return { text: `${body.slice(0, -1)},"hash":"${hash}"}\n`, hash };
  };

  it.each([
    ["of a newer version", { v: 2 }, 1],
    ["with a number that is not its own", { seq: 5 }, 5],
  ])("S60 %s is refused all the same", async (_, fields, seq) => {
    const { text, hash } = line({ ...fields, entry: step("one") });
    await writeFile(file(), text);
    await writeFile(headFile(), `${JSON.stringify({ seq, hash })}\n`);
    await expect(keysOf(fileJournal(directory))).rejects.toMatchObject({ code: "journal-corrupt" });
  });

  it("S60 can still be read where the head is damaged", async () => {
    const { text, hash } = line({ entry: step("one") });
    await writeFile(file(), text);
    await writeFile(headFile(), `${JSON.stringify({ seq: 1, hash })}\n`);
    expect(await keysOf(fileJournal(directory))).toEqual(["one"]);
    await writeFile(headFile(), "{}");
    const keys = [];
    for await (const { entry } of fileJournal(directory).read({ salvage: true }))
      if (entry.type === "step") keys.push(entry.key);
    expect(keys).toEqual(["one"]);
  });
});

describe("S60 an append", () => {
  /** Files that note what is done to them, and fail where they are told to. */
  function watched() {
    const files = memoryFiles();
    const done: string[] = [];
    let failing: string | undefined;
    const watch =
      <Args extends unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        if (failing === name) throw new Error(`${name}: no space left on device`);
        done.push(name);
        return await work(...args);
      };
    const seen: JournalFiles = {
      ...files,
      appendLines: watch("append", files.appendLines),
      syncLines: watch("sync", files.syncLines),
      writeHead: watch("head", files.writeHead),
      truncateLines: watch("cut", files.truncateLines),
      renameLock: watch("unlock", files.renameLock),
      close: watch("close", files.close),
    };
    const journal = journalOn(
      () => seen,
      async () => undefined,
      () => true,
      {},
    );
    return {
      journal,
      done,
      files,
      fail: (name: string | undefined) => {
        failing = name;
      },
    };
  }

  it("S60 resolves once the line, and then the head, is on disk", async () => {
    const { journal, done } = watched();
    const open = await journal.open();
    done.length = 0;
    await open.append(step("one")).then(() => done.push("resolved"));
    expect(done).toEqual(["append", "sync", "head", "resolved"]);
    await open.close();
  });

  it.each(["append", "sync", "head"])("S60 that failed at %s stops the writer until it has cut back", async (where) => {
    const { journal, done, fail } = watched();
    const open = await journal.open();
    await open.append(step("one"));
    fail(where);
    const lost = await Promise.allSettled([open.append(step("two")), open.append(step("three"))]);
    expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    fail(undefined);
    done.length = 0;
    await open.append(step("four"));
    // The certain head first, then the lines it vouches for: a crash in between leaves nothing that is not vouched for.
    expect(done.slice(0, 2)).toEqual(["head", "cut"]);
    await open.close();
    expect(await keysOf(journal)).toEqual(["one", "four"]);
  });

  it("S60 stays stopped while it cannot cut back", async () => {
    const { journal, fail } = watched();
    const open = await journal.open();
    await open.append(step("one"));
    fail("head");
    await expect(open.append(step("two"))).rejects.toThrow("no space");
    await expect(open.append(step("three"))).rejects.toThrow("no space");
    fail(undefined);
    await open.close();
    expect(await keysOf(journal)).toEqual(["one"]);
  });

  it("is followed by a close that lets go of the files also where the lock stays", async () => {
    const { journal, done, fail } = watched();
    const open = await journal.open();
    fail("unlock");
    await expect(open.close()).rejects.toThrow("no space");
    expect(done.at(-1)).toBe("close");
  });

  it("of which the journal could not be written stops the request", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const { journal, fail } = watched();
    world.cloud.before = (operation) => {
      if (operation === "terminate") fail("append");
    };
    await expect(world.execute({ journal })).rejects.toThrow("no space");
    expect(world.cloud.mutations).not.toContain("terminate a");
  });
});

describe("a signed head", () => {
  const pair = generateKeyPairSync("ed25519");
  const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  const signer = pemSigner(pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const signed = () => fileJournal(directory, { keyId: keyIdOf(publicKey), signer, publicKey });

  it("is asked for where its key is known: lines cut off together with a rewritten head are found out", async () => {
    const open = await signed().open();
    await open.append(step("one"));
    const early = await readFile(headFile(), "utf8");
    const { length } = await readFile(file());
    await open.append(step("two"));
    await open.close();
    expect(await keysOf(signed())).toEqual(["one", "two"]);
    const { seq, hash } = JSON.parse(early);
    await writeFile(file(), (await readFile(file())).subarray(0, length));
    await writeFile(headFile(), `${JSON.stringify({ seq, hash })}\n`);
    await expect(keysOf(signed())).rejects.toMatchObject({ code: "journal-corrupt" });
    // Unsigned, a journal detects accidents, not attackers.
    expect(await keysOf(fileJournal(directory))).toEqual(["one"]);
  });

  it("by another key is refused", async () => {
    const open = await signed().open();
    await open.append(step("one"));
    await open.close();
    const other = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString();
    await expect(keysOf(fileJournal(directory, { publicKey: other }))).rejects.toMatchObject({
      code: "journal-corrupt",
    });
  });
});

describe("S60 a damaged journal", () => {
  it("S60 still answers status and plans its undo from the valid prefix", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const journal = fileJournal(directory, { clock: world.clock });
    world.cloud.refuse = (api) =>
      api === "revert:set-tags" ? { code: "service", message: "Down.", hint: "" } : undefined;
    world.cloud.after = (api) => {
      if (api === "snapshot") throw new Error("lost");
    };
    await world.execute({ journal });
    const lines = (await readFile(file(), "utf8")).trimEnd().split("\n");
    const at = lines.findIndex((line) => line.includes('"type":"closed"'));
    await writeFile(file(), `${lines.with(at, `${lines[at]?.slice(0, -5)}xxxx}`).join("\n")}\n`);
    await expect(journal.open()).rejects.toMatchObject({ code: "journal-corrupt" });
    expect(await readStatus(journal)).toMatchObject({ status: "running", damage: { code: "journal-corrupt" } });
    await expect(planUndo([world.cloud.adapter], journal, { clock: world.clock })).rejects.toMatchObject({
      code: "journal-corrupt",
    });
    const plan = await planUndo([world.cloud.adapter], journal, { clock: world.clock, salvage: true });
    const steps = plan.scopes[0]?.instances[0]?.steps;
    expect(steps).toMatchObject([{ step: "revert", effects: [{ kind: "tags-changed" }] }]);
    world.cloud.refuse = undefined;
    const undone = await executePlan([world.cloud.adapter], plan, {
      journal: memoryJournal({ clock: world.clock }),
      clock: world.clock,
      trust: alone,
    });
    expect(undone.status).toBe("finished");
    expect(world.cloud.records.get("a")?.tags).toEqual({});
  });
});
