import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/flow/digest.js";
import type { Journal } from "../../src/flow/journal.js";
import { journalOn } from "../../src/flow/journal-file.js";
import { memoryFiles } from "../../src/flow/journal-memory.js";
import { keyIdOf } from "../../src/flow/signing.js";
import { alone, type FlowWorld, mortal, openFlow, person } from "./open-world.js";
import { aRecord } from "./scripted-adapter.js";

/** The same text with one bit of each byte turned over in its turn: a letter to its neighbour, a quote to a hash. */
function* flipped(text: string): Generator<{ readonly at: number; readonly text: string }> {
  const bytes = Buffer.from(text);
  for (const [at, byte] of bytes.entries()) yield { at, text: Buffer.from(bytes.with(at, byte ^ 1)).toString("utf8") };
}

/** The changes of a JSON text after which it still is one, and says something else. */
function* changesOf<T>(value: T): Generator<{ readonly at: number; readonly changed: T }> {
  for (const { at, text } of flipped(JSON.stringify(value))) {
    try {
      const changed: T = JSON.parse(text);
      if (!isDeepStrictEqual(changed, value)) yield { at, changed };
    } catch {
      // No JSON any more, so nobody gets as far as passing it.
    }
  }
}

/** What an execution throws; `undefined` where it goes through. */
async function refusalOf(execution: Promise<unknown>): Promise<unknown> {
  return await execution.then(
    () => undefined,
    (error: { readonly code?: unknown }) => error.code ?? error,
  );
}

async function signedWorld() {
  const world = openFlow([aRecord("a")]);
  const plan = await world.plan();
  const ann = person("ann", world.clock);
  const trust = { approvers: [{ name: "ann", publicKey: ann.publicKey }], required: 1 };
  return { world, plan, trust, approval: await ann.approve(plan) };
}

function expectUntouched({ cloud, journal }: FlowWorld) {
  expect(cloud.mutations).toEqual([]);
  return expect(journal.head()).resolves.toBeUndefined();
}

describe("one changed byte", () => {
  it("of a plan is a mismatch, wherever it is", async () => {
    const { world, plan, trust, approval } = await signedWorld();
    let tried = 0;
    for (const { at, changed } of changesOf(plan)) {
      const refusal = await refusalOf(world.execute({ trust, approvals: [approval] }, changed));
      if (refusal !== "plan-mismatch") expect.fail(`byte ${at}: ${String(refusal)}`);
      tried += 1;
    }
    expect(tried).toBeGreaterThan(1_000);
    await expectUntouched(world);
  });

  it("S42 of an approval makes it none, wherever it is", async () => {
    const { world, trust, approval } = await signedWorld();
    let tried = 0;
    for (const { at, changed } of changesOf(approval)) {
      const refusal = await refusalOf(world.execute({ trust, approvals: [changed] }));
      if (refusal !== "approval-invalid") expect.fail(`byte ${at}: ${String(refusal)}`);
      tried += 1;
    }
    expect(tried).toBeGreaterThan(300);
    await expectUntouched(world);
  });

  it("S42 of a key in trust makes its approvals a stranger's, or is no key at all", async () => {
    const { world, trust, approval } = await signedWorld();
    const [approver] = trust.approvers;
    const refusals = new Set<unknown>();
    for (const { text } of flipped(approver?.publicKey ?? "")) {
      if (keyIdIfAny(text) === approval.keyId) continue;
      const changed = { approvers: [{ name: "ann", publicKey: text }], required: 1 };
      refusals.add(await refusalOf(world.execute({ trust: changed, approvals: [approval] })));
    }
    expect([...refusals].sort()).toEqual(["approval-invalid", "invalid-request"]);
    await expectUntouched(world);
  });
});

/** The id of a key; `undefined` where it is none. A changed line break leaves it the key it was. */
function keyIdIfAny(publicKey: string): string | undefined {
  try {
    return keyIdOf(publicKey);
  } catch {
    return undefined;
  }
}

/** A run that died with a claim and a snapshot behind it, and what its journal holds. */
async function diedHalfWay() {
  const world = openFlow([aRecord("a")]);
  await world.plan();
  const files = memoryFiles();
  const journal = mortal(journalIn(files));
  world.cloud.after = (api) => {
    if (api === "snapshot") journal.die();
  };
  await expect(world.execute({ journal, trust: alone })).rejects.toThrow("died");
  world.cloud.after = undefined;
  world.cloud.mutations.length = 0;
  return { world, lines: await files.readLines(), head: (await files.readHead()) ?? "" };
}

