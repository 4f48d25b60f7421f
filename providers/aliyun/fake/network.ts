import type { Address, AliyunContext, AliyunState, NetworkInterface, Vpc } from "./state.js";
import { accountOf, change } from "./state.js";

/** The network with that id, made when it is new. Without an id: the region's default network. */
export function vpcOf(context: AliyunContext, id?: string): Vpc {
  const { vpcs } = context.state;
  const known = id === undefined ? [...vpcs.values()].find(({ isDefault }) => isDefault) : vpcs.get(id);
  if (known) return known;
  const isDefault = id === undefined;
  const made: Vpc = {
    id: id ?? context.ids.assign("vpc"),
    name: isDefault ? "default" : "",
    cidr: isDefault ? "172.16.0.0/12" : `10.${vpcs.size}.0.0/16`,
    isDefault,
    switchId: context.ids.assign("switch"),
    routeTableId: context.ids.assign("route-table"),
    routerId: context.ids.assign("router"),
    createdAt: context.clock.now(),
    peers: [],
  };
  vpcs.set(made.id, made);
  return made;
}

/** An address of that network that nobody has. */
export function freePrivateIp(state: AliyunState, vpc: Vpc): string {
  const prefix = vpc.cidr.split(".").slice(0, 2).join(".");
  return freeIp(state, prefix);
}

/** A public address that nobody has. */
export function freePublicIp(state: AliyunState): string {
  return freeIp(state, "47.96");
}

function freeIp(state: AliyunState, prefix: string): string {
  let host = accountOf(state).lastHost;
  let ip: string;
  do {
    host += 1;
    ip = `${prefix}.${Math.floor(host / 250) % 256}.${(host % 250) + 1}`;
  } while (state.namedIps.has(ip));
  change(state.account, "account", { lastHost: host });
  return ip;
}

/** The interfaces of an instance, the primary one first. */
export function interfacesOf(state: AliyunState, instanceId: string): readonly NetworkInterface[] {
  const ever = state.attached.get(instanceId) ?? [];
  const all = ever.flatMap((id) => state.interfaces.get(id) ?? []).filter((each) => each.instanceId === instanceId);
  return all.sort((one, other) => Number(other.type === "Primary") - Number(one.type === "Primary"));
}

/** The groups of an instance's primary interface: what `SecurityGroupIds` of an instance holds. */
export function groupsOf(state: AliyunState, instanceId: string): readonly string[] {
  return interfacesOf(state, instanceId)[0]?.groupIds ?? [];
}

/** The elastic address bound to an instance itself. Those of its secondary interfaces are listed with these. */
export function addressOf(state: AliyunState, holderId: string): Address | undefined {
  return [...state.addresses.values()].find((each) => each.ours && each.holder?.id === holderId);
}
