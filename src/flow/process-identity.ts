import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import type { JournalLock } from "./journal.js";

/** What names a process for good: its number alone is given away again. */
export type ProcessIdentity = Pick<
  JournalLock,
  "host" | "bootId" | "processNamespace" | "processId" | "processStartedAt"
>;

/** What a system does not tell. Two of these are never equal. */
const unknown = "unknown";

/** Names this process. Where the system tells less, fields read `unknown`, and no process there is provably dead. */
export async function thisProcess(): Promise<ProcessIdentity> {
  return {
    host: hostname(),
    bootId: await bootId(),
    processNamespace: await readlink("/proc/self/ns/pid").catch(() => unknown),
    processId: process.pid,
    processStartedAt: (await startOf(process.pid)) ?? unknown,
  };
}

/** Whether two processes see each other's numbers: same host, same boot, same namespace. */
export function sameMachine(one: ProcessIdentity, other: ProcessIdentity): boolean {
  const equal = (field: "host" | "bootId" | "processNamespace") =>
    one[field] === other[field] && one[field] !== unknown;
  return equal("host") && equal("bootId") && equal("processNamespace");
}

/** Whether a process certainly runs no more, as far as this one can tell. */
export async function isProvablyDead(other: ProcessIdentity, here: ProcessIdentity): Promise<boolean> {
  if (!sameMachine(other, here) || other.processStartedAt === unknown) return false;
  return (await startOf(other.processId)) !== other.processStartedAt;
}

async function bootId(): Promise<string> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => unknown);
  return text.trim();
}

/** When a process started, in clock ticks since boot (proc(5), `/proc/pid/stat`, field 22); `undefined` where none runs. */
async function startOf(processId: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${processId}/stat`, "utf8").catch(() => undefined);
  // The second field is the name in parentheses, and may hold spaces and parentheses of its own.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
