import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { type FirstChange, isolateBy } from "../../../src/holding/isolate.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { QuarantineOutcome } from "../../../src/reversal.js";
import { readShutdownBehavior, setShutdownBehavior, shutdownFlag } from "../attributes.js";
import type { AwsCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { findGroup, isolationGroup } from "./isolation-group.js";
import { refusal } from "./judge.js";
import { groupName } from "./own-group.js";

/**
 * Moves every interface of the instances into a group without rules. Connections that EC2 tracks can go on for a while
 * ("Untracked connections", EC2 User Guide).
 */
export async function isolateInstances(
  call: AwsCall,
  instances: readonly SeenInstance[],
  runId: string,
): Promise<readonly QuarantineOutcome[]> {
  return await isolateBy(
    {
      scope: call.scope,
      findGroup: (vpcId) => findGroup(call, vpcId, groupName(runId)),
      group: (vpcId, mark) => isolationGroup(call, vpcId, mark),
      judge: (seen: SeenInstance) => judgeShutdown(call, seen.record.id),
      setGroups: ({ record }, { id }, groupIds, effects) => setGroups(call, id, groupIds, [record.id], effects),
      withoutNetwork: (id) =>
        refusal(id, "unsupported", "is in no VPC, so its groups cannot be changed.", "Stop it instead."),
    },
    instances,
    runId,
  );
}

/** An instance that loses its network may shut itself down: where that means its end, it is set to stop first (S17). */
async function judgeShutdown(
  call: AwsCall,
  id: string,
): Promise<{ readonly problem: Problem } | { readonly first?: FirstChange }> {
  const behavior = await readShutdownBehavior(call, id);
  if (behavior === "stop") return {};
  if (behavior === "terminate") {
    return {
      first: { effect: shutdownEffect(call, id), send: (effects) => setShutdownBehavior(call, id, "stop", effects) },
    };
  }
  const message = "could end itself: what a shutdown by its guest means is not told.";
  return { problem: refusal(id, "wrong-state", message, `Set ${shutdownFlag} to stop first.`) };
}

function shutdownEffect(call: AwsCall, id: string): Effect {
  const resource = { kind: "instance", id } as const;
  return {
    ...call.scope,
    kind: "flag-changed",
    resource,
    instanceIds: [id],
    undo: { action: "set-flag", resource, instanceId: id, flag: shutdownFlag, value: "terminate" },
    left: "stop",
  };
}

/** Sets the groups of one interface. */
export async function setGroups(
  call: AwsCall,
  networkInterfaceId: string,
  groupIds: readonly string[],
  instanceIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ec2",
    action: "ModifyNetworkInterfaceAttribute",
    parameters: { NetworkInterfaceId: networkInterfaceId, Groups: [...groupIds] },
    instanceIds,
    effects,
    confirm: confirmByReading(call.requests, async () => {
      const now = await readGroupsOf(call, networkInterfaceId);
      return now !== undefined && sameGroups(now, groupIds);
    }),
  });
}

/** The groups of one interface now; `undefined` where it is gone. */
export async function readGroupsOf(call: AwsCall, networkInterfaceId: string): Promise<readonly string[] | undefined> {
  const Filters = [{ Name: "network-interface-id", Values: [networkInterfaceId] }];
  const { body } = await call.read("ec2", "DescribeNetworkInterfaces", { Filters, IncludeManagedResources: true });
  const [row] = body.needList("NetworkInterfaces");
  return row?.list("Groups").map((group) => group.need("GroupId"));
}

/** Whether two lists name the same groups, in any order. */
export function sameGroups(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}
