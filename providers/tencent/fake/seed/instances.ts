import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedAddress, SeedDisk, SeedInstance, SeedInterface } from "../../../../src/testing/seed.js";
import { addTimer } from "../cvm/timers.js";
import { addInstance } from "../launch.js";
import { afterwards, isolate, setState, stop, terminate, watchExpiry } from "../lifecycle.js";
import { groupOf, newPrivateIp, newPublicIp } from "../network.js";
import type { Instance, InstanceStateName } from "../records.js";
import { addResource, change, join, type TencentContext } from "../state.js";
import { beginSnapshot, giveTo } from "../storage.js";
import { monthsLater, utc } from "../times.js";
import { timings } from "../timings.js";
import { bind, seedDisk, seedElastic } from "./disks.js";

const chargeTypes = { "on-demand": "POSTPAID_BY_HOUR", prepaid: "PREPAID", spot: "SPOTPAID" } as const;
const sources = { returned: "MANMADE", expired: "EXPIRE", overdue: "ARREAR" } as const;

/** Seeds one instance with what hangs on it, in the state it asks for. */
export function seedInstance(context: TencentContext, seed: SeedInstance, path: string): void {
  checkInstance(seed, path);
  const { ids, now } = context;
  const id = ids.assign("instance", seed.id);
  if (seed.state === "gone") return;
  const vpcId = seed.vpc === undefined ? undefined : ids.assign("vpc", seed.vpc);
  const isPrepaid = seed.billing === "prepaid";
  const instance = addInstance(context, {
    id,
    name: seed.name ?? "Unnamed",
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(seed.zone === undefined ? {} : { zone: seed.zone }),
    chargeType: chargeTypes[seed.billing ?? "on-demand"],
    createdAt: seed.createdAt === undefined ? now : Date.parse(seed.createdAt),
    ...(isPrepaid
      ? {
          expiresAt: expiryOf(seed, now),
          renewFlag: seed.autoRenew ? "NOTIFY_AND_AUTO_RENEW" : "NOTIFY_AND_MANUAL_RENEW",
        }
      : {}),
    isProtected: seed.terminationProtection ?? false,
    restrictState: seed.locks?.length ? "PROTECTIVELY_ISOLATED" : "NORMAL",
    tags: seed.tags ?? {},
    userData: seed.userData,
    application: seed.managedBy,
    refund: seed.refund ?? {},
    privateIps: seed.privateIps ?? [],
    groupIds: groupsOf(context, seed),
  });
  for (const [index, disk] of disksOf(seed).entries()) seedOwnDisk(context, id, disk, `${path}.disks[${index}]`);
  seedAddresses(context, id, instance.interfaceIds[0] ?? "", seed.addresses ?? [], `${path}.addresses`);
  for (const [index, one] of (seed.extraInterfaces ?? []).entries())
    seedInterface(context, id, one, `${path}.extraInterfaces[${index}]`);
  if (seed.keyPair !== undefined) useKeyPair(context, id, seed.keyPair);
  if (seed.role !== undefined) useRole(context, id, seed.role);
  if (seed.scheduledReleaseAt !== undefined) addTimer(context, id, Date.parse(seed.scheduledReleaseAt));
  enterState(context, id, seed);
  if (seed.busy) beBusy(context, id, seed.busy);
  watchExpiry(context, id);
}

/** Where no disk says that it is the system disk, the first that does not say otherwise is. */
function disksOf({ disks = [{}] }: SeedInstance): readonly SeedDisk[] {
  if (disks.some(({ role }) => role === "system")) return disks;
  const first = disks.findIndex(({ role }) => role === undefined);
  return disks.map((disk, index) => (index === first ? { ...disk, role: "system" } : disk));
}

function expiryOf({ expiresAt, recycledBecause }: SeedInstance, now: number): number {
  if (expiresAt !== undefined) return Date.parse(expiresAt);
  return recycledBecause === "expired" ? now : monthsLater(now, 3);
}

