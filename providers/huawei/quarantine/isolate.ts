import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { isolateBy } from "../../../src/holding/isolate.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { QuarantineOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import { readPorts } from "../listings.js";
import type { SeenInstance } from "../record.js";
import { findGroup, isolationGroup } from "./isolation-group.js";
import { refusal } from "./judge.js";

/**
 * Moves every interface of the servers into a group without rules: one for the run, since groups belong to a project and
 * not to a network. Connections that are tracked can go on for a while.
 */
export async function isolateInstances(
  call: HuaweiCall,
  instances: readonly SeenInstance[],
  runId: string,
): Promise<readonly QuarantineOutcome[]> {
  return await isolateBy(
    {
      scope: call.scope,
      findGroup: () => findGroup(call, runId),
      group: (_network, mark) => isolationGroup(call, mark),
      setGroups: ({ record }, { id }, groupIds, effects) => setGroups(call, id, groupIds, [record.id], effects),
      withoutNetwork: (id) => refusal(id, "unsupported", "shows no network.", "Stop it instead."),
    },
    instances,
    runId,
  );
}

/** Sets the groups of one port ("Updating a Port"). It must be in one at least. */
export async function setGroups(
  call: HuaweiCall,
  portId: string,
  groupIds: readonly string[],
  instanceIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "vpc",
    action: "PUT /v1/{project_id}/ports/{port_id}",
    parameters: { path: { port_id: portId }, body: { port: { security_groups: [...groupIds] } } },
    instanceIds,
    effects,
    token: true,
    confirm: confirmByReading(call.requests, async () => {
      const now = await readGroupsOf(call, portId);
      return now !== undefined && sameGroups(now, groupIds);
    }),
  });
}

/** The groups of one port now; `undefined` where it is gone. */
export async function readGroupsOf(call: HuaweiCall, portId: string): Promise<readonly string[] | undefined> {
  const ports = await readPorts(call, { id: portId });
  return ports.find(({ id }) => id === portId)?.securityGroupIds;
}

/** Whether two lists name the same groups, in any order. */
export function sameGroups(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}
