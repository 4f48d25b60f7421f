import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedName, SeedOwner } from "../../../../src/testing/seed.js";
import { interfacesOf, vpcOf } from "../network.js";
import type { AliyunContext } from "../state.js";

/** The instances an owner names. */
export function membersOf({ ids, state }: AliyunContext, { members }: SeedOwner): readonly string[] {
  return members.map((name) => {
    const id = ids.find(name);
    if (!state.instances.has(id)) throw unsupportedSeed("aliyun", "owners.members", `"${name}" is no instance.`);
    return id;
  });
}

/** The private address of an instance, or the word itself where it is an address. */
export function addressOfMember({ ids, state }: AliyunContext, name: SeedName): string {
  if (/^\d+(\.\d+){3}$/.test(name)) return name;
  return interfacesOf(state, ids.find(name))[0]?.privateIps[0] ?? "";
}

/** The public address of an instance, if it has one. */
export function publicAddressOfMember({ ids, state }: AliyunContext, name: SeedName): string | undefined {
  if (/^\d+(\.\d+){3}$/.test(name)) return name;
  const id = ids.find(name);
  const elastic = [...state.addresses.values()].find(({ holder }) => holder?.id === id);
  return elastic?.ip ?? state.instances.get(id)?.publicIp;
}

/** The network of the first member, or the default one. */
export function vpcOfMembers(context: AliyunContext, { members: [first] }: SeedOwner): string {
  const instance = context.state.instances.get(context.ids.known(first ?? "") ?? "");
  return instance?.vpcId ?? vpcOf(context).id;
}
