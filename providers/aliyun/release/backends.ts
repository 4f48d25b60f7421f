import type { JsonObject } from "../../../src/common.js";
import type { Effect } from "../../../src/effects.js";
import { DecommissionError } from "../../../src/errors.js";
import type { Mutation, MutationAnswer } from "../../../src/requests.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import type { Product } from "../dependencies/server-groups.js";
import { placeOf, type TargetPlace } from "../dependencies/target-id.js";

/** One registration: one server with one port. */
export interface Backend {
  /** An instance, an interface, or an address. */
  readonly serverId: string;
  /** As the product writes it: `Ecs`, `Eni`, `Ip`, `ecs`, `eni`. */
  readonly type: string;
  readonly ip?: string;
  readonly port?: number;
  readonly weight?: number;
  /** It takes no new connections any more. */
  readonly leaving: boolean;
}

/** A place where servers are registered, and who is. */
export interface BackendPlace {
  readonly kind: TargetPlace;
  readonly id: string;
  readonly vpcId?: string;
  readonly backends: readonly Backend[];
  /** How long connections may last after a removal. */
  readonly drainMs: number;
}

/** A place by the name it has among what hangs on instances; `undefined` where there is none. */
export async function readPlace(call: AliyunCall, name: string): Promise<BackendPlace | undefined> {
  const named = placeOf(name);
  if (!named) return undefined;
  const { place, id } = named;
  return isClassic(place) ? await readClassic(call, place, id) : await readServerGroup(call, place, id);
}

function isClassic(place: TargetPlace): place is keyof typeof classic {
  return place in classic;
}

async function readServerGroup(call: AliyunCall, kind: Product, id: string): Promise<BackendPlace | undefined> {
  const groups = await call.pages(kind, "ListServerGroups", { ServerGroupIds: [id] });
  const group = groups.find((row) => row.text("ServerGroupId") === id);
  if (!group) return undefined;
  const rows = await call.pages(kind, "ListServerGroupServers", { ServerGroupId: id });
  const vpcId = group.text("VpcId");
  const drain = group.object("ConnectionDrainConfig") ?? group;
  const drainSeconds = drain.number("ConnectionDrainTimeout") ?? 0;
  return {
    kind,
    id,
    ...(vpcId === undefined ? {} : { vpcId }),
    backends: rows.map((row) => backendOf(row, row.text("ServerType") ?? "Ecs")),
    drainMs: drainSeconds * 1000,
  };
}

/** How the rows of a classic balancer and its groups are asked for. */
const classic = {
  clb: { action: "DescribeLoadBalancerAttribute", name: "LoadBalancerId" },
  "clb-vserver": { action: "DescribeVServerGroupAttribute", name: "VServerGroupId" },
  "clb-pair": { action: "DescribeMasterSlaveServerGroupAttribute", name: "MasterSlaveServerGroupId" },
} as const;
/** What a classic balancer says of an id that it does not know. */
const notThere: ReadonlySet<string | undefined> = new Set([
  "InvalidLoadBalancerId.NotFound",
  "InvalidParameter",
  "InvalidMasterSlaveServerGroupId.NotFound",
]);

async function readClassic(
  call: AliyunCall,
  kind: keyof typeof classic,
  id: string,
): Promise<BackendPlace | undefined> {
  try {
    const { action, name } = classic[kind];
    const rows = await call.pages("slb", action, { [name]: id });
    return { kind, id, backends: rows.map((row) => backendOf(row, row.text("Type") ?? "ecs")), drainMs: 0 };
  } catch (error) {
    if (DecommissionError.isInstance(error) && notThere.has(error.problem.cloudCode)) return undefined;
    throw error;
  }
}

function backendOf(row: Wire, type: string): Backend {
  const ip = row.text("ServerIp");
  const port = row.number("Port");
  const weight = row.number("Weight");
  return {
    serverId: row.need("ServerId"),
    type,
    ...(ip === undefined ? {} : { ip }),
    ...(port === undefined ? {} : { port }),
    ...(weight === undefined ? {} : { weight }),
    leaving: row.text("Status") === "Removing",
  };
}

/** Whether two registrations are the same one: a server can be registered with several ports. */
export function sameBackend(one: Backend, other: Backend): boolean {
  return one.serverId === other.serverId && one.port === other.port;
}

/** What is done to registrations, and how each product calls that. */
const actions = {
  remove: {
    group: "RemoveServersFromServerGroup",
    clb: "RemoveBackendServers",
    "clb-vserver": "RemoveVServerGroupBackendServers",
  },
  add: {
    group: "AddServersToServerGroup",
    clb: "AddBackendServers",
    "clb-vserver": "AddVServerGroupBackendServers",
  },
} as const;

/** Adds or removes registrations of one place. The servers of a pair cannot be changed one by one. */
export async function changeBackends(
  call: AliyunCall,
  what: keyof typeof actions,
  { kind, id }: Pick<BackendPlace, "id"> & { readonly kind: Exclude<TargetPlace, "clb-pair"> },
  backends: readonly Backend[],
  rest: Pick<Mutation, "instanceIds" | "effects" | "confirm"> & { readonly effects: readonly Effect[] },
): Promise<MutationAnswer> {
  if (kind === "clb" || kind === "clb-vserver") {
    const servers = backends.map((backend) => classicServer(backend, kind));
    return await call.requests.mutate({
      service: "slb",
      action: actions[what][kind],
      // One text that holds a list, unlike everywhere else.
      parameters: { [classic[kind].name]: id, BackendServers: JSON.stringify(servers) },
      ...rest,
    });
  }
  return await call.requests.mutate({
    service: kind,
    action: actions[what].group,
    parameters: {
      ServerGroupId: id,
      Servers: backends.map((backend) => serverOf(backend, what === "add")),
      ClientToken: crypto.randomUUID(),
    },
    token: true,
    ...rest,
  });
}

function classicServer({ serverId, type, port, weight }: Backend, kind: "clb" | "clb-vserver"): JsonObject {
  return {
    ServerId: serverId,
    Type: type,
    ...(kind === "clb-vserver" && port !== undefined ? { Port: String(port) } : {}),
    ...(weight === undefined ? {} : { Weight: String(weight) }),
  };
}

function serverOf({ serverId, type, ip, port, weight }: Backend, whole: boolean): JsonObject {
  return {
    ServerId: serverId,
    ServerType: type,
    ...(port === undefined ? {} : { Port: port }),
    ...(whole && type !== "Ecs" && ip !== undefined ? { ServerIp: ip } : {}),
    ...(whole && weight !== undefined ? { Weight: weight } : {}),
  };
}
