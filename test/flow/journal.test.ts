import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Journal, JournalEntry } from "../../src/flow/journal.js";
import { fileJournal } from "../../src/flow/journal-file.js";

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
