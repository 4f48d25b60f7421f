import type { JsonObject } from "../../../../src/common.js";
import { need, number, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { privateIpsOf, publicIpsOf } from "../cvm/describe.js";
import { list, usualPages } from "../list.js";
import type { Listener, LoadBalancer, Target, TargetGroup } from "../records.js";
import { clb } from "../service.js";
import { existing, type TencentActions, type TencentRequestContext, type TencentState } from "../state.js";
import { beijing } from "../times.js";

/** No page states a limit for `Backends`, but the error list has one: the fake takes few. */
const maxBackends = 20;

/** Reading load balancers: by the address behind them, by themselves, and by target group. */
export const balancerReads: TencentActions = {
  "clb:DescribeLBListeners": clb.read("Backends[]{VpcId! PrivateIp!}!", ({ state, parameters }) => {
    const wanted = records(parameters, "Backends").map((one) => `${need(one, "VpcId")}/${need(one, "PrivateIp")}`);
    if (wanted.length > maxBackends) throw refusal("LimitExceeded", `\`Backends\` holds more than ${maxBackends}.`);
    const hits = (balancer: LoadBalancer) => (target: Target) =>
      wanted.includes(`${balancer.vpcId}/${ipOf(state, target)}`);
    const found = [...state.loadBalancers.values()].flatMap((balancer) => {
      const listeners = balancer.listeners.flatMap((one) => boundListener(state, balancer, one, hits(balancer)));
      return listeners.length === 0
        ? []
        : [{ LoadBalancerId: balancer.id, Vip: balancer.vip, Region: state.region, Listeners: listeners }];
    });
    return { LoadBalancers: found };
  }),
  "clb:DescribeLoadBalancers": list<LoadBalancer>(clb, {
    parameters:
      "LoadBalancerIds[20] LoadBalancerType=OPEN|INTERNAL Forward:n LoadBalancerName Domain LoadBalancerVips[] " +
      "BackendPublicIps[] BackendPrivateIps[] Offset:n Limit:n OrderBy OrderType:n SearchKey ProjectId:n WithRs:n VpcId " +
      "SecurityGroup MasterZone Filters[]{Name! Values[]!} AdditionalFields[]",
    set: "LoadBalancerSet",
    things: ({ loadBalancers }) => loadBalancers,
    ids: { parameter: "LoadBalancerIds", path: "LoadBalancerId", withFilters: true },
    item: (balancer, { state }) => balancerItem(balancer, state),
    filters: { "charge-type": "ChargeType", "vpc-id": "VpcId", vip: "LoadBalancerVips" },
    filterValues: 100,
    pages: usualPages,
    chooses: (_, context, balancer) => isAskedFor(context, balancer),
  }),
  "clb:DescribeListeners": clb.read("LoadBalancerId! ListenerIds[100] Protocol Port:n", (context) => {
    const listeners = listenersFor(context);
    return {
      Listeners: listeners.map((one) => ({
        ...listenerItem(one),
        ListenerName: one.id,
        Rules: one.locationId === undefined ? null : [ruleOf(one)],
      })),
      TotalCount: listeners.length,
    };
  }),
  "clb:DescribeTargets": clb.read(
    "LoadBalancerId! ListenerIds[20] Protocol Port:n Filters[]{Name! Values[]!}",
    (context) => {
      const { state } = context;
      const chooses = targetFilter(context);
      return {
        Listeners: listenersFor(context).map((one) => {
          const targets = one.targets.filter(chooses).map((target) => targetItem(state, target));
          return {
            ...listenerItem(one),
            Rules: one.locationId === undefined ? null : [{ ...ruleOf(one), Targets: targets, FunctionTargets: null }],
            Targets: one.locationId === undefined ? targets : null,
          };
        }),
      };
    },
  ),
  "clb:DescribeTargetGroups": list<TargetGroup>(clb, {
    parameters: "TargetGroupIds[] Limit:n Offset:n Filters[]{Name! Values[]!}",
    set: "TargetGroupSet",
    things: ({ targetGroups }) => targetGroups,
    ids: { parameter: "TargetGroupIds", path: "TargetGroupId" },
    item: (group) => ({
      TargetGroupId: group.id,
      VpcId: group.vpcId,
      TargetGroupName: group.id,
      Port: group.port,
      CreatedTime: beijing(group.createdAt),
      UpdatedTime: beijing(group.createdAt),
      AssociatedRule: [],
      TargetGroupType: "v1",
    }),
    filters: { TargetGroupVpcId: "VpcId", TargetGroupName: "TargetGroupName" },
    pages: usualPages,
  }),
  "clb:DescribeTargetGroupInstances": list(clb, {
    parameters: "Filters[]{Name! Values[]!}! Limit:n Offset:n",
    set: "TargetGroupInstanceSet",
    things: ({ targetGroups }) =>
      [...targetGroups.values()].flatMap((group) => group.targets.map((target) => ({ group, target }))),
    item: ({ group, target }, { state }) => {
      const { Zone: _zone, ...item } = targetItem(state, target);
      return { TargetGroupId: group.id, ...item, ZoneId: 100_001 };
    },
    filters: { TargetGroupId: "TargetGroupId", BindIP: "PrivateIpAddresses", InstanceId: "InstanceId" },
    pages: usualPages,
  }),
  "clb:DescribeClassicalLBByInstanceId": clb.read("InstanceIds[100]!", ({ state, parameters }) => ({
    LoadBalancerInfoList: texts(parameters, "InstanceIds").flatMap((InstanceId) => {
      const LoadBalancerIds = [...state.loadBalancers.values()]
        .filter(({ isClassic, targets }) => isClassic && targets.some(({ instanceId }) => instanceId === InstanceId))
        .map(({ id }) => id);
      return LoadBalancerIds.length === 0 ? [] : [{ InstanceId, LoadBalancerIds }];
    }),
  })),
  "clb:DescribeClassicalLBTargets": clb.read("LoadBalancerId!", (context) => ({
    Targets: balancerFor(context).targets.map((target) => {
      const {
        EniId: _eni,
        Port: _port,
        RegisteredTime: _time,
        Zone: _zone,
        ...item
      } = targetItem(context.state, target);
      return { ...item, RunFlag: 2 };
    }),
  })),
  "clb:DescribeTaskStatus": clb.read("TaskId DealName", ({ state, parameters, now }) => {
    const id = text(parameters, "TaskId");
    if (id === undefined) throw refusal("InvalidParameter", "The request names neither a task nor an order.");
    const task = state.tasks.get(id);
    if (task?.service !== "clb") throw refusal("InvalidParameter", `There is no task ${id}.`);
    return { Status: now < task.doneAt ? 2 : 0, LoadBalancerIds: task.resourceIds, Message: "" };
  }),
};

/** The load balancer a request names. */
export function balancerFor({ state, parameters }: TencentRequestContext): LoadBalancer {
  return existing(
    state.loadBalancers,
    need(parameters, "LoadBalancerId"),
    "InvalidParameter.LBIdNotFound",
    "load balancer",
  );
}

/** The address traffic goes to: the target's own, or its instance's first. */
export function ipOf(state: TencentState, { ip, instanceId }: Target): string | undefined {
  const holder = state.instances.get(instanceId ?? "");
  return ip ?? (holder ? privateIpsOf(state, holder)[0] : undefined);
}

function listenersFor(context: TencentRequestContext): readonly Listener[] {
  const { parameters } = context;
  const wanted = texts(parameters, "ListenerIds");
  const protocol = text(parameters, "Protocol");
  const port = number(parameters, "Port");
  return balancerFor(context).listeners.filter(
    (one) =>
      (wanted.length === 0 || wanted.includes(one.id)) &&
      (protocol === undefined || protocol === one.protocol) &&
      (port === undefined || port === one.port),
  );
}

function targetFilter({ state, parameters }: TencentRequestContext): (target: Target) => boolean {
  const filter = records(parameters, "Filters")[0];
  if (!filter) return () => true;
  if (need(filter, "Name") !== "private-ip-address")
    throw refusal("InvalidParameterValue.InvalidFilter", `The filter \`${need(filter, "Name")}\` is invalid.`);
  return (target) => texts(filter, "Values").includes(ipOf(state, target) ?? "");
}

function isAskedFor({ state, parameters }: TencentRequestContext, balancer: LoadBalancer): boolean {
  const targets = [...balancer.targets, ...balancer.listeners.flatMap((one) => one.targets)];
  const holders = targets.flatMap(({ instanceId }) => state.instances.get(instanceId ?? "") ?? []);
  const privateIps = texts(parameters, "BackendPrivateIps");
  const publicIps = texts(parameters, "BackendPublicIps");
  const group = text(parameters, "SecurityGroup");
  const withTargets = number(parameters, "WithRs") ?? -1;
  const forward = number(parameters, "Forward");
  return (
    (privateIps.length === 0 || targets.some((target) => privateIps.includes(ipOf(state, target) ?? ""))) &&
    (publicIps.length === 0 || holders.some((one) => publicIpsOf(state, one).some((ip) => publicIps.includes(ip)))) &&
    (group === undefined || balancer.groupIds.includes(group)) &&
    (withTargets === -1 || withTargets === (targets.length > 0 ? 1 : 0)) &&
    (forward === undefined || forward === (balancer.isClassic ? 0 : 1)) &&
    (text(parameters, "VpcId") ?? balancer.vpcId) === balancer.vpcId
  );
}

function boundListener(
  state: TencentState,
  balancer: LoadBalancer,
  listener: Listener,
  hits: (target: Target) => boolean,
): readonly JsonObject[] {
  const targets = listener.targets.filter(hits).map((target) => ({
    Type: target.ip === undefined ? "cvm" : "eni",
    PrivateIp: ipOf(state, target) ?? "",
    Port: target.port,
    // A number here, while the request took the id.
    VpcId: state.vpcs.get(balancer.vpcId)?.number ?? 0,
    Weight: target.weight,
  }));
  if (targets.length === 0) return [];
  const isSeven = listener.locationId !== undefined;
  const Rules = isSeven ? [{ ...ruleOf(listener), Targets: targets }] : null;
  return [{ ...listenerItem(listener), Rules, Targets: isSeven ? null : targets }];
}

function listenerItem({ id, protocol, port }: Listener) {
  return { ListenerId: id, Protocol: protocol, Port: port, EndPort: 0 };
}

function ruleOf({ locationId }: Listener) {
  return { LocationId: locationId ?? "", Domain: "www.example.com", Url: "/" };
}

function targetItem(state: TencentState, target: Target) {
  const holder = state.instances.get(target.instanceId ?? "");
  const isAddress = target.ip !== undefined;
  const publicIps = holder ? publicIpsOf(state, holder) : [];
  return {
    Type: isAddress ? "ENI" : "CVM",
    InstanceId: isAddress ? "" : (target.instanceId ?? ""),
    Port: target.port,
    Weight: target.weight,
    PublicIpAddresses: isAddress || publicIps.length === 0 ? null : publicIps,
    PrivateIpAddresses: [ipOf(state, target) ?? ""],
    InstanceName: isAddress ? null : (holder?.name ?? ""),
    RegisteredTime: beijing(target.registeredAt),
    EniId: isAddress ? (holder?.interfaceIds[0] ?? "") : "",
    Zone: holder?.zone ?? "",
  };
}

function balancerItem(balancer: LoadBalancer, state: TencentState): JsonObject {
  return {
    LoadBalancerId: balancer.id,
    LoadBalancerName: balancer.id,
    LoadBalancerType: "OPEN",
    Forward: balancer.isClassic ? 0 : 1,
    Domain: "",
    LoadBalancerVips: [balancer.vip],
    Status: 1,
    CreateTime: beijing(balancer.createdAt),
    StatusTime: beijing(balancer.createdAt),
    ProjectId: 0,
    VpcId: balancer.vpcId,
    NumericalVpcId: state.vpcs.get(balancer.vpcId)?.number ?? 0,
    OpenBgp: 0,
    Snat: false,
    Isolation: 0,
    SubnetId: "",
    Tags: [],
    SecureGroups: balancer.groupIds,
    AddressIPVersion: "ipv4",
    IsolatedTime: null,
    ExpireTime: null,
    ChargeType: "POSTPAID_BY_HOUR",
  };
}
