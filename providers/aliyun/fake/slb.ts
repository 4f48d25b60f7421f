import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read, write } from "./action.js";
import { is, matching } from "./lists.js";
import type { Backend, BackendGroup, LoadBalancer } from "./owners.js";
import type { AliyunActions, AliyunRequestContext, AliyunState } from "./state.js";
import { change } from "./state.js";
import { numberedPage } from "./wire/pages.js";
import { need, number, records, text, texts } from "./wire/read.js";
import { seconds } from "./wire/times.js";

/** "You can specify at most 20 backend servers in each call" (RemoveBackendServers). */
const backendServers = "BackendServers:r20!";

function namedBalancer({ state, input }: AliyunRequestContext): LoadBalancer {
  const balancer = state.loadBalancers.get(need(input, "LoadBalancerId"));
  if (!balancer) throw refusal("InvalidLoadBalancerId.NotFound", "The specified LoadBalancerId does not exist.", 404);
  return balancer;
}

function namedGroup({ state, input }: AliyunRequestContext, kind: BackendGroup["kind"]): BackendGroup {
  const name = kind === "vserver" ? "VServerGroupId" : "MasterSlaveServerGroupId";
  const group = state.backendGroups.get(need(input, name));
  if (group?.kind !== kind) throw refusal("InvalidParameter", `The specified ${name} does not exist.`);
  return group;
}

/** All backends of a balancer, also those of its groups. */
function backendsOf(state: AliyunState, balancer: LoadBalancer): readonly Backend[] {
  const groups = [...state.backendGroups.values()].filter(({ loadBalancerId }) => loadBalancerId === balancer.id);
  return [...balancer.backends, ...groups.flatMap(({ backends }) => backends)];
}

function describeLoadBalancers({ state, input, scope }: AliyunRequestContext): JsonObject {
  if (number(input, "PageSize") !== undefined && number(input, "PageNumber") === undefined)
    throw refusal("MissingPageNumber", "PageNumber is mandatory where PageSize is specified.");
  const ids = texts(input, "LoadBalancerId");
  const ips = texts(input, "ServerIntranetAddress");
  const serverId = text(input, "ServerId");
  const found = matching<LoadBalancer>(state.loadBalancers.values(), input, {
    VpcId: is(({ vpcId }) => vpcId),
    LoadBalancerName: is(({ name }) => name),
    Address: is(({ ip }) => ip),
  }).filter((balancer) => {
    const backends = backendsOf(state, balancer);
    return (
      (!ids || ids.includes(balancer.id)) &&
      (!ips || backends.some(({ ip }) => ips.includes(ip))) &&
      (!serverId || backends.some((backend) => backend.serverId === serverId))
    );
  });
  const { rows, fields } = numberedPage(input, found, 100);
  return { ...fields, LoadBalancers: { LoadBalancer: rows.map((each) => balancerFields(each, scope.region)) } };
}

/** Times here are in milliseconds as well. */
function balancerFields({ id, name, ip, vpcId, createdAt }: LoadBalancer, region: string): JsonObject {
  return {
    LoadBalancerId: id,
    LoadBalancerName: name,
    LoadBalancerStatus: "active",
    Address: ip,
    AddressType: "intranet",
    AddressIPVersion: "ipv4",
    NetworkType: "vpc",
    VpcId: vpcId,
    RegionId: region,
    RegionIdAlias: region,
    VSwitchId: "",
    MasterZoneId: `${region}-h`,
    SlaveZoneId: `${region}-i`,
    InternetChargeType: "paybytraffic",
    Bandwidth: 5120,
    LoadBalancerSpec: "slb.s2.small",
    PayType: "PayOnDemand",
    DeleteProtection: "off",
    CreateTime: seconds(createdAt),
    CreateTimeStamp: createdAt,
    ResourceGroupId: "",
    Tags: { Tag: [] },
  };
}

function backendRow({ serverId, type, ip, weight }: Backend): JsonObject {
  return { ServerId: serverId, Type: type, ServerIp: ip, Weight: weight, Description: "" };
}

function describeAttribute(context: AliyunRequestContext): JsonObject {
  const balancer = namedBalancer(context);
  return {
    ...balancerFields(balancer, context.scope.region),
    EndTime: "2999-09-08T16:00:00Z",
    EndTimeStamp: 32_493_801_600_000,
    ListenerPorts: { ListenerPort: balancer.ports },
    // The misspelt twin is there as well.
    ListenerPortsAndProtocal: {
      ListenerPortAndProtocal: balancer.ports.map((port) => ({ ListenerPort: port, ListenerProtocal: "tcp" })),
    },
    ListenerPortsAndProtocol: {
      ListenerPortAndProtocol: balancer.ports.map((port) => ({ ListenerPort: port, ListenerProtocol: "tcp" })),
    },
    BackendServers: { BackendServer: balancer.backends.map(backendRow) },
  };
}

