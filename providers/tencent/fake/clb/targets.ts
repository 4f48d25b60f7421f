import type { JsonObject } from "../../../../src/common.js";
import { need, number, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import type { Listener, LoadBalancer, Target, TargetGroup } from "../records.js";
import { clb } from "../service.js";
import { change, existing, type TencentActions, type TencentRequestContext } from "../state.js";
import { beginTask } from "../tasks.js";
import { timings } from "../timings.js";
import { balancerFor, ipOf } from "./describe.js";

const batchTarget = "ListenerId! Port:n! InstanceId EniIp Weight:n LocationId Tag";
const target = "Port:n! Type InstanceId Weight:n EniIp Tag";
const groupTarget = "BindIP! Port:n Weight:n NewPort:n";
/** "At most 500 in a batch". */
const maxBatch = 500;
const usualWeight = 10;

/** What a request names as a target. */
interface Named {
  readonly listenerId: string;
  readonly locationId?: string | undefined;
  readonly instanceId?: string | undefined;
  readonly ip?: string | undefined;
  readonly port: number;
  readonly weight: number;
}

/** Registering targets, taking them away and draining them by weight. Each is a task under the id of its request. */
export const targetActions: TencentActions = {
  "clb:BatchDeregisterTargets": clb.write(`LoadBalancerId! Targets[${maxBatch}]{${batchTarget}}!`, (context) =>
    batch(context, (one) => (deregister(context, balancerFor(context), one) ? undefined : "Target is not bound.")),
  ),
  "clb:BatchRegisterTargets": clb.write(`LoadBalancerId! Targets[${maxBatch}]{${batchTarget}}!`, (context) =>
    batch(context, (one) => (register(context, balancerFor(context), one) ? undefined : "Target is bound already.")),
  ),
  "clb:DeregisterTargets": clb.write(
    `LoadBalancerId! ListenerId! Targets[20]{${target}}! LocationId Domain Url`,
    (context) =>
      single(context, (one) => {
        if (!deregister(context, balancerFor(context), one))
          throw refusal("InvalidParameter", "The target is not bound to the listener.");
      }),
  ),
  "clb:RegisterTargets": clb.write(
    `LoadBalancerId! ListenerId! Targets[20]{${target}}! LocationId Domain Url`,
    (context) =>
      single(context, (one) => {
        if (!register(context, balancerFor(context), one))
          throw refusal("InvalidParameterValue.Duplicate", "The target is bound to the listener already.");
      }),
  ),
  "clb:ModifyTargetWeight": clb.write(
    `LoadBalancerId! ListenerId! Targets[]{${target}}! LocationId Domain Url Weight:n`,
    (context) => single(context, (one) => weigh(context, one)),
  ),
  "clb:BatchModifyTargetWeight": clb.write(
    `LoadBalancerId! ModifyList[100]{ListenerId! Targets[50]{${target}}! LocationId Domain Url Weight:n}!`,
    (context) => {
      for (const list of records(context.parameters, "ModifyList"))
        for (const one of namedIn(list, "Targets", need(list, "ListenerId"), text(list, "LocationId")))
          weigh(context, one);
      return task(context, need(context.parameters, "LoadBalancerId"));
    },
  ),
  "clb:DeregisterTargetsFromClassicalLB": clb.write("LoadBalancerId! InstanceIds[]!", (context) => {
    const balancer = classicFor(context);
    for (const id of texts(context.parameters, "InstanceIds")) {
      const { targets } = context.state.loadBalancers.get(balancer.id) ?? balancer;
      if (!targets.some(({ instanceId }) => instanceId === id)) continue;
      context.effect(id);
      change(context.state.loadBalancers, balancer.id, { targets: targets.filter((one) => one.instanceId !== id) });
    }
    return task(context, balancer.id);
  }),
  "clb:RegisterTargetsWithClassicalLB": clb.write("LoadBalancerId! Targets[]{InstanceId! Weight:n}!", (context) => {
    const { state, now } = context;
    const balancer = classicFor(context);
    for (const sent of records(context.parameters, "Targets")) {
      const instanceId = need(sent, "InstanceId");
      existing(state.instances, instanceId, "InvalidParameter", "instance");
      context.effect(instanceId);
      const { targets } = state.loadBalancers.get(balancer.id) ?? balancer;
      const added = { instanceId, port: 80, weight: number(sent, "Weight") ?? usualWeight, registeredAt: now };
      change(state.loadBalancers, balancer.id, { targets: [...targets, added] });
    }
    return task(context, balancer.id);
  }),
  "clb:DeregisterTargetGroupInstances": clb.write(
    `TargetGroupId! TargetGroupInstances[20]{${groupTarget}}!`,
    (context) => {
      const { state } = context;
      const group = groupFor(context);
      for (const sent of records(context.parameters, "TargetGroupInstances")) {
        const port = number(sent, "Port");
        if (port === undefined) throw refusal("InvalidParameter", "`Port` is required here.");
        const found = group.targets.find((one) => ipOf(state, one) === need(sent, "BindIP") && one.port === port);
        if (!found) throw refusal("InvalidParameterValue", "There is no such target in the group.");
        context.effect(found.instanceId ?? found.ip ?? "");
        const targets = (state.targetGroups.get(group.id) ?? group).targets.filter((one) => one !== found);
        change(state.targetGroups, group.id, { targets });
      }
      return task(context, group.id);
    },
  ),
  "clb:RegisterTargetGroupInstances": clb.write(`TargetGroupId! TargetGroupInstances[]{${groupTarget}}!`, (context) => {
    const { state, now } = context;
    const group = groupFor(context);
    for (const sent of records(context.parameters, "TargetGroupInstances")) {
      const ip = need(sent, "BindIP");
      const instanceId = holderOf(context, group.vpcId, ip);
      if (instanceId === undefined) throw refusal("InvalidParameterValue", `Nothing in the network has ${ip}.`);
      context.effect(instanceId);
      const { targets } = state.targetGroups.get(group.id) ?? group;
      const port = number(sent, "Port") ?? group.port;
      const added = { instanceId, port, weight: number(sent, "Weight") ?? usualWeight, registeredAt: now };
      change(state.targetGroups, group.id, { targets: [...targets, added] });
    }
    return task(context, group.id);
  }),
};

/** Partial failure in a success: listeners where a target failed are listed, the others are done. */
function batch(context: TencentRequestContext, act: (one: Named) => string | undefined): JsonObject {
  const balancer = balancerFor(context);
  if (balancer.isClassic) throw refusal("InvalidParameter", "Classic load balancers are not supported.");
  const failed = new Set<string>();
  let Message = "";
  for (const sent of records(context.parameters, "Targets")) {
    const listenerId = need(sent, "ListenerId");
    if (!balancer.listeners.some(({ id }) => id === listenerId))
      throw refusal("InvalidParameter.ListenerIdNotFound", `The listener \`${listenerId}\` does not exist.`);
    const problem = act(namedTarget(sent, listenerId, text(sent, "LocationId")));
    if (problem === undefined) continue;
    failed.add(listenerId);
    Message = problem;
  }
  task(context, balancer.id);
  return { FailListenerIdSet: [...failed], Message };
}

function single(context: TencentRequestContext, act: (one: Named) => void): JsonObject {
  const { parameters } = context;
  const listenerId = need(parameters, "ListenerId");
  for (const one of namedIn(parameters, "Targets", listenerId, text(parameters, "LocationId"))) act(one);
  return task(context, need(parameters, "LoadBalancerId"));
}

function task(context: TencentRequestContext, id: string): JsonObject {
  beginTask(context, "clb", [id], timings.balancerTaskMs);
  return {};
}

function namedIn(list: JsonObject, field: string, listenerId: string, locationId: string | undefined) {
  return records({ [field]: list[field] ?? [] }, field).map((sent) => ({
    ...namedTarget(sent, listenerId, locationId),
    weight: number(sent, "Weight") ?? number(list, "Weight") ?? usualWeight,
  }));
}

function namedTarget(sent: JsonObject, listenerId: string, locationId: string | undefined): Named {
  const instanceId = text(sent, "InstanceId");
  const ip = text(sent, "EniIp");
  if ((instanceId === undefined) === (ip === undefined))
    throw refusal("InvalidParameter", "A target is either an `InstanceId` or an `EniIp`.");
  const port = number(sent, "Port") ?? 0;
  return { listenerId, locationId, instanceId, ip, port, weight: number(sent, "Weight") ?? usualWeight };
}

function listenerFor(balancer: LoadBalancer, { listenerId, locationId }: Named): Listener {
  const listener = balancer.listeners.find(({ id }) => id === listenerId);
  if (!listener) throw refusal("InvalidParameter.ListenerIdNotFound", `\`${listenerId}\` does not exist.`);
  if (listener.locationId !== undefined && locationId === undefined)
    throw refusal("InvalidParameter", "A listener of layer 7 needs `LocationId`.");
  if (listener.locationId !== locationId)
    throw refusal("InvalidParameter.LocationNotFound", `The rule \`${locationId}\` does not exist.`);
  return listener;
}

function isNamed({ instanceId, ip, port }: Named): (target: Target) => boolean {
  return (one) =>
    one.port === port && (ip === undefined ? one.ip === undefined && one.instanceId === instanceId : one.ip === ip);
}

function setTargets(
  context: TencentRequestContext,
  balancer: LoadBalancer,
  listener: Listener,
  targets: readonly Target[],
) {
  const { listeners } = context.state.loadBalancers.get(balancer.id) ?? balancer;
  change(context.state.loadBalancers, balancer.id, {
    listeners: listeners.map((one) => (one.id === listener.id ? { ...one, targets } : one)),
  });
}

function deregister(context: TencentRequestContext, balancer: LoadBalancer, named: Named): boolean {
  const listener = listenerFor(balancer, named);
  const found = listener.targets.find(isNamed(named));
  if (!found) return false;
  context.effect(found.instanceId ?? found.ip ?? "");
  setTargets(
    context,
    balancer,
    listener,
    listener.targets.filter((one) => one !== found),
  );
  return true;
}

function register(context: TencentRequestContext, balancer: LoadBalancer, named: Named): boolean {
  const { state, now } = context;
  const listener = listenerFor(balancer, named);
  if (listener.targets.some(isNamed(named))) return false;
  const { ip, port, weight } = named;
  const instanceId = named.instanceId ?? (ip === undefined ? undefined : holderOf(context, balancer.vpcId, ip));
  if (named.instanceId !== undefined) existing(state.instances, named.instanceId, "InvalidParameter", "instance");
  context.effect(instanceId ?? ip ?? "");
  const added: Target = { instanceId, ...(ip === undefined ? {} : { ip }), port, weight, registeredAt: now };
  setTargets(context, balancer, listener, [...listener.targets, added]);
  return true;
}

function weigh(context: TencentRequestContext, named: Named): void {
  const balancer = balancerFor(context);
  const listener = listenerFor(balancer, named);
  const found = listener.targets.find(isNamed(named));
  if (!found) throw refusal("InvalidParameter", "The target is not bound to the listener.");
  context.effect(found.instanceId ?? found.ip ?? balancer.id);
  const targets = listener.targets.map((one) => (one === found ? { ...one, weight: named.weight } : one));
  setTargets(context, balancer, listener, targets);
}

function classicFor(context: TencentRequestContext): LoadBalancer {
  const balancer = balancerFor(context);
  if (!balancer.isClassic) throw refusal("InvalidParameter", "The load balancer is not a classic one.");
  return balancer;
}

function groupFor({ state, parameters }: TencentRequestContext): TargetGroup {
  return existing(state.targetGroups, need(parameters, "TargetGroupId"), "InvalidParameterValue", "target group");
}

function holderOf({ state }: TencentRequestContext, vpcId: string, ip: string): string | undefined {
  return [...state.interfaces.values()].find((one) => one.vpcId === vpcId && one.privateIps.includes(ip))?.instanceId;
}
