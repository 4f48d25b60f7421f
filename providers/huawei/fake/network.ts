import type { Port, SecurityGroup, Server } from "./records.js";
import { addResource, count, type HuaweiContext, type HuaweiState } from "./state.js";
import { utc } from "./times.js";

/** A network with its subnet; without an id the default one. One that is new is added. */
export function networkOf(context: HuaweiContext, id?: string): { readonly vpcId: string; readonly subnetId: string } {
  const { state, ids } = context;
  const [first = ""] = state.vpcs.keys();
  const vpcId = id ?? first;
  const known = state.vpcs.get(vpcId);
  if (known) return { vpcId, subnetId: known.subnetId };
  const subnetId = ids.assign("subnet");
  state.vpcs.set(vpcId, { number: state.vpcs.size, subnetId, name: `vpc-${state.vpcs.size}` });
  return { vpcId, subnetId };
}

/** The range of a network: the default one has 192.168.0.0/16, further ones 10.1.0.0/16 and so on. */
export function cidrOf(state: HuaweiState, vpcId: string): string {
  const number = state.vpcs.get(vpcId)?.number ?? 0;
  return number === 0 ? "192.168.0.0/16" : `10.${number}.0.0/16`;
}

/** An address of a network that nobody has. */
export function newPrivateIp({ state }: HuaweiContext, vpcId: string): string {
  const next = count(state, `address/${vpcId}`) + 10;
  const prefix = cidrOf(state, vpcId).split(".").slice(0, 2).join(".");
  return `${prefix}.${Math.floor(next / 250)}.${(next % 250) + 1}`;
}

/** A public address that nobody has. */
export function newPublicIp({ state }: HuaweiContext): string {
  const next = count(state, "public-ip") + 10;
  return `198.51.${100 + Math.floor(next / 250)}.${(next % 250) + 1}`;
}

/** A group of the project; one that is new is added, empty. */
export function groupOf({ state, now }: HuaweiContext, id: string, name: string): SecurityGroup {
  const known = state.groups.get(id);
  if (known) return known;
  const group: SecurityGroup = { id, name, description: "", isDefault: false, createdAt: now, tags: {} };
  state.groups.set(id, group);
  return group;
}

/** What a port has to be told. */
export type NewPort = Partial<Port> & { readonly vpcId: string };

/** Adds a port: somebody else's, with an address of its own, where nothing else is said. */
export function addPort(context: HuaweiContext, values: NewPort): Port {
  const { state, ids, now } = context;
  const { vpcId, subnetId } = networkOf(context, values.vpcId);
  const { hex } = ids.random;
  const port: Port = {
    id: values.id ?? ids.assign("port"),
    name: "",
    subnetId,
    owner: "",
    primary: false,
    deleteOnTermination: false,
    groupIds: [],
    pairs: [],
    mac: `fa:16:3e:${hex(2)}:${hex(2)}:${hex(2)}`,
    createdAt: now,
    ...values,
    vpcId,
    ips: values.ips && values.ips.length > 0 ? values.ips : [newPrivateIp(context, vpcId)],
  };
  state.ports.set(port.id, port);
  return port;
}

/** The ports of a server, the primary one first. */
export function portsOf(state: HuaweiState, { portIds }: Server): readonly Port[] {
  return portIds.flatMap((id) => state.ports.get(id) ?? []);
}

/** The groups of a server, each once. */
export function groupIdsOf(state: HuaweiState, server: Server): readonly string[] {
  return [...new Set(portsOf(state, server).flatMap(({ groupIds }) => groupIds))];
}

/** The public addresses of a server. */
export function publicIpsOf(state: HuaweiState, { portIds }: Server) {
  return [...state.publicIps.values()].filter(({ portId }) => portId !== undefined && portIds.includes(portId));
}

/** Connects two networks. */
export function peer({ state, ids, now }: HuaweiContext, one: string, other: string): void {
  const id = ids.assign("peering");
  const side = (vpc_id: string) => ({ vpc_id, tenant_id: state.projectId });
  addResource(state, "peering", id, {
    id,
    name: `peering-${one.slice(0, 4)}`,
    status: "ACTIVE",
    description: "",
    request_vpc_info: side(one),
    accept_vpc_info: side(other),
    created_at: utc(now),
    updated_at: utc(now),
  });
}
