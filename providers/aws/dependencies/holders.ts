import type { SeenInstance } from "../record.js";

/** The volumes of the instances; disks of the host are not among them. */
export function diskIdsOf(instances: readonly SeenInstance[]): readonly string[] {
  const disks = instances.flatMap(({ record }) => record.disks);
  return [...new Set(disks.filter(({ ephemeral }) => !ephemeral).map(({ id }) => id))];
}

/** Which instances hold a volume. */
export function holdersByDisk(instances: readonly SeenInstance[]): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<string, string[]>();
  for (const { record } of instances) {
    for (const disk of record.disks) holders.set(disk.id, [...(holders.get(disk.id) ?? []), record.id]);
  }
  return holders;
}
