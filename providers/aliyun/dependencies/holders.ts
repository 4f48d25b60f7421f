import type { SeenInstance } from "../record.js";

/** Which instances hold a disk. */
export function holdersByDisk(instances: readonly SeenInstance[]): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<string, string[]>();
  for (const { record } of instances) {
    for (const disk of record.disks) holders.set(disk.id, [...(holders.get(disk.id) ?? []), record.id]);
  }
  return holders;
}

/** The instance behind each instance id and each interface id: routes and virtual addresses name either. */
export function instanceBehind(instances: readonly SeenInstance[]): ReadonlyMap<string, string> {
  const behind = new Map<string, string>();
  for (const { record } of instances) {
    behind.set(record.id, record.id);
    for (const { id } of record.networkInterfaces) behind.set(id, record.id);
  }
  return behind;
}

/** The networks the instances are in. */
export function networksOf(instances: readonly SeenInstance[]): readonly string[] {
  return [...new Set(instances.flatMap(({ record }) => record.vpcId ?? []))];
}