function journalIn(files: ReturnType<typeof memoryFiles>): Journal {
  return journalOn(
    () => files,
    async () => undefined,
    () => true,
  );
}

/** The same numbers in every run of a test: a linear congruential generator (Numerical Recipes). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state % below;
  };
}

/** Damage that a disk, a careless tool or somebody with an editor does to lines. */
function damage(bytes: Buffer, random: (below: number) => number): Buffer {
  const lines = bytes.toString("utf8").split("\n").slice(0, -1);
  const line = random(lines.length);
  const other = (line + 1 + random(lines.length - 1)) % lines.length;
  const at = random(bytes.length);
  const joined = (changed: readonly string[]) => Buffer.from(changed.map((one) => `${one}\n`).join(""));
  switch (random(7)) {
    case 0:
      return joined(lines.slice(0, line));
    case 1:
      return Buffer.from(bytes.subarray(0, at));
    case 2:
      return joined(lines.toSpliced(line, 1));
    case 3:
      return joined(lines.with(line, lines[other] ?? "").with(other, lines[line] ?? ""));
    case 4:
      return joined(lines.toSpliced(line, 0, lines[other] ?? ""));
    case 5:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + random(40), random(256)), bytes.subarray(at)]);
    default:
      return Buffer.from(bytes.with(at, ((bytes[at] ?? 0) + 1 + random(255)) % 256));
  }
}

/** A line with another time in it, and the hash that belongs to that. */
function sealedAgain(line: string): string {
  const body = `${line.replace(/"at":"20/, '"at":"21').replace(/,"hash":"[0-9a-f]{64}"\}$/, "")}}`;
  return `${body.slice(0, -1)},"hash":"${sha256(body)}"}`;
}

describe("a journal that somebody changed", () => {
  it("S60 never ends in a mutation, whatever befell its lines: cut, swapped, doubled, overwritten, in 1,000 ways", async () => {
    const { world, lines, head } = await diedHalfWay();
    const random = generator(42);
    for (let round = 0; round < 1_000; round++) {
      const hurt = damage(lines, random);
      // What is added behind the last line is no line the head vouches for, and is cut.
      if (hurt.subarray(0, lines.length).equals(lines)) continue;
      const files = { ...memoryFiles(), readLines: async () => hurt, readHead: async () => head };
      const refusal = await refusalOf(world.execute({ journal: journalIn(files) }));
      if (refusal !== "journal-corrupt") expect.fail(`round ${round}: ${String(refusal)}`);
    }
    expect(world.cloud.mutations).toEqual([]);
  });

  it("S60 is refused for any byte of its head", async () => {
    const { world, lines, head } = await diedHalfWay();
    const blanks = [...head].map((_, at) => ({ at, text: `${head.slice(0, at)} ${head.slice(at)}` }));
    for (const { at, text } of [...flipped(head), ...blanks]) {
      const files = { ...memoryFiles(), readLines: async () => lines, readHead: async () => text };
      const refusal = await refusalOf(world.execute({ journal: journalIn(files) }));
      if (refusal !== "journal-corrupt") expect.fail(`byte ${at}: ${String(refusal)}`);
    }
    expect(world.cloud.mutations).toEqual([]);
  });

  it("S60 is refused when a line was edited and sealed again, be it the last one", async () => {
    const { world, lines, head } = await diedHalfWay();
    const texts = lines.toString("utf8").split("\n").slice(0, -1);
    for (const [index, line] of texts.entries()) {
      const edited = texts.with(index, sealedAgain(line));
      const hurt = Buffer.from(edited.map((one) => `${one}\n`).join(""));
      const files = { ...memoryFiles(), readLines: async () => hurt, readHead: async () => head };
      expect(await refusalOf(world.execute({ journal: journalIn(files) })), `line ${index}`).toBe("journal-corrupt");
    }
    expect(world.cloud.mutations).toEqual([]);
  });

  it("S60 goes on when it was not: the damage above is what stops it", async () => {
    const { world, lines, head } = await diedHalfWay();
    const files = { ...memoryFiles() };
    await files.appendLines(lines.toString("utf8"));
    await files.writeHead(head);
    expect(await world.execute({ journal: journalIn(files) })).toMatchObject({ status: "finished" });
  });
});
