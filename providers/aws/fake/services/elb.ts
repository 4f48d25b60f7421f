import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import { type AwsRequestContext, type ClassicBalancer, change, isLive } from "../state.js";
import { need, records, texts } from "../wire/read.js";
import { service } from "./service.js";

function named({ state, parameters }: AwsRequestContext): ClassicBalancer {
  const name = need(parameters, "LoadBalancerName");
  const balancer = state.classicBalancers.get(name);
  // The SDK's class for this code is AccessPointNotFoundException.
  if (!balancer) throw refusal("LoadBalancerNotFound", `There is no ACTIVE Load Balancer named '${name}'`);
  return balancer;
}

function item({ name, vpcId, instanceIds, groupIds, port }: ClassicBalancer): JsonObject {
  const listener = { Protocol: "HTTP", LoadBalancerPort: port, InstanceProtocol: "HTTP", InstancePort: port };
  return {
    LoadBalancerName: name,
    DNSName: `${name}-1234567890.elb.amazonaws.com`,
    ListenerDescriptions: [{ Listener: listener, PolicyNames: [] }],
    VPCId: vpcId,
    Instances: instanceIds.map((InstanceId) => ({ InstanceId })),
    SecurityGroups: groupIds,
    Scheme: "internet-facing",
  };
}

function describe(context: AwsRequestContext): JsonObject {
  const names = texts(context.parameters, "LoadBalancerNames");
  const all = [...context.state.classicBalancers.values()];
  const absent = names.find((name) => !all.some((one) => one.name === name));
  if (absent !== undefined) throw refusal("LoadBalancerNotFound", `There is no ACTIVE Load Balancer named '${absent}'`);
  const chosen = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const spec = { token: "Marker", next: "NextMarker", size: "PageSize", usual: 400, most: 400 };
  const { things, next } = page(context, chosen, spec);
  return { LoadBalancerDescriptions: things.map(item), ...next };
}

/** The default ("Configure connection draining", Classic Load Balancers guide). */
const drainSeconds = 300;

/**
 * A terminated instance stays registered, out of service. One that has left is in service while it drains, and out of
 * service from then on ("Configure connection draining").
 */
function health(context: AwsRequestContext): JsonObject {
  const { instanceIds, drainingUntil } = named(context);
  const asked = records(context.parameters, "Instances").map((one) => need(one, "InstanceId"));
  const rows = (asked.length > 0 ? asked : instanceIds).map((InstanceId) => {
    const instance = context.state.instances.get(InstanceId);
    const up = isLive(instance) && instance.state === "running";
    if (!instanceIds.includes(InstanceId)) {
      if (!isLive(instance)) throw refusal("InvalidInstance", `Could not find EC2 instance ${InstanceId}.`);
      if (up && (drainingUntil.get(InstanceId) ?? 0) > context.now) return draining(InstanceId);
      const Description = "Instance is not currently registered with the LoadBalancer.";
      return { InstanceId, State: "OutOfService", ReasonCode: "Instance", Description };
    }
    return { InstanceId, State: up ? "InService" : "OutOfService", ReasonCode: up ? "N/A" : "Instance" };
  });
  return { InstanceStates: rows };
}

function draining(InstanceId: string): JsonObject {
  const Description = "Instance deregistration currently in progress.";
  return { InstanceId, State: "InService", ReasonCode: "N/A", Description };
}

function setInstances(
  context: AwsRequestContext,
  next: (before: readonly string[], ids: readonly string[]) => readonly string[],
) {
  const balancer = named(context);
  const ids = records(context.parameters, "Instances").map((one) => need(one, "InstanceId"));
  const instanceIds = next(balancer.instanceIds, ids);
  if (instanceIds.length !== balancer.instanceIds.length)
    for (const id of ids) context.effect(`${balancer.name}/${id}`);
  const leaving = balancer.instanceIds.filter((id) => !instanceIds.includes(id));
  const drainingUntil = new Map([
    ...balancer.drainingUntil,
    ...leaving.map((id) => [id, context.now + drainSeconds * 1000] as const),
  ]);
  change(context.state.classicBalancers, balancer.name, { instanceIds, drainingUntil });
  return { Instances: instanceIds.map((InstanceId) => ({ InstanceId })) };
}

/** Load balancers of the first generation. */
export const elb = service(
  {
    name: "elb",
    signedAs: "elasticloadbalancing",
    protocol: "query",
    version: "2012-06-01",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/",
  },
  {
    DescribeLoadBalancers: { parameters: "LoadBalancerNames[] Marker PageSize:n", handle: describe },
    DescribeInstanceHealth: { parameters: "LoadBalancerName! Instances[]{InstanceId}", handle: health },
    DescribeLoadBalancerAttributes: {
      parameters: "LoadBalancerName!",
      handle: (context) => {
        named(context);
        return { LoadBalancerAttributes: { ConnectionDraining: { Enabled: true, Timeout: drainSeconds } } };
      },
    },
    RegisterInstancesWithLoadBalancer: {
      parameters: "LoadBalancerName! Instances[]{InstanceId}!",
      mutating: true,
      handle: (context) => setInstances(context, (before, ids) => [...new Set([...before, ...ids])]),
    },
    // Ids that are not registered are no error.
    DeregisterInstancesFromLoadBalancer: {
      parameters: "LoadBalancerName! Instances[]{InstanceId}!",
      mutating: true,
      handle: (context) => setInstances(context, (before, ids) => before.filter((id) => !ids.includes(id))),
    },
  },
);
