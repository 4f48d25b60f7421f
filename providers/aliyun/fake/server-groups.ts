import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read, write } from "./action.js";
import { among, is, matching } from "./lists.js";
import { interfacesOf } from "./network.js";
import type { GroupServer, ServerGroup } from "./owners.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { change } from "./state.js";
import { timings } from "./timings.js";
import { tokenPage } from "./wire/pages.js";
import { need, number, records, text } from "./wire/read.js";
import { seconds } from "./wire/times.js";

type Product = ServerGroup["product"];
type Handler = (product: Product) => (context: AliyunRequestContext) => JsonObject;

/** Sizes and limits of the three products, whose operations are called alike. */
const products = {
  alb: { most: 100, ids: 40, region: "" },
  nlb: { most: 100, ids: 40, region: "RegionId" },
  gwlb: { most: 1000, ids: 200, region: "" },
} as const;

/** Across all groups of the product where no group is named. Twenty rows unless more are asked for. */
const listServers: Handler =
  (product) =>
  ({ state, input }) => {
    const all = [...state.serverGroups.values()]
      .filter((group) => group.product === product)
      .flatMap((group) => group.servers.map((server) => ({ ...server, server: server.id, group })))
      .map((row) => ({ ...row, id: `${row.group.id}/${row.server}/${row.port}` }));
    const found = matching<(typeof all)[number]>(all, input, {
      ServerGroupId: is(({ group }) => group.id),
      ServerIds: among(({ server }) => server),
      ServerIps: among(({ ip }) => ip),
    });
    const { most } = products[product];
    const { rows, fields } = tokenPage(input, found, { size: "MaxResults", usual: 20, most });
    const Servers = rows.map(({ group, server, type, ip, port, weight, status }) => ({
      ServerGroupId: group.id,
      ServerId: server,
      ServerIp: ip,
      ServerType: type,
      Port: port,
      Weight: weight,
      Status: status,
      Description: "",
    }));
    return { ...fields, MaxResults: number(input, "MaxResults") ?? 20, TotalCount: found.length, Servers };
  };

const listGroups: Handler =
  (product) =>
  ({ state, input }) => {
    const own = [...state.serverGroups.values()].filter((group) => group.product === product);
    const found = matching<ServerGroup>(own, input, {
      ServerGroupIds: among(({ id }) => id),
      ServerGroupNames: among(({ name }) => name),
      ServerGroupType: is(({ type }) => type),
      VpcId: is(({ vpcId }) => vpcId),
    });
    const { rows, fields } = tokenPage(input, found, { size: "MaxResults", usual: 20, most: 100 });
    const ServerGroups = rows.map((group) => ({
      ServerGroupId: group.id,
      ServerGroupName: group.name,
      ServerGroupType: group.type,
      ServerGroupStatus: group.configuring ? "Configuring" : "Available",
      ServerCount: group.servers.length,
      VpcId: group.vpcId,
      RelatedLoadBalancerIds: group.loadBalancerId === "" ? [] : [group.loadBalancerId],
      CreateTime: seconds(group.createdAt),
      Tags: [],
    }));
    return { ...fields, MaxResults: number(input, "MaxResults") ?? 20, TotalCount: found.length, ServerGroups };
  };

function namedGroup({ state, input }: AliyunRequestContext, product: Product): ServerGroup {
  const group = state.serverGroups.get(need(input, "ServerGroupId"));
  if (group?.product !== product)
    throw refusal("ResourceNotFound.ServerGroup", "The specified resource of ServerGroup is not found.", 404);
  if (group.configuring)
    throw refusal("IncorrectStatus.ServerGroup", "The status of ServerGroup is incorrect: Configuring.", 409);
  return group;
}

/** The servers that a request names: by id and port; without a port all of that id. */
function sentServers({ input }: AliyunRequestContext): readonly JsonObject[] {
  const servers = records(input, "Servers") ?? [];
  if (servers.length === 0) throw refusal("MissingServers", "Servers is mandatory for this action.");
  return servers;
}

/** Asynchronous: what is removed reads `Removing` until its connections have ended. */
const removeServers: Handler = (product) => (context) => {
  const group = namedGroup(context, product);
  const sent = sentServers(context);
  const isSent = ({ id, port }: GroupServer) =>
    sent.some((server) => text(server, "ServerId") === id && (number(server, "Port") ?? port) === port);
  const going = group.servers.filter(isSent);
  if (going.length === 0)
    throw refusal("ResourceNotFound.BackendServer", "The specified resource of BackendServer is not found.", 404);
  const servers = group.servers.map((server) => (isSent(server) ? { ...server, status: "Removing" as const } : server));
  change(context.state.serverGroups, group.id, { servers });
  for (const { id } of going) context.effect(`${group.id}/${id}`);
  context.later(timings.drainMs, () => {
    const now = context.state.serverGroups.get(group.id);
    if (!now) return;
    const left = now.servers.filter((server) => !(server.status === "Removing" && isSent(server)));
    change(context.state.serverGroups, group.id, { servers: left });
  });
  return { JobId: context.ids.assign("stack"), ...(product === "alb" ? {} : { ServerGroupId: group.id }) };
};

const addServers: Handler = (product) => (context) => {
  const { state } = context;
  const group = namedGroup(context, product);
  const fresh = sentServers(context).flatMap((server): readonly GroupServer[] => {
    const id = text(server, "ServerId") ?? "";
    const port = number(server, "Port") ?? 0;
    const byIp = group.type === "Ip";
    if (!byIp && !state.instances.has(id))
      throw refusal("ResourceNotFound.BackendServer", "The specified resource of BackendServer is not found.", 404);
    if (group.servers.some((each) => each.id === id && each.port === port)) return [];
    const ip = byIp ? id : (interfacesOf(state, id)[0]?.privateIps[0] ?? "");
    const weight = number(server, "Weight") ?? 100;
    return [{ id, type: byIp ? "Ip" : "Ecs", ip, port, weight, status: "Available" }];
  });
  change(state.serverGroups, group.id, { servers: [...group.servers, ...fresh] });
  for (const { id } of fresh) context.effect(`${group.id}/${id}`);
  return { JobId: context.ids.assign("stack"), ...(product === "alb" ? {} : { ServerGroupId: group.id }) };
};

const server = "ServerId! ServerType! Port:n ServerIp";

function actionsOf(product: Product): AliyunActions {
  const { ids, region } = products[product];
  const changes = `${region} ServerGroupId! ClientToken DryRun:b`;
  return {
    [`${product}:ListServerGroupServers`]: read(
      `${region} ServerGroupId ServerIds[${ids}] ServerIps[${ids}] MaxResults:n NextToken`,
      listServers(product),
    ),
    [`${product}:ListServerGroups`]: read(
      `${region} ServerGroupIds[20] ServerGroupNames[10] ServerGroupType VpcId MaxResults:n NextToken`,
      listGroups(product),
    ),
    [`${product}:RemoveServersFromServerGroup`]: write(`${changes} Servers[200]{${server}}!`, removeServers(product), {
      dryRun: { code: "DryRunOperation" },
    }),
    [`${product}:AddServersToServerGroup`]: write(
      `${changes} Servers[200]{${server} Weight:n Description RemoteIpEnabled:b}!`,
      addServers(product),
      { dryRun: { code: "DryRunOperation" } },
    ),
  };
}

/** Application, Network and Gateway Load Balancer. */
export const serverGroups: AliyunActions = { ...actionsOf("alb"), ...actionsOf("nlb"), ...actionsOf("gwlb") };