/** What Tencent Cloud does not know, by the name of the field. */
export function checkInstance(seed: SeedInstance, path: string): void {
  const refuse = (field: string, why: string) => unsupportedSeed("tencent", `${path}.${field}`, why);
  const isPrepaid = seed.billing === "prepaid";
  if (seed.stopProtection) throw refuse("stopProtection", "only termination can be protected.");
  if (seed.guestShutdown === "terminate") throw refuse("guestShutdown", "a guest's shutdown always only stops.");
  if (seed.terminationProtection && seed.billing === "spot")
    throw refuse("terminationProtection", "spot instances cannot be protected.");
  for (const { unified } of seed.locks ?? [])
    if (unified !== "security") throw refuse("locks", `there is no ${unified} lock, only isolation for security.`);
  if (!isPrepaid && seed.expiresAt !== undefined) throw refuse("expiresAt", "only prepaid instances expire.");
  if (!isPrepaid && seed.autoRenew !== undefined) throw refuse("autoRenew", "only prepaid instances are renewed.");
  if (!isPrepaid && seed.refund !== undefined) throw refuse("refund", "only prepaid instances are refunded.");
  const why = seed.refund && "refusedBecause" in seed.refund ? seed.refund.refusedBecause : undefined;
  if (why === "partner" || why === "wrong-site") throw refuse("refund", "returns are refused by quota or by terms.");
  if (isPrepaid && seed.scheduledReleaseAt !== undefined)
    throw refuse("scheduledReleaseAt", "timers are for pay-as-you-go instances.");
  if (seed.recycledBecause === "overdue" && isPrepaid)
    throw refuse("recycledBecause", "a prepaid instance expires, it is never in arrears.");
  if (seed.recycledBecause === "expired" && !isPrepaid)
    throw refuse("recycledBecause", "only prepaid instances expire.");
}

/** Groups of the primary interface; without any, a group of its own. */
export function groupsOf(context: TencentContext, { id, securityGroups }: SeedInstance): readonly string[] {
  const { ids } = context;
  if (securityGroups === undefined || securityGroups.length === 0)
    return [groupOf(context, ids.assign("security-group"), `of ${id}`).id];
  return securityGroups.map((name) => groupOf(context, ids.assign("security-group", name), name).id);
}

/** A disk of an instance: of the host, or of CBS and attached. */
export function seedOwnDisk(context: TencentContext, instanceId: string, seed: SeedDisk, path: string): void {
  const { state, ids } = context;
  const instance = state.instances.get(instanceId);
  if (!instance) return;
  if (seed.medium === "local") {
    const disk = {
      id: ids.assign("local-disk", seed.id),
      role: seed.role ?? "data",
      sizeGiB: seed.sizeGiB ?? 40,
    } as const;
    change(state.instances, instanceId, { localDisks: [...instance.localDisks, disk] });
    return;
  }
  giveTo(context, seedDisk(context, { role: "data", ...seed }, instance.zone, path), instance);
}

/** Public addresses of one interface. The ordinary one belongs to the primary interface and dies with its instance. */
export function seedAddresses(
  context: TencentContext,
  instanceId: string,
  interfaceId: string,
  seeds: readonly SeedAddress[],
  path: string,
): void {
  const { state, ids } = context;
  for (const [index, seed] of seeds.entries()) {
    const where = `${path}[${index}]`;
    if (seed.kind === "elastic") {
      bind(context, seedElastic(context, seed, where), interfaceId);
      continue;
    }
    if (seed.releasedWithInstance === false)
      throw unsupportedSeed("tencent", `${where}.releasedWithInstance`, "an ordinary address dies with its instance.");
    if (!state.interfaces.get(interfaceId)?.primary)
      throw unsupportedSeed("tencent", `${where}.kind`, "only the primary interface has an ordinary address.");
    const ordinaryAddress = { id: ids.assign("ordinary-address", seed.id), ip: seed.ip ?? newPublicIp(context) };
    change(state.instances, instanceId, { ordinaryAddress });
  }
}

function seedInterface(context: TencentContext, instanceId: string, seed: SeedInterface, path: string): void {
  const { state, ids, now } = context;
  const instance = state.instances.get(instanceId);
  if (!instance) return;
  if (seed.deletedWithInstance)
    throw unsupportedSeed("tencent", `${path}.deletedWithInstance`, "a secondary interface stays.");
  const id = ids.assign("interface", seed.id);
  state.interfaces.set(id, {
    id,
    name: seed.id ?? "secondary",
    primary: false,
    vpcId: instance.vpcId,
    subnetId: instance.subnetId,
    zone: instance.zone,
    state: "AVAILABLE",
    instanceId,
    attachedAt: now,
    privateIps: [newPrivateIp(context, instance.vpcId)],
    groupIds: groupsOf(context, { id: seed.id ?? id, ...seed }),
    createdAt: now,
    tags: {},
  });
  change(state.instances, instanceId, { interfaceIds: [...instance.interfaceIds, id] });
  seedAddresses(context, instanceId, id, seed.addresses ?? [], `${path}.addresses`);
}