function groupsOf(context: AliyunRequestContext, kind: BackendGroup["kind"]): readonly BackendGroup[] {
  const balancer = namedBalancer(context);
  return [...context.state.backendGroups.values()].filter(
    (group) => group.kind === kind && group.loadBalancerId === balancer.id,
  );
}

/** Without the flags no listeners or rules are told. */
function associations({ ports }: BackendGroup, { input }: AliyunRequestContext): JsonObject {
  const Listener = input.IncludeListener === true ? ports.map((Port) => ({ Port, Protocol: "tcp" })) : [];
  return { Listeners: { Listener }, Rules: { Rule: [] } };
}

function describeVServerGroups(context: AliyunRequestContext): JsonObject {
  const VServerGroup = groupsOf(context, "vserver").map((group) => ({
    VServerGroupId: group.id,
    VServerGroupName: group.name,
    CreateTime: seconds(group.createdAt),
    ServerCount: group.backends.length,
    AssociatedObjects: associations(group, context),
    Tags: { Tag: [] },
  }));
  return { VServerGroups: { VServerGroup } };
}

function describeVServerGroupAttribute(context: AliyunRequestContext): JsonObject {
  const group = namedGroup(context, "vserver");
  return {
    VServerGroupId: group.id,
    VServerGroupName: group.name,
    LoadBalancerId: group.loadBalancerId,
    CreateTime: seconds(group.createdAt),
    BackendServers: { BackendServer: group.backends.map((each) => ({ ...backendRow(each), Port: each.port })) },
  };
}

function describePairs(context: AliyunRequestContext): JsonObject {
  const MasterSlaveServerGroup = groupsOf(context, "pair").map((group) => ({
    MasterSlaveServerGroupId: group.id,
    MasterSlaveServerGroupName: group.name,
    CreateTime: seconds(group.createdAt),
    AssociatedObjects: associations(group, context),
  }));
  return { MasterSlaveServerGroups: { MasterSlaveServerGroup } };
}

function describePairAttribute(context: AliyunRequestContext): JsonObject {
  const group = namedGroup(context, "pair");
  const MasterSlaveBackendServer = group.backends.map((each, index) => ({
    ...backendRow(each),
    Port: each.port,
    ServerType: index === 0 ? "Master" : "Slave",
  }));
  return {
    MasterSlaveServerGroupId: group.id,
    MasterSlaveServerGroupName: group.name,
    LoadBalancerId: group.loadBalancerId,
    CreateTime: seconds(group.createdAt),
    MasterSlaveBackendServers: { MasterSlaveBackendServer },
  };
}

/** A backend that is gone or not running is told as abnormal. */
function describeHealth(context: AliyunRequestContext): JsonObject {
  const { state } = context;
  const balancer = namedBalancer(context);
  const BackendServer = balancer.ports.flatMap((port) =>
    backendsOf(state, balancer).map(({ serverId, ip, port: own }) => ({
      ListenerPort: port,
      Protocol: "tcp",
      Port: own,
      ServerId: serverId,
      ServerIp: ip,
      ServerHealthStatus: state.instances.get(serverId)?.status === "Running" ? "normal" : "abnormal",
    })),
  );
  return { BackendServers: { BackendServer } };
}

function sentServers({ input }: AliyunRequestContext): readonly JsonObject[] {
  const servers = records(input, "BackendServers") ?? [];
  if (servers.length === 0 || servers.some((server) => !text(server, "ServerId")))
    throw refusal("InvalidParameter", "The specified parameter is not valid.");
  return servers;
}

function checkQuiet({ configuring }: LoadBalancer): void {
  if (configuring)
    throw refusal("BackendServer.configuring", "The specified load balancer is configuring its backend servers.");
}

function isSent({ serverId, port }: Backend, servers: readonly JsonObject[], byPort: boolean): boolean {
  return servers.some(
    (server) => server.ServerId === serverId && (!byPort || String(server.Port ?? port) === String(port)),
  );
}

