import { type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a journal does with its directory. A seam, so that tests can see the order and break a write. */
export interface JournalFiles {
  /** The lines, as bytes. Empty where there are none yet. */
  readLines(): Promise<Buffer>;
  appendLines(text: string): Promise<void>;
  syncLines(): Promise<void>;
  /** Cuts the lines, durably. */
  truncateLines(length: number): Promise<void>;
  readHead(): Promise<string | undefined>;
  /** Replaces the head in one step, durably: a reader finds the old or the new one, never half of each. */
  writeHead(text: string): Promise<void>;
  /** Names of the lock files. */
  locks(): Promise<readonly string[]>;
  readLock(name: string): Promise<string | undefined>;
  /** Creates a lock file with its content in one step; false where it exists. */
  createLock(name: string, text: string): Promise<boolean>;
  renameLock(from: string, to: string): Promise<void>;
  removeLock(name: string): Promise<void>;
  close(): Promise<void>;
}

const linesName = "journal.jsonl";
const headName = "head.json";

/** The files of a journal on this computer. */
export function journalFiles(directory: string): JournalFiles {
  const path = (name: string) => join(directory, name);
  let handle: FileHandle | undefined;
  const lines = async (): Promise<FileHandle> => {
    if (handle) return handle;
    handle = await open(path(linesName), "a");
    await syncDirectory(directory);
    return handle;
  };
  return {
    readLines: async () => (await readIfThere(path(linesName))) ?? Buffer.alloc(0),
    appendLines: async (text) => (await lines()).appendFile(text),
    syncLines: async () => (await lines()).datasync(),
    truncateLines: async (length) => {
      const file = await lines();
      await file.truncate(length);
      await file.datasync();
    },
    readHead: async () => (await readIfThere(path(headName)))?.toString("utf8"),
    writeHead: async (text) => {
      await writeDurably(path(`${headName}.next`), text);
      await rename(path(`${headName}.next`), path(headName));
      await syncDirectory(directory);
    },
    locks: async () => (await readdir(directory)).filter((name) => /^(lock|free)-\d+\.json$/.test(name)),
    readLock: async (name) => (await readIfThere(path(name)))?.toString("utf8"),
    createLock: (name, text) => createOnce(directory, name, text),
    renameLock: (from, to) => rename(path(from), path(to)),
    removeLock: (name) => rm(path(name), { force: true }),
    close: async () => {
      await handle?.close();
      handle = undefined;
    },
  };
}

/** Makes the directory, durably, and its parents. */
export async function makeDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
}

/** A file appears under its name only with all of its content: a reader must never find an empty lock. */
async function createOnce(directory: string, name: string, text: string): Promise<boolean> {
  const draft = join(directory, `.${name}.${process.pid}.${crypto.randomUUID()}`);
  await writeDurably(draft, text);
  try {
    await link(draft, join(directory, name));
    await syncDirectory(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flush: true });
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** A new name survives a power cut only once its directory is on disk, too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Windows and some network file systems refuse to sync a directory; there is nothing better to do there.
    if (!["EPERM", "EINVAL", "EISDIR", "ENOTSUP"].includes(codeOf(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** The system's code of a failed file operation. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
