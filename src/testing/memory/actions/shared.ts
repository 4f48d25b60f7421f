import type { JsonObject } from "../../../common.js";
import { CloudRefusal, refusal } from "../../fake-refusal.js";
import { pageSize } from "../options.js";
import { Parameters } from "../parameters.js";
import type { Disk, Group, Instance, MemoryAction, MemoryActionContext } from "../state.js";

/** A reading action. */
export function reads(handle: (context: MemoryActionContext, parameters: Parameters) => JsonObject): MemoryAction {
  return { mutating: false, handle: (context) => handle(context, new Parameters(context.parameters)) };
}

/** A mutating action. With `dryRun` it can be tried out by a parameter of that name. */
export function mutates(
  handle: (context: MemoryActionContext, parameters: Parameters) => JsonObject | undefined,
  { dryRun = false } = {},
): MemoryAction {
  return {
    mutating: true,
    ...(dryRun ? { dryRun: (parameters: JsonObject) => parameters.dryRun === true } : {}),
    handle: (context) => handle(context, new Parameters(context.parameters)),
  };
}

/** One page of rows, and where the next one starts. */
export function paged(rows: readonly JsonObject[], parameters: Parameters): JsonObject {
  const start = Number(parameters.optionalText("marker") ?? 0);
  parameters.done();
  const next = start + pageSize;
  return { items: rows.slice(start, next), ...(next < rows.length ? { next: String(next) } : {}) };
}

/** An instance that stands or is in a bin. Refuses an id that is not known, and names it. */
export function instanceOf({ state }: MemoryActionContext, id: string): Instance {
  const instance = state.instances.get(id);
  if (!instance) throw aboutInstance("InstanceNotFound", id, "is not there");
  return instance;
}

/** A disk. Refuses an id that is not known. */
export function diskOf({ state }: MemoryActionContext, id: string): Disk {
  const disk = state.disks.get(id);
  if (!disk) throw refusal("DiskNotFound", `Disk ${id} is not there.`, 404);
  return disk;
}

/** A group. Refuses an id that is not known. */
export function groupOf({ state }: MemoryActionContext, id: string): Group {
  const group = state.groups.get(id);
  if (!group) throw refusal("GroupNotFound", `Group ${id} is not there.`, 404);
  return group;
}

/** A refusal that names the instance it is about, so that the rest of a batch can go on. */
export function aboutInstance(cloudCode: string, instanceId: string, what: string): CloudRefusal {
  const status = cloudCode === "InstanceNotFound" ? 404 : 409;
  return new CloudRefusal(cloudCode, `Instance ${instanceId} ${what}.`, status, { instanceId });
}

/** Refuses while the cloud is at work on an instance, or while it is locked. */
export function assertFree({ now }: MemoryActionContext, instance: Instance): void {
  if (instance.locks.length > 0) {
    throw aboutInstance("Locked", instance.id, `is locked (${instance.locks.map((lock) => lock.unified).join(", ")})`);
  }
  if (instance.busy && instance.busy.until > now) {
    throw aboutInstance("OperationInProgress", instance.id, `is in the middle of a ${instance.busy.operation}`);
  }
}