/** A key pair, and an instance that can be entered with it. */
export function useKeyPair({ state, ids, now }: TencentContext, instanceId: string, name: string): void {
  const id = ids.assign("key-pair", name);
  addResource(state, "key-pair", id, {
    KeyId: id,
    KeyName: name,
    ProjectId: 0,
    Description: "",
    PublicKey: "ssh-rsa AAAA",
    PrivateKey: null,
    CreatedTime: utc(now),
    Tags: [],
  });
  const keyIds = state.instances.get(instanceId)?.keyIds ?? [];
  change(state.instances, instanceId, { keyIds: [...new Set([...keyIds, id])] });
  join(state, "key-pair", id, instanceId);
}

/** A CAM role, and an instance that acts as it. */
export function useRole({ state, ids, now }: TencentContext, instanceId: string, name: string): void {
  const id = ids.assign("role", name);
  addResource(state, "role", id, {
    RoleId: "4611686018427387904",
    RoleName: id,
    PolicyDocument: "{}",
    Description: "",
    AddTime: utc(now),
    UpdateTime: utc(now),
    RoleType: "user",
    RoleArn: `qcs::cam::uin/${state.accountId}:roleName/${id}`,
  });
  change(state.instances, instanceId, { roleName: id });
  join(state, "instance-role", id, instanceId);
}

/** Puts an instance into the state a seed asks for, and lets it go on from there. */
export function enterState(context: TencentContext, id: string, seed: Pick<SeedInstance, "state" | "recycledBecause">) {
  const instance = context.state.instances.get(id);
  if (!instance) return;
  if (seed.state === "pending") {
    const turn = setState(context, id, "PENDING");
    afterwards(context, id, turn, timings.launchMs, () => setState(context, id, "RUNNING"));
  } else if (seed.state === "running" || seed.state === "stopped") {
    setState(context, id, seed.state === "running" ? "RUNNING" : "STOPPED", { isolatedSource: "NOTISOLATED" });
  } else if (seed.state === "stopping") stop(context, id, false, false);
  else if (seed.state === "terminating") terminate(context, { ...instance, state: "TERMINATING" });
  else if (seed.state === "recycled") isolate(context, instance, sources[seed.recycledBecause ?? "returned"]);
}

/** What an operation under way looks like, and what it makes others be refused with. */
const busyAs = {
  resize: { name: "ResetInstancesType" },
  rebuild: { name: "ResetInstance" },
  conversion: { name: "ModifyInstancesChargeType" },
  snapshot: { name: "", code: "MutexOperation.TaskRunning" },
  rescue: { name: "", states: ["ENTER_RESCUE_MODE", "RESCUE_MODE", "EXIT_RESCUE_MODE"] },
  migrate: {
    name: "",
    states: ["ENTER_SERVICE_LIVE_MIGRATE", "SERVICE_LIVE_MIGRATE", "EXIT_SERVICE_LIVE_MIGRATE"],
  },
} as const satisfies Readonly<
  Record<string, { readonly name: string; readonly code?: string; readonly states?: readonly InstanceStateName[] }>
>;

/** Keeps an instance busy for a while. */
export function beBusy(context: TencentContext, id: string, busy: NonNullable<SeedInstance["busy"]>): void {
  const { state, ids, now } = context;
  const instance = state.instances.get(id);
  if (!instance) return;
  const how: { readonly name: string; readonly code?: string; readonly states?: readonly InstanceStateName[] } =
    busyAs[busy.operation];
  if (how.states) {
    passThrough(context, instance, how.states, busy.forMs);
    return;
  }
  if (busy.operation === "snapshot") {
    const disk = state.disks.get(instance.diskIds[0] ?? "");
    if (disk) beginSnapshot(context, { disk, name: "somebody else's", tags: {}, durationMs: busy.forMs });
  }
  const requestId = ids.assign("binding");
  const operation = { name: how.name, state: "OPERATING", requestId } as const;
  change(state.instances, id, how.code === undefined ? { operation } : { busyCode: how.code });
  context.clock.at(now + busy.forMs, () => {
    const present = state.instances.get(id);
    if (present?.operation?.requestId === requestId)
      change(state.instances, id, { operation: { ...operation, state: "SUCCESS" } });
    change(state.instances, id, { busyCode: undefined });
  });
}

/** In, within and out again: a fifth of the time each way. */
function passThrough(
  context: TencentContext,
  instance: Instance,
  [into, within, out]: readonly InstanceStateName[],
  forMs: number,
): void {
  const { id, state: former } = instance;
  const step = (next: InstanceStateName | undefined, delayMs: number, then: () => void) => {
    const turn = setState(context, id, next ?? former);
    afterwards(context, id, turn, delayMs, then);
  };
  step(into, forMs * 0.2, () =>
    step(within, forMs * 0.6, () => step(out, forMs * 0.2, () => setState(context, id, former))),
  );
}
