import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import {
  type AwsAction,
  type AwsRequestContext,
  change,
  existing,
  iso,
  type LoadBalancer,
  type Target,
  type TargetGroup,
} from "../state.js";
import { need, number, records, text, texts } from "../wire/read.js";
import { deregister, healthOf, registered } from "./targets.js";

const targets = "Targets[]{Id! Port:n AvailabilityZone QuicServerId}";

/** Parameters by action (client-elastic-load-balancing-v2 3.1142, request shapes). */
export const balancerParameters = {
  DescribeLoadBalancers: "LoadBalancerArns[] Names[] Marker PageSize:n",
  DescribeTargetGroups: "LoadBalancerArn TargetGroupArns[] Names[] Marker PageSize:n",
  DescribeTargetGroupAttributes: "TargetGroupArn!",
  DescribeListeners: "LoadBalancerArn ListenerArns[] Marker PageSize:n",
  DescribeTargetHealth: `TargetGroupArn! ${targets} Include[]`,
  RegisterTargets: `TargetGroupArn! ${targets}!`,
  DeregisterTargets: `TargetGroupArn! ${targets}!`,
} as const;

const pages = { token: "Marker", next: "NextMarker", size: "PageSize", usual: 400, most: 400 } as const;

/** At most 20 names or ARNs in one call (DescribeTargetGroups). */
function choose<Thing extends { readonly arn: string; readonly name: string }>(
  { parameters }: AwsRequestContext,
  things: ReadonlyMap<string, Thing>,
  arns: string,
  notFound: string,
): readonly Thing[] {
  const wanted = texts(parameters, arns);
  const names = texts(parameters, "Names");
  if (wanted.length > 20 || names.length > 20) throw refusal("ValidationError", "At most 20 names or ARNs.");
  const absent =
    wanted.find((arn) => !things.has(arn)) ??
    names.find((name) => ![...things.values()].some((thing) => thing.name === name));
  if (absent !== undefined) throw refusal(notFound, `One or more of '${absent}' not found`);
  return [...things.values()].filter(
    ({ arn, name }) => (wanted.length === 0 || wanted.includes(arn)) && (names.length === 0 || names.includes(name)),
  );
}

function describeBalancers(context: AwsRequestContext): JsonObject {
  const chosen = choose(context, context.state.loadBalancers, "LoadBalancerArns", "LoadBalancerNotFound");
  const { things, next } = page(context, chosen, pages);
  return { LoadBalancers: things.map(balancerItem), ...next };
}

function balancerItem({ arn, name, type, vpcId, groupIds, createTime }: LoadBalancer): JsonObject {
  return {
    LoadBalancerArn: arn,
    DNSName: `${name}-1234567890.elb.amazonaws.com`,
    CanonicalHostedZoneId: "Z32O12XQLNTSW2",
    CreatedTime: iso(createTime),
    LoadBalancerName: name,
    Scheme: "internet-facing",
    VpcId: vpcId,
    State: { Code: "active" },
    Type: type,
    AvailabilityZones: [],
    SecurityGroups: groupIds,
    IpAddressType: "ipv4",
  };
}

/** One listener for each target group of a balancer. */
function describeListeners(context: AwsRequestContext): JsonObject {
  const asked = text(context.parameters, "LoadBalancerArn");
  const arns = texts(context.parameters, "ListenerArns");
  if (asked === undefined && arns.length === 0)
    throw refusal("ValidationError", "You must specify either listener ARNs or a load balancer ARN");
  if (asked !== undefined && !context.state.loadBalancers.has(asked))
    throw refusal("LoadBalancerNotFound", `Load balancer '${asked}' not found`);
  const all = [...context.state.targetGroups.values()].flatMap((group) =>
    group.balancerArns.map((balancer) => ({
      ListenerArn: `${balancer.replace(":loadbalancer/", ":listener/")}/${group.arn.split("/").at(-1)}`,
      LoadBalancerArn: balancer,
      Port: group.port,
      Protocol: group.type === "alb" ? "TCP" : "HTTP",
      DefaultActions: [{ Type: "forward", TargetGroupArn: group.arn }],
    })),
  );
  const chosen = all.filter(({ LoadBalancerArn, ListenerArn }) =>
    asked === undefined ? arns.includes(ListenerArn) : LoadBalancerArn === asked,
  );
  const { things, next } = page(context, chosen, pages);
  return { Listeners: things, ...next };
}

