import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedAddress, SeedInstance, SeedName } from "../../../../src/testing/seed.js";
import { followSubscription } from "../billing.js";
import { addInstance, addInterface, zoneOf } from "../build.js";
import { disksOf } from "../disks.js";
import { copyDisk } from "../ecs/snapshots.js";
import { becomeStopped, launch, release, scheduleRelease, stop } from "../lifecycle.js";
import { freePrivateIp, freePublicIp, vpcOf } from "../network.js";
import type { Address, AliyunContext, Instance } from "../state.js";
import { change } from "../state.js";
import { timings } from "../timings.js";
import { seedDisks } from "./disks.js";
import { groupOf } from "./groups.js";

const day = 24 * 3_600_000;

/** A refusal that names the field of an instance. */
function no(field: keyof SeedInstance | "addresses.releasedWithInstance", why: string): Error {
  return unsupportedSeed("aliyun", `instances.${field}`, why);
}

/** What no ECS instance has. */
function checkKnown(seed: SeedInstance): void {
  if (seed.stopProtection) throw no("stopProtection", "there is none, only release protection.");
  if (seed.recycledBecause) throw no("recycledBecause", "there is no recycle bin.");
  if (seed.state === "recycled") throw no("state", "there is no recycle bin: released instances are gone.");
  if (seed.state === "terminating")
    throw no("state", "there is no such state: until its id vanishes an instance reads Stopping or Stopped.");
  if (seed.guestShutdown === "terminate") throw no("guestShutdown", "a shutdown in the guest only stops the instance.");
  if (seed.busy?.operation === "rescue") throw no("busy", "there is no rescue mode.");
  if (seed.expiresAt !== undefined && seed.billing !== "prepaid") throw no("expiresAt", "only subscriptions expire.");
  if (seed.autoRenew !== undefined && seed.billing !== "prepaid")
    throw no("autoRenew", "only subscriptions are renewed.");
  if (seed.billing === "prepaid" && seed.terminationProtection)
    throw no("terminationProtection", "subscriptions cannot have it.");
  if (seed.billing === "prepaid" && seed.scheduledReleaseAt !== undefined)
    throw no("scheduledReleaseAt", "subscriptions are not released by a timer.");
}

const locks = {
  security: "security",
  overdue: "financial",
  refunded: "refunded",
  reclaim: "Recycling",
  platform: "dedicatedhostfinancial",
  /** A word that no document lists. */
  unknown: "unlistedreason",
} as const;

/** The cloud's words for locks. */
export function locksOf(seeds: SeedInstance["locks"]): readonly string[] {
  return (seeds ?? []).map(({ unified }) => {
    if (unified === "user") throw no("locks", "users lock nothing but by release protection.");
    if (unified === "order") throw no("locks", "orders do not lock instances.");
    return locks[unified];
  });
}

/** Makes an instance with all that hangs on it. */
export function seedInstance(context: AliyunContext, seed: SeedInstance): void {
  checkKnown(seed);
  const id = context.ids.assign("instance", seed.id);
  if (seed.state === "gone") return;
  if (context.state.instances.has(id)) throw no("id", `"${seed.id}" is there already.`);
  const vpc = vpcOf(context, seed.vpc === undefined ? undefined : context.ids.assign("vpc", seed.vpc));
  const createdAt = seed.createdAt === undefined ? context.now - day : Date.parse(seed.createdAt);
  const instance = addInstance(context, {
    id,
    name: seed.name ?? seed.id,
    zone: seed.zone ?? zoneOf(context),
    vpcId: vpc.id,
    switchId: vpc.switchId,
    createdAt,
    startedAt: createdAt,
    tags: seed.tags ?? {},
    deletionProtection: seed.terminationProtection ?? false,
    locks: locksOf(seed.locks),
    managed: seed.managedBy !== undefined,
    userData: seed.userData ?? "",
    keyPair: seed.keyPair === undefined ? "" : context.ids.assign("key-pair", seed.keyPair),
    role: seed.role === undefined ? "" : context.ids.assign("role", seed.role),
    refund: seed.refund,
    ...billingOf(context, seed),
  });
  seedDisks(context, instance, seed.disks);
  seedInterfaces(context, instance, seed);
  seedState(context, instance, seed);
}

function billingOf({ now }: AliyunContext, { billing, expiresAt, autoRenew }: SeedInstance): Partial<Instance> {
  if (billing !== "prepaid") return { spot: billing === "spot" };
  return {
    chargeType: "PrePaid",
    expiresAt: expiresAt === undefined ? now + 30 * day : Date.parse(expiresAt),
    renewal: autoRenew ? "AutoRenewal" : "Normal",
  };
}