/** What is no backend (any longer) is left out without a word. */
function removeBackends(context: AliyunRequestContext): JsonObject {
  const { state } = context;
  const balancer = namedBalancer(context);
  checkQuiet(balancer);
  const servers = sentServers(context);
  const backends = balancer.backends.filter((each) => !isSent(each, servers, false));
  change(state.loadBalancers, balancer.id, { backends });
  for (const each of balancer.backends) if (!backends.includes(each)) context.effect(`${balancer.id}/${each.serverId}`);
  return { LoadBalancerId: balancer.id, BackendServers: { BackendServer: backends.map(backendRow) } };
}

function removeGroupBackends(context: AliyunRequestContext): JsonObject {
  const { state } = context;
  const group = namedGroup(context, "vserver");
  const balancer = state.loadBalancers.get(group.loadBalancerId);
  if (balancer) checkQuiet(balancer);
  const servers = sentServers(context);
  const backends = group.backends.filter((each) => !isSent(each, servers, true));
  change(state.backendGroups, group.id, { backends });
  for (const each of group.backends) if (!backends.includes(each)) context.effect(`${group.id}/${each.serverId}`);
  return { VServerGroupId: group.id, BackendServers: { BackendServer: backends.map(backendRow) } };
}

function newBackends(context: AliyunRequestContext, present: readonly Backend[]): readonly Backend[] {
  const { state } = context;
  return sentServers(context).flatMap((server) => {
    const serverId = text(server, "ServerId") ?? "";
    if (!state.instances.has(serverId)) throw refusal("ObtainIpFail", "The specified backend server does not exist.");
    const port = Number(server.Port ?? 0);
    if (present.some((each) => each.serverId === serverId && each.port === port)) return [];
    const ip = [...state.interfaces.values()].find((each) => each.instanceId === serverId)?.privateIps[0] ?? "";
    return [{ serverId, type: "ecs" as const, ip, port, weight: Number(server.Weight ?? 100) }];
  });
}

function addBackends(context: AliyunRequestContext): JsonObject {
  const { state } = context;
  const balancer = namedBalancer(context);
  checkQuiet(balancer);
  const fresh = newBackends(context, balancer.backends);
  const backends = [...balancer.backends, ...fresh];
  change(state.loadBalancers, balancer.id, { backends });
  for (const { serverId } of fresh) context.effect(`${balancer.id}/${serverId}`);
  return { LoadBalancerId: balancer.id, BackendServers: { BackendServer: backends.map(backendRow) } };
}

function addGroupBackends(context: AliyunRequestContext): JsonObject {
  const { state } = context;
  const group = namedGroup(context, "vserver");
  const fresh = newBackends(context, group.backends);
  const backends = [...group.backends, ...fresh];
  change(state.backendGroups, group.id, { backends });
  for (const { serverId } of fresh) context.effect(`${group.id}/${serverId}`);
  return { VServerGroupId: group.id, BackendServers: { BackendServer: backends.map(backendRow) } };
}

/** Classic Load Balancer. */
export const classicBalancers: AliyunActions = {
  "slb:DescribeLoadBalancers": read(
    `RegionId! LoadBalancerId:c10 LoadBalancerName Address VpcId ServerId ServerIntranetAddress:c100 PageNumber:n
     PageSize:n`,
    describeLoadBalancers,
  ),
  "slb:DescribeLoadBalancerAttribute": read("RegionId LoadBalancerId!", describeAttribute),
  "slb:DescribeVServerGroups": read("RegionId! LoadBalancerId! IncludeListener:b IncludeRule:b", describeVServerGroups),
  "slb:DescribeVServerGroupAttribute": read("RegionId! VServerGroupId!", describeVServerGroupAttribute),
  "slb:DescribeMasterSlaveServerGroups": read("RegionId! LoadBalancerId! IncludeListener:b", describePairs),
  "slb:DescribeMasterSlaveServerGroupAttribute": read("RegionId! MasterSlaveServerGroupId!", describePairAttribute),
  "slb:DescribeHealthStatus": read("RegionId LoadBalancerId!", describeHealth),
  "slb:RemoveBackendServers": write(`RegionId LoadBalancerId! ${backendServers}`, removeBackends),
  "slb:AddBackendServers": write(`RegionId LoadBalancerId! ${backendServers}`, addBackends),
  "slb:RemoveVServerGroupBackendServers": write(`RegionId! VServerGroupId! ${backendServers}`, removeGroupBackends),
  "slb:AddVServerGroupBackendServers": write(`RegionId! VServerGroupId! ${backendServers}`, addGroupBackends),
};
