import type { JsonObject } from "../../../../src/common.js";
import { type CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import { checkForm } from "../describe.js";
import { start, stateElement, stop, terminate } from "../lifecycle.js";
import type { AwsRequestContext, Instance, InstanceStateName } from "../state.js";
import { texts } from "../wire/read.js";
import { type Ec2Actions, write } from "./actions.js";

/** "You can terminate up to 1,000 instances in a single request" (TerminateInstances). */
const maxInstances = 1000;

/** All instances a request names. One unknown or malformed id, and nothing happens to any. */
function namedInstances({ state, parameters }: AwsRequestContext): readonly Instance[] {
  const ids = [...new Set(texts(parameters, "InstanceId"))];
  if (ids.length > maxInstances) throw refusal("InvalidParameterValue", `More than ${maxInstances} instance IDs.`);
  for (const id of ids) checkForm("instance", id, "InvalidInstanceID.Malformed");
  const absent = ids.filter((id) => !state.instances.has(id));
  if (absent.length > 0)
    throw refusal(
      "InvalidInstanceID.NotFound",
      absent.length === 1
        ? `The instance ID '${absent[0]}' does not exist`
        : `The instance IDs '${absent.join(", ")}' do not exist`,
    );
  return ids.flatMap((id) => state.instances.get(id) ?? []);
}

/** Both protections block a termination; only the message tells which. */
function whyProtected(instance: Instance): CloudRefusal | undefined {
  const { id, state, operator, apiTerminationDisabled, apiStopDisabled } = instance;
  if (state === "shutting-down" || state === "terminated") return undefined;
  if (operator)
    return refusal(
      "OperationNotPermitted",
      `The instance '${id}' is managed by ${operator} and may not be terminated.`,
    );
  if (!apiTerminationDisabled && !apiStopDisabled) return undefined;
  const attribute = apiTerminationDisabled ? "disableApiTermination" : "disableApiStop";
  return refusal(
    "OperationNotPermitted",
    `The instance '${id}' may not be terminated. Modify its '${attribute}' instance attribute and try again.`,
  );
}

/**
 * Neither all-or-nothing nor isolated: a protected instance spares everything in its Availability Zone, while the
 * others really go, and the call still errors (TerminateInstances, "If you specify multiple instances …").
 */
function terminateInstances(context: AwsRequestContext): JsonObject {
  const instances = namedInstances(context);
  const refusals = instances.flatMap((instance) => {
    const why = whyProtected(instance);
    return why ? [{ zone: instance.zone, why }] : [];
  });
  const spared = new Set(refusals.map(({ zone }) => zone));
  const changes = instances
    .filter(({ zone }) => !spared.has(zone))
    .map((instance) => {
      if (terminate(context, instance.id)) context.effect(instance.id);
      return changeOf(context, instance);
    });
  if (refusals[0]) throw refusals[0].why;
  // "The order of the elements in the response is not guaranteed."
  return { instancesSet: changes.reverse() };
}

function changeOf({ state }: AwsRequestContext, before: Instance): JsonObject {
  return {
    instanceId: before.id,
    currentState: stateElement(state.instances.get(before.id) ?? before),
    previousState: stateElement(before),
  };
}

function whyNotStopped(
  { id, state, rootDevice, apiStopDisabled, spotRequestId, operator }: Instance,
  persistent: boolean,
) {
  if (operator) return refusal("OperationNotPermitted", `The instance '${id}' is managed by ${operator}.`);
  if (rootDevice === "instance-store")
    return refusal(
      "UnsupportedOperation",
      `The instance '${id}' does not have an 'ebs' root device type and cannot be stopped`,
    );
  if (spotRequestId !== undefined && !persistent)
    return refusal("UnsupportedOperation", `You can't stop the Spot Instance '${id}' of a one-time request.`);
  if (apiStopDisabled)
    return refusal(
      "OperationNotPermitted",
      `The instance '${id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
    );
  return stateRefusal(id, state, ["running", "stopping", "stopped"]);
}

function stateRefusal(id: string, state: InstanceStateName, allowed: readonly InstanceStateName[]) {
  if (allowed.includes(state)) return undefined;
  return refusal(
    "IncorrectInstanceState",
    `The instance '${id}' is not in a state from which this can be done (${state}).`,
  );
}

function stopInstances(context: AwsRequestContext): JsonObject {
  const instances = namedInstances(context);
  for (const instance of instances) {
    const request = context.state.spotRequests.get(instance.spotRequestId ?? "");
    const why = whyNotStopped(instance, request?.type === "persistent");
    if (why) throw why;
  }
  return act(context, instances, ["running"], stop);
}

function startInstances(context: AwsRequestContext): JsonObject {
  const instances = namedInstances(context);
  for (const { id, state } of instances) {
    const why = stateRefusal(id, state, ["stopped", "pending", "running"]);
    if (why) throw why;
  }
  return act(context, instances, ["stopped"], start);
}

function act(
  context: AwsRequestContext,
  instances: readonly Instance[],
  from: readonly InstanceStateName[],
  run: (context: AwsRequestContext, id: string) => void,
): JsonObject {
  const instancesSet = instances.map((instance) => {
    if (from.includes(instance.state)) {
      run(context, instance.id);
      context.effect(instance.id);
    }
    return changeOf(context, instance);
  });
  return { instancesSet };
}

/** Starting, stopping and terminating. */
export const powerActions: Ec2Actions = {
  StartInstances: write(startInstances),
  StopInstances: write(stopInstances),
  TerminateInstances: write(terminateInstances),
};
