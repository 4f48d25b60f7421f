import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedDisk } from "../../../../src/testing/seed.js";
import { addDisk, addLike, deviceName } from "../build.js";
import type { AliyunContext, Disk, Instance } from "../state.js";
import { change, noteAttached } from "../state.js";

const field = "instances.disks";
const categories = {
  cloud: "cloud_essd",
  basic: "cloud_efficiency",
  local: "local_ssd_pro",
  shared: "cloud_essd",
} as const;
const keyStates = { usable: "Enabled", disabled: "Disabled", deleting: "PendingDeletion" } as const;

/** Makes the disks of an instance. Where none says that it is the system disk, the first one is. */
export function seedDisks(context: AliyunContext, instance: Instance, seeds: readonly SeedDisk[] = [{}]): void {
  const marked = seeds.some(({ role }) => role === "system");
  for (const [index, seed] of seeds.entries()) {
    const role = seed.role ?? (!marked && index === 0 ? "system" : "data");
    seedDisk(context, { ...seed, role }, instance, deviceName(index));
  }
}

/** Makes a disk that once was attached and is free now. */
export function seedFreeDisk(context: AliyunContext, seed: SeedDisk): void {
  const made = addDisk(context, fieldsOf(context, { role: "data", ...seed }));
  change(context.state.disks, made.id, { everAttached: true, detachedAt: context.now });
}

function seedDisk(
  context: AliyunContext,
  seed: SeedDisk & { readonly role: Disk["role"] },
  instance: Instance,
  device: string,
): void {
  const { disks } = context.state;
  const attachment = { instanceId: instance.id, device, at: instance.createdAt };
  const known = disks.get(context.ids.known(seed.id ?? "") ?? "");
  if (known) {
    if (!known.multiAttach)
      throw unsupportedSeed("aliyun", `${field}.id`, `only a shared disk can be attached twice, not "${seed.id}".`);
    change(disks, known.id, { attachments: [...known.attachments, attachment] });
    noteAttached(context.state, instance.id, known.id);
    return;
  }
  const fields = fieldsOf(context, seed);
  const prepaid = seed.billing === "prepaid" || (instance.chargeType === "PrePaid" && seed.role === "system");
  addDisk(context, {
    ...fields,
    zone: instance.zone,
    attachments: [attachment],
    createdAt: instance.createdAt,
    ...(prepaid ? { chargeType: "PrePaid", portable: false } : {}),
  });
}

function fieldsOf(context: AliyunContext, seed: SeedDisk & { readonly role: Disk["role"] }): Partial<Disk> {
  checkFlags(seed);
  const { role, medium = "cloud", tied = false } = seed;
  const encrypted = seed.encrypted ?? seed.keyState !== undefined;
  return {
    id: context.ids.assign("disk", seed.id),
    role,
    category: tied ? "cloud" : categories[medium],
    sizeGiB: seed.sizeGiB ?? 40,
    deleteWithInstance: seed.deletedWithInstance ?? (role === "system" || tied || medium === "local"),
    deleteAutoSnapshot: seed.autoSnapshotsDeletedWithDisk ?? false,
    portable: !tied && medium !== "local",
    multiAttach: medium === "shared",
    encrypted,
    keyId: encrypted ? seedKey(context, seed.keyState) : "",
    snapshots: seed.snapshots ?? "complete",
  };
}

function checkFlags({ role, medium, tied, billing, deletedWithInstance }: SeedDisk): void {
  const no = (name: string, why: string) => unsupportedSeed("aliyun", `${field}.${name}`, why);
  if (role === "system" && (medium === "local" || medium === "shared"))
    throw no("medium", "a system disk is a cloud disk of its own.");
  if (medium === "shared" && deletedWithInstance)
    throw no("deletedWithInstance", "a multi-attach disk has no such flag and stays.");
  if (deletedWithInstance === false && (medium === "local" || tied || billing === "prepaid"))
    throw no("deletedWithInstance", "local disks and those that are not portable go with their instance.");
}

function seedKey({ ids, state }: AliyunContext, keyState: NonNullable<SeedDisk["keyState"]> = "usable"): string {
  const id = ids.assign("key");
  state.keys.set(id, keyStates[keyState]);
  return id;
}

/** A shared disk has another holder: where the seed names none, an instance of somebody else. */
export function giveSharedDisksHolders(context: AliyunContext): void {
  const { disks, instances } = context.state;
  for (const { id, multiAttach, attachments } of [...disks.values()]) {
    const first = instances.get(attachments[0]?.instanceId ?? "");
    if (!multiAttach || attachments.length !== 1 || !first) continue;
    const holder = addLike(context, { ...first, name: "holds a shared disk as well" }, []);
    change(instances, holder.id, { status: "Running" });
    const attachment = { instanceId: holder.id, device: deviceName(1), at: context.now };
    change(disks, id, { attachments: [...attachments, attachment] });
    noteAttached(context.state, holder.id, id);
  }
}
