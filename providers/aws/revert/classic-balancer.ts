import { confirmByReading } from "../../../src/confirm.js";
import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { AwsCall } from "../call.js";
import { instancesNamed, readMembers } from "../release/classic-balancers.js";
import { caughtUp, type Undo } from "./undo.js";

/** Registers an instance with its load balancer of the first generation again. */
export async function registerWithClassic(call: AwsCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId } = effect.undo;
  if (!(await readMembers(call, node.id))) return resourceGone(`The load balancer ${node.id} is gone.`);
  const isIn = async () => (await readMembers(call, node.id))?.includes(instanceId) === true;
  if (await caughtUp(call, isIn, (registered) => !registered)) return { status: "already-reverted" };
  return resultOf(
    await call.requests.mutate({
      service: "elb",
      action: "RegisterInstancesWithLoadBalancer",
      parameters: { LoadBalancerName: node.id, Instances: instancesNamed([instanceId]) },
      instanceIds: effect.instanceIds,
      effects: [givingBack(effect)],
      partial: true,
      confirm: confirmByReading(call.requests, isIn),
    }),
  );
}