function describeGroups(context: AwsRequestContext): JsonObject {
  const balancer = text(context.parameters, "LoadBalancerArn");
  if (balancer !== undefined && !context.state.loadBalancers.has(balancer))
    throw refusal("LoadBalancerNotFound", `Load balancer '${balancer}' not found`);
  const chosen = choose(context, context.state.targetGroups, "TargetGroupArns", "TargetGroupNotFound").filter(
    ({ balancerArns }) => balancer === undefined || balancerArns.includes(balancer),
  );
  const { things, next } = page(context, chosen, pages);
  return { TargetGroups: things.map(groupItem), ...next };
}

function groupItem({ arn, name, port, vpcId, type, balancerArns }: TargetGroup): JsonObject {
  return {
    TargetGroupArn: arn,
    TargetGroupName: name,
    Protocol: type === "alb" ? "TCP" : "HTTP",
    Port: port,
    VpcId: type === "lambda" ? null : vpcId,
    HealthCheckProtocol: "HTTP",
    HealthCheckEnabled: true,
    TargetType: type,
    LoadBalancerArns: balancerArns,
  };
}

function namedGroup({ state, parameters }: AwsRequestContext): TargetGroup {
  return existing(state.targetGroups, need(parameters, "TargetGroupArn"), "TargetGroupNotFound", "target group");
}

/** Without targets: all that are registered. A target that is asked for and not registered is `unused`. */
function describeHealth(context: AwsRequestContext): JsonObject {
  const group = namedGroup(context);
  const all = registered(context, group);
  const asked = records(context.parameters, "Targets");
  const rows =
    asked.length === 0
      ? all.map((target) => rowOf(context, group, target))
      : asked.flatMap((one) => {
          const matching = all.filter(matcher(one));
          const absent = { Target: { Id: need(one, "Id"), Port: number(one, "Port") ?? group.port } };
          if (matching.length === 0)
            return [{ ...absent, TargetHealth: { State: "unused", Reason: "Target.NotRegistered" } }];
          return matching.map((target) => rowOf(context, group, target));
        });
  return { TargetHealthDescriptions: rows };
}

function rowOf(context: AwsRequestContext, group: TargetGroup, target: Target): JsonObject {
  return {
    Target: { Id: target.id, Port: target.port },
    HealthCheckPort: String(target.port),
    TargetHealth: { ...healthOf(context, group, target) },
  };
}

function matcher(wanted: JsonObject): (target: Target) => boolean {
  const port = number(wanted, "Port");
  return (target) => target.id === text(wanted, "Id") && (port === undefined || target.port === port);
}

/** A target that is not registered is no error: the call succeeds and does nothing (DeregisterTargets). */
function deregisterTargets(context: AwsRequestContext): JsonObject {
  const group = namedGroup(context);
  for (const wanted of records(context.parameters, "Targets")) {
    const now = namedGroup(context);
    const port = number(wanted, "Port") ?? group.port;
    const left = deregister(context, now, (target) => target.id === text(wanted, "Id") && target.port === port);
    if (left.length > 0) context.effect(`${group.arn}/${text(wanted, "Id")}`);
  }
  return {};
}

function registerTargets(context: AwsRequestContext): JsonObject {
  const group = namedGroup(context);
  const { state } = context;
  for (const wanted of records(context.parameters, "Targets")) {
    const id = need(wanted, "Id");
    if (group.type === "instance" && state.instances.get(id)?.vpcId !== group.vpcId)
      throw refusal(
        "InvalidTarget",
        `The following targets are not in the VPC of the target group or do not exist: '${id}'`,
      );
    const port = number(wanted, "Port") ?? group.port;
    const others = namedGroup(context).targets.filter((target) => target.id !== id || target.port !== port);
    change(state.targetGroups, group.arn, { targets: [...others, { id, port }] });
    context.effect(`${group.arn}/${id}`);
  }
  return {};
}

function describeAttributes(context: AwsRequestContext): JsonObject {
  const { drainMs } = namedGroup(context);
  return { Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: String(drainMs / 1000) }] };
}

/** Load balancers of the second generation. */
export const balancerActions: Readonly<Record<keyof typeof balancerParameters, AwsAction>> = {
  DescribeLoadBalancers: { mutating: false, handle: describeBalancers },
  DescribeListeners: { mutating: false, handle: describeListeners },
  DescribeTargetGroups: { mutating: false, handle: describeGroups },
  DescribeTargetGroupAttributes: { mutating: false, handle: describeAttributes },
  DescribeTargetHealth: { mutating: false, handle: describeHealth },
  RegisterTargets: { mutating: true, handle: registerTargets },
  DeregisterTargets: { mutating: true, handle: deregisterTargets },
};