function seedInterfaces(context: AliyunContext, instance: Instance, seed: SeedInstance): void {
  const { id: instanceId, vpcId, zone, managed } = instance;
  const inGroups = (names: readonly SeedName[]) => names.map((name) => groupOf(context, name, vpcId).id);
  const groupIds = inGroups(seed.securityGroups ?? [`${seed.id}-group`]);
  const common = { instanceId, vpcId, zone, serviceManaged: managed, createdAt: instance.createdAt };
  const { privateIps } = seed;
  for (const ip of privateIps ?? []) context.state.namedIps.set(ip, true);
  addInterface(context, { ...common, type: "Primary", groupIds, ...(privateIps?.length ? { privateIps } : {}) });
  seedAddresses(context, seed.addresses ?? [], { type: "EcsInstance", id: instanceId });
  for (const extra of seed.extraInterfaces ?? []) {
    const made = addInterface(context, {
      ...common,
      id: context.ids.assign("network-interface", extra.id),
      groupIds: extra.securityGroups ? inGroups(extra.securityGroups) : groupIds,
      deleteOnRelease: extra.deletedWithInstance ?? true,
      privateIps: [freePrivateIp(context.state, vpcOf(context, vpcId))],
    });
    seedAddresses(context, extra.addresses ?? [], { type: "NetworkInterface", id: made.id });
  }
}

type Holder = Pick<NonNullable<Address["holder"]>, "type" | "id">;

/** One public address for each interface: a static one on the instance itself, or an elastic one. */
export function seedAddresses(context: AliyunContext, seeds: readonly SeedAddress[], holder: Holder): void {
  if (seeds.length > 1) throw no("addresses", "an interface has one public address.");
  for (const seed of seeds) {
    if (seed.kind === "elastic") {
      seedElastic(context, seed, holder);
      continue;
    }
    if (holder.type !== "EcsInstance") throw no("addresses", "only an instance itself has a static public address.");
    if (seed.releasedWithInstance === false || seed.billing === "prepaid")
      throw no("addresses.releasedWithInstance", "a static public address goes with its instance.");
    const ip = seed.ip ?? freePublicIp(context.state);
    change(context.state.instances, holder.id, { publicIp: context.ids.assign("public-ip", seed.id, () => ip) });
  }
}

/** An elastic address, bound or free. */
export function seedElastic(context: AliyunContext, seed: SeedAddress, holder?: Holder): void {
  const { state, ids, now } = context;
  if (seed.kind !== "elastic") throw no("addresses", "only elastic addresses exist without an instance.");
  if (seed.releasedWithInstance)
    throw no("addresses.releasedWithInstance", "an elastic address is never released with its instance.");
  const { interfaces } = state;
  const card = [...interfaces.values()].find(({ id, instanceId, type }) =>
    holder?.type === "NetworkInterface" ? id === holder.id : type === "Primary" && instanceId === holder?.id,
  );
  const id = ids.assign("address", seed.id);
  state.addresses.set(id, {
    id,
    ip: seed.ip ?? freePublicIp(state),
    status: holder ? "InUse" : "Available",
    createdAt: now,
    chargeType: seed.billing === "prepaid" ? "PrePaid" : "PostPaid",
    deletionProtection: false,
    ...(holder ? { holder: { ...holder, privateIp: card?.privateIps[0] ?? "" } } : {}),
    ours: true,
  });
}

function seedState(
  context: AliyunContext,
  { id, chargeType, expiresAt, locks: own }: Instance,
  seed: SeedInstance,
): void {
  const { now } = context;
  const over = chargeType === "PrePaid" && expiresAt !== undefined && expiresAt <= now;
  const state = seed.state ?? (over || own.includes("refunded") ? "stopped" : "running");
  if (state === "pending") launch(context, id);
  if (state === "stopping") stop(context, id);
  if (state === "stopped") becomeStopped(context, id);
  if (seed.scheduledReleaseAt !== undefined) scheduleRelease(context, id, Date.parse(seed.scheduledReleaseAt));
  if (own.includes("Recycling")) context.later(timings.reclaimMs, () => release(context, id));
  if (seed.busy) seedBusy(context, id, seed.busy);
  followSubscription(context, id);
}

function seedBusy(context: AliyunContext, id: string, { operation, forMs }: NonNullable<SeedInstance["busy"]>): void {
  const { state, now } = context;
  if (operation !== "snapshot") {
    const code = operation === "conversion" ? "LastTokenProcessing" : "OperationConflict";
    change(state.instances, id, { busy: { code, until: now + forMs } });
    return;
  }
  const [system] = disksOf(state, id);
  if (!system) return;
  const none = { description: "", retentionDays: 0, groupId: "", tags: {} };
  const copy = copyDisk(context, { ...system, snapshots: "stuck" }, { ...none, name: "under-way" });
  change(state.snapshots, copy.id, { doneAt: now + forMs });
  context.later(forMs, () => {
    if (context.state.snapshots.get(copy.id)?.status === "progressing")
      change(context.state.snapshots, copy.id, { status: "accomplished" });
  });
}
