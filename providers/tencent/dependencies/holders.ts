import type { InstanceRecord } from "../../../src/instances.js";
import type { SeenInstance } from "../record.js";

/** The holders of private addresses, by network and address: `vpc-…/10.0.0.8`. */
export function holdersIn(records: readonly InstanceRecord[]): ReadonlyMap<string, string> {
  return new Map(
    records.flatMap(({ id, vpcId, privateIps }) => privateIps.map((ip) => [`${vpcId ?? ""}/${ip}`, id] as const)),
  );
}

/** The instances each disk hangs on. */
export function holdersByDisk(instances: readonly SeenInstance[]): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<string, string[]>();
  for (const { record } of instances) {
    for (const { id } of record.disks) holders.set(id, [...(holders.get(id) ?? []), record.id]);
  }
  return holders;
}

/** The networks these instances are in. */
export function networksOf(records: readonly InstanceRecord[]): readonly string[] {
  return [...new Set(records.flatMap(({ vpcId }) => vpcId ?? []))];
}
