import type { AwsContext, ElasticAddress, Instance } from "./state.js";
import { change } from "./state.js";

/** Deletes or frees the interfaces of a terminated instance, each by its own flag. Elastic IPs stay in the account. */
export function releaseInterfaces(context: AwsContext, instance: Instance): void {
  const { interfaces } = context.state;
  for (const id of instance.interfaceIds) {
    const dies = interfaces.get(id)?.attachment?.deleteOnTermination ?? false;
    for (const address of addressesOn(context, id)) disassociate(context, address.id);
    if (dies) interfaces.delete(id);
    else change(interfaces, id, { attachment: undefined, ephemeralIp: undefined });
  }
}

/** The Elastic IPs on an interface. */
export function addressesOn({ state }: Pick<AwsContext, "state">, interfaceId: string): readonly ElasticAddress[] {
  return state.interfaces.get(interfaceId)?.addressIds.flatMap((id) => state.addresses.get(id) ?? []) ?? [];
}

/** Takes an Elastic IP off its interface. */
export function disassociate({ state }: AwsContext, addressId: string): void {
  const { interfaces, addresses } = state;
  const interfaceId = addresses.get(addressId)?.association?.interfaceId ?? "";
  const addressIds = interfaces.get(interfaceId)?.addressIds.filter((id) => id !== addressId) ?? [];
  change(interfaces, interfaceId, { addressIds });
  change(addresses, addressId, { association: undefined });
}

/** Puts an Elastic IP on a private address. An ephemeral address there goes back to AWS for good. */
export function associate(context: AwsContext, addressId: string, interfaceId: string, privateIp: string): string {
  disassociate(context, addressId);
  const { interfaces, addresses } = context.state;
  const id = context.ids.assign("association");
  const card = interfaces.get(interfaceId);
  if (card?.privateIps[0] === privateIp) change(interfaces, interfaceId, { ephemeralIp: undefined });
  change(interfaces, interfaceId, { addressIds: [...(card?.addressIds ?? []), addressId] });
  change(addresses, addressId, { association: { id, interfaceId, privateIp } });
  return id;
}
