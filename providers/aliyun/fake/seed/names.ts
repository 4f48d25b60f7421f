import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { freePrivateIp, freePublicIp, interfacesOf, vpcOf } from "../network.js";
import type { NatGateway } from "../owners.js";
import type { AliyunContext } from "../state.js";
import { addressOfMember, membersOf, publicAddressOfMember, vpcOfMembers } from "./members.js";

/**
 * A custom route whose next hop is an instance, with the variant `interface` its first interface, or a virtual address
 * that was seeded before.
 */
export function seedRoute(context: AliyunContext, owner: SeedOwner): void {
  const { ids, state } = context;
  const [name, ...more] = owner.members;
  if (name === undefined || more.length > 0)
    throw unsupportedSeed("aliyun", "owners.members", "a route has one next hop.");
  const shared = state.virtualIps.get(ids.known(name) ?? "");
  const [instance = ""] = shared ? [] : membersOf(context, owner);
  const card = owner.variant === "interface" ? interfacesOf(state, instance)[0]?.id : undefined;
  const id = ids.assign("route", owner.id);
  state.routes.set(id, {
    id,
    name: owner.id,
    vpcId: shared?.vpcId ?? vpcOfMembers(context, owner),
    cidr: `192.168.${state.routes.size}.0/24`,
    nextHopType: shared ? "HaVip" : card ? "NetworkInterface" : "Instance",
    nextHopId: shared?.id ?? card ?? instance,
  });
}

/** A DNAT entry to the member's private address, or with the variant `snat` an SNAT entry from it. */
export function seedTranslation(context: AliyunContext, owner: SeedOwner): void {
  const { ids, state } = context;
  const [name, ...more] = owner.members;
  if (name === undefined || more.length > 0)
    throw unsupportedSeed("aliyun", "owners.members", "an entry translates one address.");
  const natId = gatewayOf(context, vpcOfMembers(context, owner)).id;
  const internalIp = addressOfMember(context, name);
  const publicIp = freePublicIp(state);
  if (owner.variant === "snat") {
    const id = ids.assign("snat-entry", owner.id);
    state.snatEntries.set(id, { id, natId, cidr: `${internalIp}/32`, snatIp: publicIp });
    return;
  }
  const id = ids.assign("forward-entry", owner.id);
  const port = String(owner.ports?.[0] ?? 80);
  const external = { externalIp: publicIp, externalPort: port };
  state.forwardEntries.set(id, { id, natId, ...external, internalIp, internalPort: port, protocol: "tcp" });
}

function gatewayOf({ ids, state, now }: AliyunContext, vpcId: string): NatGateway {
  const known = [...state.natGateways.values()].find((gateway) => gateway.vpcId === vpcId);
  if (known) return known;
  const made: NatGateway = {
    id: ids.assign("nat-gateway"),
    vpcId,
    forwardTableId: ids.assign("forward-table"),
    snatTableId: ids.assign("snat-table"),
    createdAt: now,
  };
  state.natGateways.set(made.id, made);
  return made;
}

/** A virtual address; the first member is the active one. */
export function seedVirtualIp(context: AliyunContext, owner: SeedOwner): void {
  const { ids, state, now } = context;
  const id = ids.assign("virtual-ip", owner.id);
  const vpcId = vpcOfMembers(context, owner);
  const ip = freePrivateIp(state, vpcOf(context, vpcId));
  state.virtualIps.set(id, { id, ip, vpcId, instanceIds: membersOf(context, owner), createdAt: now });
}

/** A record for each member: public where it has a public address, else of a private zone (variant `private`: always). */
export function seedName(context: AliyunContext, owner: SeedOwner): void {
  const { ids, state, now } = context;
  for (const [index, name] of owner.members.entries()) {
    const shown = owner.variant === "private" ? undefined : publicAddressOfMember(context, name);
    const isPrivate = shown === undefined;
    const id = ids.assign("dns-record", index === 0 ? owner.id : undefined);
    const zone = isPrivate ? "internal.example" : "example.com";
    const known = [...state.dnsRecords.values()].find((record) => record.zone === zone);
    state.dnsRecords.set(id, {
      id,
      zone,
      zoneId: known?.zoneId ?? ids.assign("zone"),
      private: isPrivate,
      name: owner.id,
      value: shown ?? addressOfMember(context, name),
      createdAt: now,
    });
  }
}
