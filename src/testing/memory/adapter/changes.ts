import { confirmByReading } from "../../../confirm.js";
import type { Effect } from "../../../effects.js";
import type { MutationAnswer } from "../../../requests.js";
import { Wire } from "../../../wire.js";
import { type MemoryCall, service } from "./call.js";
import { diskFlagEffect, protectionEffect } from "./effects.js";

/** One change to one thing that can be read again. */
export interface Change {
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly instanceIds: readonly string[];
  readonly effects: readonly Effect[];
  /** Whether what was asked for is so now. */
  readonly isSo: () => Promise<boolean>;
  /** The field of the answer that holds the new thing's id. */
  readonly created?: string;
}

/** Sends a change, and reads what became of it where the answer was lost. */
export async function change(call: MemoryCall, { isSo, created, ...rest }: Change): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service,
    ...rest,
    confirm: confirmByReading(call.requests, isSo),
    ...(created === undefined
      ? {}
      : { createdIds: (body: unknown) => [new Wire(body, rest.action).text(created) ?? []].flat() }),
  });
}

/** The protections of one instance as they are now. */
export interface Protection {
  readonly termination: boolean;
  readonly stop?: boolean;
  readonly lock: boolean;
}

/** Reads protections in bulk. Locks are in the listing of instances. */
export async function readProtection(
  call: MemoryCall,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Omit<Protection, "lock">>> {
  if (ids.length === 0) return new Map();
  const pieces: Wire[] = [];
  for (let start = 0; start < ids.length; start += 100) {
    pieces.push(...(await call.pages("ListProtection", { ids: ids.slice(start, start + 100) })));
  }
  return new Map(
    pieces.map((row) => {
      const stop = row.flag("stopProtection");
      const termination = row.flag("terminationProtection") ?? true;
      return [row.need("id"), { termination, ...(stop === undefined ? {} : { stop }) }];
    }),
  );
}

/** Whether one protection of an instance is on; `undefined` when the instance is not there. */
export async function readSwitch(
  call: MemoryCall,
  id: string,
  which: "termination" | "stop" | "lock",
): Promise<boolean | undefined> {
  if (which !== "lock") return (await readProtection(call, [id])).get(id)?.[which];
  const [row] = await call.pages("ListInstances", { ids: [id] });
  return row?.list("locks").some((lock) => lock.text("kind") === "user");
}

/** Switches one protection of an instance. */
export function setSwitch(
  call: MemoryCall,
  id: string,
  which: "termination" | "stop" | "lock",
  value: boolean,
  effects: readonly Effect[] = [protectionEffect(call, id, which, value)],
): Promise<MutationAnswer> {
  return change(call, {
    ...(which === "lock"
      ? { action: "SetLock", parameters: { id, locked: value } }
      : { action: "SetProtection", parameters: { id, which, value } }),
    instanceIds: [id],
    effects,
    isSo: async () => (await readSwitch(call, id, which)) === value,
  });
}

/** Whether a disk goes with an instance; `undefined` when it is not attached to it. */
export async function readDiskFlag(call: MemoryCall, instanceId: string, diskId: string): Promise<boolean | undefined> {
  const [row] = await call.pages("ListDisks", { ids: [diskId] });
  return row
    ?.list("attachments")
    .find((one) => one.text("instanceId") === instanceId)
    ?.flag("deleteWithInstance");
}

/** Says whether a disk goes with an instance. */
export function setDiskFlag(
  call: MemoryCall,
  instanceId: string,
  diskId: string,
  value: boolean,
  effects: readonly Effect[] = [diskFlagEffect(call, instanceId, diskId, value)],
): Promise<MutationAnswer> {
  return change(call, {
    action: "SetDiskFlag",
    parameters: { id: diskId, instanceId, deleteWithInstance: value },
    instanceIds: [instanceId],
    effects,
    isSo: async () => (await readDiskFlag(call, instanceId, diskId)) === value,
  });
}

/** The tags of an instance; `undefined` when it is not there. */
export async function readTags(call: MemoryCall, id: string): Promise<Readonly<Record<string, string>> | undefined> {
  const [row] = await call.pages("ListInstances", { ids: [id] });
  return (
    row &&
    Object.fromEntries(Object.entries(row.object("tags")?.toJson() ?? {}).map(([key, value]) => [key, String(value)]))
  );
}

/** Whether an instance has these tags and lacks those. */
export function tagsFit(
  tags: Readonly<Record<string, string>>,
  set: Readonly<Record<string, string>>,
  remove: readonly string[],
): boolean {
  return (
    Object.entries(set).every(([key, value]) => tags[key] === value) && remove.every((key) => tags[key] === undefined)
  );
}
