import type { JsonObject } from "../../../common.js";
import { afterwards, become, end, release, timings } from "../lifecycle.js";
import { batchSize, type MemoryFeatures } from "../options.js";
import { defaultNetworkId, type Instance, type MemoryAction, type MemoryActionContext } from "../state.js";
import { aboutInstance, assertFree, instanceOf, mutates, paged, reads } from "./shared.js";

/** Actions on instances themselves. */
export function instanceActions(features: MemoryFeatures): Readonly<Record<string, MemoryAction>> {
  const tryable = { dryRun: features.capabilities.dryRun.checks !== "none" };
  return {
    "cloud:GetCaller": reads(({ scope }, parameters) => {
      parameters.done();
      const project = scope.project === "" ? {} : { project: scope.project };
      return { accountId: scope.accountId, principal: "memory-user", ...project };
    }),

    // Tags are matched as patterns, as clouds do, so that an adapter that does not match again is found out.
    "cloud:ListInstances": reads((context, parameters) => {
      const ids = parameters.optionalTexts("ids", batchSize);
      const patterns = Object.entries(parameters.map("tags")).map(([key, value]) => [key, patternOf(value)] as const);
      const rows = [...context.state.instances.values()]
        .filter((instance) => ids === undefined || ids.includes(instance.id))
        .filter((instance) => patterns.every(([key, pattern]) => pattern.test(instance.tags[key] ?? "")))
        .map((instance) => instanceRow(context, instance));
      return paged(rows, parameters);
    }),

    "cloud:ListProtection": reads((context, parameters) => {
      const rows = parameters.texts("ids", batchSize).flatMap((id) => {
        const instance = context.state.instances.get(id);
        if (!instance) return [];
        const { terminationProtection, stopProtection } = instance;
        return [{ id, terminationProtection, ...(features.capabilities.stopProtection ? { stopProtection } : {}) }];
      });
      return paged(rows, parameters);
    }),

    "cloud:SetProtection": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      const which = parameters.text("which");
      const value = parameters.flag("value");
      parameters.done();
      if (instance.status === "recycled") throw aboutInstance("WrongState", instance.id, "is in the bin");
      const field = which === "stop" ? "stopProtection" : "terminationProtection";
      if (instance[field] !== value) context.effect(instance.id);
      instance[field] = value;
      return {};
    }),

    "cloud:SetLock": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      const locked = parameters.flag("locked");
      parameters.done();
      if (instance.locks.some((lock) => lock.unified !== "user")) {
        throw aboutInstance("Locked", instance.id, "is locked by somebody else than a user");
      }
      instance.locks = locked ? [{ unified: "user" }] : [];
      context.effect(instance.id);
      return {};
    }),

    "cloud:SetGuestShutdown": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      instance.guestShutdown = parameters.text("value") === "terminate" ? "terminate" : "stop";
      parameters.done();
      context.effect(instance.id);
      return {};
    }),

    "cloud:SetTags": mutates((context, parameters) => {
      const instances = parameters.texts("ids", batchSize).map((id) => instanceOf(context, id));
      const set = parameters.map("set");
      const remove = parameters.optionalTexts("remove") ?? [];
      parameters.done();
      for (const instance of instances) {
        const kept = Object.entries(instance.tags).filter(([key]) => !remove.includes(key));
        instance.tags = { ...Object.fromEntries(kept), ...set };
        context.effect(instance.id);
      }
      return {};
    }),

    "cloud:StopInstance": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      parameters.done();
      assertFree(context, instance);
      if (instance.stopProtection) throw aboutInstance("Protected", instance.id, "has stop protection");
      if (instance.status === "stopped" || instance.status === "stopping") return {};
      if (instance.status !== "running") throw aboutInstance("WrongState", instance.id, `is ${instance.status}`);
      become(instance, "stopping");
      afterwards(context, instance, timings.stop, () => void become(instance, "stopped"));
      context.effect(instance.id);
      return {};
    }),

    "cloud:StartInstance": mutates((context, parameters) => {
      const instance = instanceOf(context, parameters.text("id"));
      parameters.done();
      assertFree(context, instance);
      if (instance.status !== "stopped") throw aboutInstance("WrongState", instance.id, `is ${instance.status}`);
      become(instance, "pending");
      afterwards(context, instance, timings.start, () => void become(instance, "running"));
      context.effect(instance.id);
      return {};
    }),

    // All or nothing: one instance that may not go keeps the whole batch.
    "cloud:TerminateInstances": mutates((context, parameters) => {
      const instances = parameters.texts("ids", batchSize).map((id) => instanceOf(context, id));
      if (tryable.dryRun) parameters.flag("dryRun");
      parameters.done();
      for (const instance of instances) assertMayEnd(context, instance);
      for (const instance of instances) {
        if (instance.status === "terminating") continue;
        context.effect(instance.id);
        if (instance.status === "recycled") release(context, instance);
        else end(context, instance, features);
      }
      return {};
    }, tryable),

    "cloud:ScheduleRelease": mutates((context, parameters) => {
      const lead = features.capabilities.scheduledRelease;
      const instance = instanceOf(context, parameters.text("id"));
      const at = parameters.optionalText("at");
      parameters.done();
      if (lead === false) throw aboutInstance("Unsupported", instance.id, "cannot be released later");
      context.effect(instance.id);
      if (at === undefined) {
        delete instance.release;
        return {};
      }
      const time = Date.parse(at);
      if (!(time >= context.now + lead.minimumLeadMinutes * 60_000)) {
        throw aboutInstance("InvalidParameter", instance.id, "cannot be released so soon");
      }
      const timerId = context.ids.assign("timer");
      instance.release = { at: time, timerId };
      context.later(time - context.now, () => {
        if (context.state.instances.get(instance.id)?.release?.timerId === timerId) release(context, instance);
      });
      return { timerId };
    }),
  };
}

