import type { SeenInstance } from "../record.js";

/** Which servers hold a disk. Disks of the host are nobody's but theirs. */
export function holdersByDisk(instances: readonly SeenInstance[]): ReadonlyMap<string, readonly string[]> {
  return holdersBy(instances, ({ record }) => record.disks.filter(({ ephemeral }) => !ephemeral).map(({ id }) => id));
}

/** Which servers hold a port. */
export function holdersByPort(instances: readonly SeenInstance[]): ReadonlyMap<string, readonly string[]> {
  return holdersBy(instances, ({ record }) => record.networkInterfaces.map(({ id }) => id));
}

/** Servers by whatever they have. */
export function holdersBy(
  instances: readonly SeenInstance[],
  namesOf: (seen: SeenInstance) => readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<string, string[]>();
  for (const seen of instances) {
    for (const name of new Set(namesOf(seen))) holders.set(name, [...(holders.get(name) ?? []), seen.record.id]);
  }
  return holders;
}
