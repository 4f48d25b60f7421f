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
  return [...state.addresses.values()].filter(({ association }) => association?.interfaceId === interfaceId);
}

/** Takes an Elastic IP off its interface. */
export function disassociate(context: AwsContext, addressId: string): void {
  change(context.state.addresses, addressId, { association: undefined });
}

/** Puts an Elastic IP on a private address. An ephemeral address there goes back to AWS for good. */
export function associate(context: AwsContext, addressId: string, interfaceId: string, privateIp: string): string {
  const { interfaces, addresses } = context.state;
  const id = context.ids.assign("association");
  if (interfaces.get(interfaceId)?.privateIps[0] === privateIp)
    change(interfaces, interfaceId, { ephemeralIp: undefined });
  change(addresses, addressId, { association: { id, interfaceId, privateIp } });
  return id;
}