function assertMayEnd(context: MemoryActionContext, instance: Instance): void {
  const { id } = instance;
  if (instance.managedBy !== undefined) throw aboutInstance("OwnedByService", id, `belongs to ${instance.managedBy}`);
  assertFree(context, instance);
  if (instance.terminationProtection || instance.stopProtection) throw aboutInstance("Protected", id, "is protected");
  const expired = instance.expiresAt !== undefined && instance.expiresAt <= context.now;
  if (instance.billing === "prepaid" && !expired && instance.status !== "recycled") {
    throw aboutInstance("ChargeTypeViolation", id, "is paid in advance");
  }
}

/** An instance as the listing shows it: without its protection, which is asked for apart. */
function instanceRow({ state, now }: MemoryActionContext, instance: Instance): JsonObject {
  const interfaces = instance.interfaceIds.flatMap((id) => {
    const one = state.interfaces.get(id);
    if (!one) return [];
    const { primary, deleteWithInstance, privateIps, groupIds } = one;
    return [{ id, primary, deleteWithInstance, privateIps, groupIds }];
  });
  const optional = {
    expiresAt: instance.expiresAt === undefined ? undefined : isoOf(instance.expiresAt),
    releaseAt: instance.release === undefined ? undefined : isoOf(instance.release.at),
    timerId: instance.release?.timerId,
    busy: instance.busy !== undefined && instance.busy.until > now ? instance.busy.operation : undefined,
    managedBy: instance.managedBy,
    binCause: instance.bin?.cause,
    binUntil: instance.bin === undefined ? undefined : isoOf(instance.bin.until),
  };
  return {
    id: instance.id,
    name: instance.name,
    status: instance.status,
    billing: instance.billing,
    autoRenew: instance.autoRenew,
    locks: instance.locks.map(({ unified, orderId }) => ({
      kind: unified,
      ...(orderId === undefined ? {} : { orderId }),
    })),
    guestShutdown: instance.guestShutdown,
    zone: instance.zone,
    networkId: instance.networkId,
    subnetId: `${instance.networkId === defaultNetworkId ? "sub-default" : `sub-${instance.networkId}`}`,
    tags: instance.tags,
    createdAt: isoOf(instance.createdAt),
    startedAt: isoOf(instance.startedAt),
    diskIds: instance.diskIds,
    interfaces,
    ...withoutUndefined(optional),
  };
}

function withoutUndefined(fields: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function isoOf(time: number): string {
  return new Date(time).toISOString();
}

function patternOf(value: string): RegExp {
  const escaped = value
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`);
}
