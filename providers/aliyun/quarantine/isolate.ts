import type { Problem } from "../../../src/errors.js";
import { isolateBy } from "../../../src/holding/isolate.js";
import type { QuarantineOutcome } from "../../../src/reversal.js";
import type { AliyunCall } from "../call.js";
import { setGroups } from "../interfaces.js";
import type { SeenInstance } from "../record.js";
import { findGroup, isolationGroup } from "./isolation-group.js";
import { refusal } from "./judge.js";

/**
 * Moves every interface of the instances into a group without rules. A session that is open can go on for a while
 * ("Security group rules", ECS user guide: up to 910 seconds).
 */
export async function isolateInstances(
  call: AliyunCall,
  instances: readonly SeenInstance[],
  runId: string,
): Promise<readonly QuarantineOutcome[]> {
  return await isolateBy<SeenInstance>(
    {
      scope: call.scope,
      findGroup: (vpcId) => findGroup(call, vpcId, runId),
      group: (vpcId, mark) => isolationGroup(call, vpcId, mark),
      judge: async (seen) => unreadInterfaces(seen),
      setGroups: ({ record }, { id, primary }, groupIds, effects) =>
        setGroups(call, { networkInterfaceId: id, instanceId: record.id, primary }, groupIds, effects),
      withoutNetwork: (id) => {
        const why = "is in the classic network, where groups of a VPC do not reach.";
        return refusal(id, "unsupported", why, "Stop it instead.");
      },
    },
    instances,
    runId,
  );
}

/** An interface whose groups are not known could not be put back. */
function unreadInterfaces({ record, facts }: SeenInstance): { readonly problem: Problem } | Record<string, never> {
  if (facts.unreadInterfaceIds.length === 0) return {};
  const message = `has interfaces whose groups could not be read: ${facts.unreadInterfaceIds.join(", ")}.`;
  return { problem: refusal(record.id, "access-denied", message, "Grant ecs:DescribeNetworkInterfaces.") };
}
