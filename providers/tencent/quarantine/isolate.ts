import { groupBy } from "../../../src/batch.js";
import type { Problem } from "../../../src/errors.js";
import { type FirstChange, isolateBy } from "../../../src/holding/isolate.js";
import type { QuarantineOutcome } from "../../../src/reversal.js";
import type { TencentCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { setGroups } from "./groups.js";
import { findGroup, isolationGroup } from "./isolation-group.js";
import { refusal } from "./judge.js";

/**
 * Moves every interface of the instances into a group without rules. A group belongs to a project and to no network, so
 * each project has its own. Connections that are tracked can go on for a while.
 */
export async function isolateInstances(
  call: TencentCall,
  instances: readonly SeenInstance[],
  runId: string,
): Promise<readonly QuarantineOutcome[]> {
  const outcomes: QuarantineOutcome[] = [];
  for (const [projectId, members] of groupBy(instances, ({ facts }) => facts.projectId)) {
    const moved = await isolateBy(
      {
        scope: call.scope,
        findGroup: () => findGroup(call, projectId, runId),
        group: (_, mark) => isolationGroup(call, projectId, mark),
        judge: judgeInterfaces,
        setGroups: ({ record }, one, groupIds, effects) => setGroups(call, one, record.id, groupIds, effects),
        withoutNetwork: (id) =>
          refusal(id, "unsupported", "is in no VPC, so its groups cannot be changed.", "Stop it instead."),
      },
      members,
      runId,
    );
    outcomes.push(...moved);
  }
  return outcomes;
}

/** What shows no interface cannot be cut off from anything. */
async function judgeInterfaces({
  record,
}: SeenInstance): Promise<{ readonly problem: Problem } | { readonly first?: FirstChange }> {
  if (record.networkInterfaces.length > 0) return {};
  const message = "shows no network interface, so nothing can be said of its groups.";
  const hint = "Grant the permission to list network interfaces.";
  return { problem: refusal(record.id, "wrong-state", message, hint) };
}
