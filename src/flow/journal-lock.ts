import { randomUUID } from "node:crypto";
import { DecommissionError } from "../errors.js";
import type { JournalLock } from "./journal.js";
import type { JournalFiles } from "./journal-files.js";
import { isProvablyDead, thisProcess } from "./process-identity.js";

/** A lock that this process holds. */
export interface HeldLock {
  readonly lock: JournalLock;
  /** The nonce of the owner that was replaced, dead or taken over from. */
  readonly tookOver?: string;
  /** Throws `journal-busy` once somebody else has taken the journal over: from then on nothing may be written. */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

interface LockFile {
  readonly name: string;
  readonly number: number;
  readonly held: boolean;
  readonly lock: JournalLock;
}

/**
 * Takes the lock. Lock files are numbered and the highest counts, so that of several that try at once exactly one
 * creates the next. An owner provably dead is replaced; any other only when `takeOver` is its nonce.
 */
export async function takeLock(files: JournalFiles, takeOver?: string): Promise<HeldLock> {
  const here = await thisProcess();
  const last = await highestLock(files);
  const replaced = last?.held === true;
  if (last && replaced && last.lock.nonce !== takeOver && !(await isProvablyDead(last.lock, here)))
    throw busy(last.lock);
  const epoch = (last?.lock.epoch ?? 0) + (replaced || !last ? 1 : 0);
  const lock: JournalLock = { ...here, nonce: randomUUID(), epoch };
  const name = `lock-${(last?.number ?? 0) + 1}.json`;
  if (!(await files.createLock(name, JSON.stringify(lock)))) {
    const winner = await highestLock(files);
    throw busy(winner?.lock ?? lock);
  }
  if (last) await files.removeLock(last.name);
  return {
    lock,
    ...(last && replaced ? { tookOver: last.lock.nonce } : {}),
    assertHeld: async () => {
      const now = await highestLock(files);
      if (now?.lock.nonce !== lock.nonce) throw busy(now?.lock ?? lock);
    },
    release: async () => {
      const now = await highestLock(files);
      if (now?.lock.nonce === lock.nonce) await files.renameLock(name, name.replace("lock-", "free-"));
    },
  };
}

/** Who holds the journal; `undefined` where nobody does. */
export async function readLock(files: JournalFiles): Promise<JournalLock | undefined> {
  const last = await highestLock(files);
  return last?.held ? last.lock : undefined;
}

async function highestLock(files: JournalFiles): Promise<LockFile | undefined> {
  const names = await files.locks();
  const numbered = names.map((name) => ({
    name,
    number: Number(/\d+/.exec(name)?.[0]),
    held: name.startsWith("lock-"),
  }));
  const [last] = numbered.sort((one, other) => other.number - one.number || Number(other.held) - Number(one.held));
  if (!last) return undefined;
  const text = await files.readLock(last.name);
  // Removed or renamed between the two looks: the next look is at what replaced it.
  if (text === undefined) return await highestLock(files);
  return { ...last, lock: parseLock(text, last.name) };
}

function parseLock(text: string, name: string): JournalLock {
  try {
    const lock: JournalLock = JSON.parse(text);
    if (typeof lock.nonce === "string" && Number.isInteger(lock.epoch)) return lock;
  } catch {
    // Reported below, as any other content that is no lock.
  }
  throw new DecommissionError({
    code: "journal-corrupt",
    message: `The lock ${name} of the journal is damaged.`,
    hint: "Make sure that no process works on this run, then remove that file.",
  });
}

function busy(lock: JournalLock): DecommissionError {
  return new DecommissionError({
    code: "journal-busy",
    message: `Process ${lock.processId} on ${lock.host} holds this journal (nonce ${lock.nonce}).`,
    hint: "Wait for it. If it is certainly dead, pass that nonce as `takeOver`.",
  });
}
