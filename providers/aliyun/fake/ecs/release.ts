import { type CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import { write } from "../action.js";
import { release, scheduleRelease } from "../lifecycle.js";
import { checkForm } from "../lists.js";
import { interfacesOf } from "../network.js";
import type { AliyunActions, AliyunRequestContext, Instance } from "../state.js";
import { change } from "../state.js";
import { timings } from "../timings.js";
import { flag, text, texts } from "../wire/read.js";
import { timeOf } from "../wire/times.js";
import { existingInstance, namedInstance } from "./instances.js";
import { busyRefusal, demand, isExpired, wrongChargeType, wrongStatus } from "./refusals.js";

/** Why an instance cannot be released, in the order in which the cloud seems to look. */
function whyKept(context: AliyunRequestContext, instance: Instance): CloudRefusal | undefined {
  const { input, now } = context;
  const { id, chargeType, deletionProtection, managed } = instance;
  if (chargeType === "PrePaid" && !(isExpired(instance, now) && flag(input, "TerminateSubscription")))
    return wrongChargeType();
  if (deletionProtection)
    return refusal(
      "InvalidOperation.DeletionProtection",
      `The operation is not allowed due to the deletion protection of instance ${id}.`,
      403,
    );
  // Documented for security groups; of an instance that a service runs no page names the code.
  if (managed)
    return refusal(
      "InvalidOperation.ResourceManagedByCloudProduct",
      `The instance ${id} is managed by a cloud product.`,
      403,
    );
  return whyNotYet(context, instance) ?? whyHeld(context, id);
}

function whyNotYet({ input, now }: AliyunRequestContext, instance: Instance): CloudRefusal | undefined {
  const { status, releasing } = instance;
  if (status === "Pending")
    return refusal(
      "IncorrectInstanceStatus.Initializing",
      "The specified instance status does not support this operation.",
      403,
    );
  const free = status === "Stopped" || (status === "Running" && flag(input, "Force") === true);
  return !free || releasing ? wrongStatus() : busyRefusal(instance, now);
}

function whyHeld({ state }: AliyunRequestContext, id: string): CloudRefusal | undefined {
  const hops = new Set([id, ...interfacesOf(state, id).map((each) => each.id)]);
  if ([...state.routes.values()].some(({ nextHopId }) => hops.has(nextHopId)))
    return refusal("DependencyViolation.RouteEntry", "Specified instance is used by route entry.");
  const configuring = [...state.loadBalancers.values()].some(
    (balancer) => balancer.configuring && balancer.backends.some(({ serverId }) => serverId === id),
  );
  if (!configuring) return undefined;
  return refusal(
    "DependencyViolation.SLBConfiguring",
    "Specified operation is denied as your instance is using by another product.",
  );
}

function releaseNow(context: AliyunRequestContext, { id }: Instance): void {
  release(context, id, flag(context.input, "ForceStop") === false);
  context.effect(id);
}

/**
 * Unknown ids spoil the whole call. Whether the other refusals do is not documented, so the fake does the least kind
 * thing: what comes before the refused instance is released, what comes after is not, and the answer names none.
 */
function deleteInstances(context: AliyunRequestContext): undefined {
  const ids = [...new Set(texts(context.input, "InstanceId"))];
  for (const id of ids) checkForm("instance", id, "InvalidInstanceId.Malformed");
  const instances = ids.map((id) => existingInstance(context.state, id));
  for (const instance of instances) {
    demand(whyKept(context, instance));
    releaseNow(context, instance);
  }
}

function deleteInstance(context: AliyunRequestContext): undefined {
  const instance = namedInstance(context);
  demand(whyKept(context, instance));
  releaseNow(context, instance);
}

/** "at least 30 minutes from the current time", at most three years; without a time the release is called off. */
function modifyAutoReleaseTime(context: AliyunRequestContext): undefined {
  const { state, input, now } = context;
  const instance = namedInstance(context);
  if (instance.chargeType === "PrePaid") throw wrongChargeType();
  const sent = text(input, "AutoReleaseTime") ?? "";
  if (sent === "") change(state.instances, instance.id, { autoReleaseAt: undefined });
  else scheduleRelease(context, instance.id, releaseTime(sent, now));
  context.effect(instance.id);
}

/** Seconds are cut off. */
function releaseTime(sent: string, now: number): number {
  const at = Math.floor((timeOf(sent) ?? Number.NaN) / 60_000) * 60_000;
  if (at - now >= timings.minimumReleaseLeadMs && at - now <= timings.maximumReleaseLeadMs) return at;
  throw refusal("InvalidAutoReleaseTime.Malformed", "The specified paramter autoReleaseTime is not valid.");
}

const options = "Force:b ForceStop:b TerminateSubscription:b DryRun:b";

/** Ends of instances. */
export const releases: AliyunActions = {
  "ecs:DeleteInstances": write(`RegionId! InstanceId[100]! ClientToken ${options}`, deleteInstances, {
    dryRun: { code: "DRYRUN.SUCCESS", shallow: true },
  }),
  "ecs:DeleteInstance": write(`InstanceId! ${options}`, deleteInstance),
  "ecs:ModifyInstanceAutoReleaseTime": write("RegionId InstanceId! AutoReleaseTime", modifyAutoReleaseTime, {
    codes: { InstanceId: ["InvalidParameter", 400] },
  }),
};
