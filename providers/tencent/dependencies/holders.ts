import type { InstanceRecord } from "../../../src/instances.js";
import type { SeenInstance } from "../record.js";

/** Who holds an address now, and whether the account loses it with the instance. */
export interface AddressHolder {
  readonly instanceId: string;
  readonly ephemeral: boolean;
}

/**
 * The holders of every address of these instances. A private address stands for itself in one network only: see
 * {@link holdersIn}.
 */
export function addressHolders(records: readonly InstanceRecord[]): ReadonlyMap<string, readonly AddressHolder[]> {
  const holders = new Map<string, AddressHolder[]>();
  const add = (ip: string, holder: AddressHolder) => holders.set(ip, [...(holders.get(ip) ?? []), holder]);
  for (const record of records) {
    for (const ip of record.privateIps) add(ip, { instanceId: record.id, ephemeral: false });
    for (const { ip, kind } of record.publicAddresses) {
      add(ip, { instanceId: record.id, ephemeral: kind === "ephemeral" });
    }
  }
  return holders;
}

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
