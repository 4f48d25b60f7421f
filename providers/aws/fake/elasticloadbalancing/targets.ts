import { type AwsContext, change, isLive, type Target, type TargetGroup } from "../state.js";

/** Health of a registered target as the service words it. */
export interface Health {
  readonly State: string;
  readonly Reason?: string;
  readonly Description?: string;
}

/**
 * A stopped or terminated instance stays registered, as `unused`; an address that nobody answers on stays as
 * `unhealthy` ("TargetHealth" in the Elastic Load Balancing API reference).
 */
export function healthOf(
  { state, now }: Pick<AwsContext, "state" | "now">,
  group: TargetGroup,
  target: Target,
): Health {
  if (target.drainingUntil !== undefined && target.drainingUntil > now)
    return { State: "draining", Reason: "Target.DeregistrationInProgress" };
  if (group.balancerArns.length === 0) return { State: "unused", Reason: "Target.NotInUse" };
  if (group.type === "instance") {
    const instance = state.instances.get(target.id);
    const up = isLive(instance) && instance.state === "running";
    return up ? { State: "healthy" } : { State: "unused", Reason: "Target.InvalidState" };
  }
  const answers = [...state.interfaces.values()].some(({ privateIps }) => privateIps.includes(target.id));
  return answers || group.type === "alb" ? { State: "healthy" } : { State: "unhealthy", Reason: "Target.Timeout" };
}

/** What is registered: a drained target is not any more. */
export function registered({ now }: Pick<AwsContext, "now">, group: TargetGroup): readonly Target[] {
  return group.targets.filter(({ drainingUntil }) => drainingUntil === undefined || drainingUntil > now);
}

/** Starts draining the targets that match. Answers those that were registered. */
export function deregister(
  context: AwsContext,
  group: TargetGroup,
  matches: (target: Target) => boolean,
): readonly Target[] {
  const leaving = registered(context, group).filter((one) => one.drainingUntil === undefined && matches(one));
  // Without a balancer nothing has to be drained.
  const drainMs = group.balancerArns.length === 0 ? 0 : group.drainMs;
  const targets = registered(context, group).map((one) =>
    leaving.includes(one) ? { ...one, drainingUntil: context.now + drainMs } : one,
  );
  change(context.state.targetGroups, group.arn, { targets });
  return leaving;
}
