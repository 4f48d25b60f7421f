import type { InstanceRecord } from "./instances.js";

/** Who holds an address now, and whether the account loses it with the instance. */
export interface AddressHolder {
  readonly instanceId: string;
  readonly ephemeral: boolean;
}

/** The holders of every address of these instances. */
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
