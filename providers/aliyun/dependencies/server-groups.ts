import { chunk, groupBy, unique } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import { readBulk } from "../bulk.js";
import type { AliyunCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { instanceBehind } from "./holders.js";
import { listing } from "./rows.js";
import type { AliyunSource } from "./survey.js";
import { targetId } from "./target-id.js";

/** Load balancers whose servers stand in server groups. Their operations are called alike. */
export type Product = "alb" | "nlb" | "gwlb";

export const products: readonly Product[] = ["alb", "nlb", "gwlb"];

/** Ids of one ListServerGroupServers (its request models; that of ALB states no limit, so the smaller one is kept). */
const idsPerRequest: Readonly<Record<Product, number>> = { alb: 40, nlb: 40, gwlb: 200 };
/** Ids of one ListServerGroups (its request models). */
const groupsPerRequest = 20;

/** Registrations in server groups of all three products. */
export const serverGroupSources: readonly AliyunSource[] = products.map((product) => {
  const source = `${product}:ListServerGroupServers`;
  return listing("load-balancer-target", source, "required", async ({ call, instances }) =>
    findingsOf(source, await registrations(call, product, instances)),
  );
});

/** A server in a server group. */
export interface GroupServer {
  readonly groupId: string;
  /** An instance, an interface, or in groups by address the address. */
  readonly serverId: string;
  /** `Ecs`, `Eni`, `Eci`, `Ip`. */
  readonly type: string;
  readonly ip?: string;
  readonly port?: number;
  readonly weight?: number;
  /** `Available`, `Removing`, … */
  readonly status: string;
}

/** A server group, as far as decisions need it. */
export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly vpcId?: string;
  readonly serverCount?: number;
  readonly loadBalancerIds: readonly string[];
}

/** The servers with these names, in whatever group: asked without a group, the operation looks through all of them. */
export async function readServers(
  call: AliyunCall,
  product: Product,
  names: { readonly ids: readonly string[]; readonly ips: readonly string[] },
): Promise<readonly GroupServer[]> {
  // Network Load Balancer alone has a filter for addresses; elsewhere an address is the id of a server by address.
  const byIp = product === "nlb" ? "ServerIps" : "ServerIds";
  const isIp = (key: string) => !/^(i|eni)-/.test(key);
  const rows = await readBulk(
    call,
    {
      service: product,
      action: "ListServerGroupServers",
      some: (keys) => ({ [keys.some(isIp) ? byIp : "ServerIds"]: [...keys] }),
      batch: idsPerRequest[product],
      keysOf: (row) => [row.need("ServerId"), row.text("ServerIp") ?? ""],
    },
    [...names.ids, ...names.ips],
  );
  const found = rows.map(groupServer);
  return [...new Map(found.map((each) => [`${each.groupId}/${each.serverId}/${each.port}`, each])).values()];
}

/** Server groups by id. */
export async function readServerGroups(
  call: AliyunCall,
  product: Product,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ServerGroup>> {
  const pieces = await Promise.all(
    chunk(unique(ids), groupsPerRequest).map((piece) =>
      call.pages(product, "ListServerGroups", { ServerGroupIds: [...piece] }),
    ),
  );
  return new Map(pieces.flat().map((row) => [row.need("ServerGroupId"), serverGroup(row)]));
}

/** Names by which a server group may know the instances. */
export function namesOf(records: readonly InstanceRecord[]): {
  readonly ids: readonly string[];
  readonly ips: readonly string[];
} {
  return {
    // A primary interface is registered as its instance.
    ids: records.flatMap((record) => [
      record.id,
      ...record.networkInterfaces.filter(({ primary }) => !primary).map(({ id }) => id),
    ]),
    ips: unique(records.flatMap(({ privateIps }) => privateIps)),
  };
}

async function registrations(
  call: AliyunCall,
  product: Product,
  instances: readonly SeenInstance[],
): Promise<readonly Finding[]> {
  const records = instances.map(({ record }) => record);
  const found = (await readServers(call, product, namesOf(records))).filter(({ status }) => status !== "Removing");
  const groups = await readServerGroups(
    call,
    product,
    found.map(({ groupId }) => groupId),
  );
  const behind = instanceBehind(instances);
  return [...groupBy(found, ({ groupId }) => groupId)].flatMap(([groupId, its]) => {
    const group = groups.get(groupId);
    return records.flatMap((record) => {
      const own = its.filter((server) => meaning(server, group, record, behind) !== "no");
      return own.length === 0 ? [] : [registration(product, groupId, group, own, record, behind)];
    });
  });
}

/**
 * Whether a server is this instance. By address only within the group's own network: the same private address can be
 * somebody else's elsewhere.
 */
export function meaning(
  { serverId, type }: Pick<GroupServer, "serverId" | "type">,
  group: Pick<ServerGroup, "vpcId"> | undefined,
  record: InstanceRecord,
  behind: ReadonlyMap<string, string>,
): "yes" | "maybe" | "no" {
  if (type !== "Ip") return behind.get(serverId) === record.id ? "yes" : "no";
  if (!record.privateIps.includes(serverId)) return "no";
  return group?.vpcId !== undefined && group.vpcId === record.vpcId ? "yes" : "maybe";
}

function registration(
  product: Product,
  groupId: string,
  group: ServerGroup | undefined,
  its: readonly GroupServer[],
  record: InstanceRecord,
  behind: ReadonlyMap<string, string>,
): Finding {
  const certain = its.some((server) => meaning(server, group, record, behind) === "yes");
  const places = its.map(
    ({ serverId, port, status }) => `${serverId}${port === undefined ? "" : `:${port}`} (${status})`,
  );
  const why = [
    `${certain ? "It is" : "It may be"} in the server group ${group?.name ?? groupId} as ${places.join(", ")}.`,
    ...(group?.serverCount === its.length ? ["Nobody else is in the group."] : []),
    ...(group?.loadBalancerIds.length === 0 ? ["No load balancer uses the group now."] : []),
  ];
  return {
    instanceId: record.id,
    node: {
      kind: "load-balancer-target",
      id: targetId(product, groupId),
      ...(group === undefined ? {} : { name: group.name }),
      billing: "unknown",
    },
    edge: {
      relation: certain ? "member" : "inferred",
      effect: certain ? "release-first" : "report",
      // Which products drop dead servers by themselves is not documented; an address always stays.
      atTermination: its.some(({ type }) => type === "Ip") ? "kept" : "unknown",
      why: why.join(" "),
    },
  };
}

function groupServer(row: Wire): GroupServer {
  const ip = row.text("ServerIp");
  const port = row.number("Port");
  const weight = row.number("Weight");
  return {
    groupId: row.need("ServerGroupId"),
    serverId: row.need("ServerId"),
    type: row.text("ServerType") ?? "Ecs",
    ...(ip === undefined ? {} : { ip }),
    ...(port === undefined ? {} : { port }),
    ...(weight === undefined ? {} : { weight }),
    status: row.text("Status") ?? "unknown",
  };
}

function serverGroup(row: Wire): ServerGroup {
  const id = row.need("ServerGroupId");
  const vpcId = row.text("VpcId");
  const serverCount = row.number("ServerCount");
  return {
    id,
    name: row.text("ServerGroupName") ?? id,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(serverCount === undefined ? {} : { serverCount }),
    loadBalancerIds: row.texts("RelatedLoadBalancerIds"),
  };
}
