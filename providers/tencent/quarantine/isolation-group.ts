import { isoNow } from "../../../src/clock.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { IsolationGroup, NoGroup } from "../../../src/holding/isolate.js";
import type { OwnMark } from "../../../src/own-tags.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { Artifact } from "../../../src/snapshots.js";
import { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { readPolicies, rulesOf } from "../policies.js";
import { groupArtifact, groupDescription, groupName, groupTags, ownGroup, readGroupRows } from "./own-group.js";

/**
 * Finds the run's isolation group of a project, or makes it. A group that was made has no rules, and lets nothing
 * through either way ("Security group rules", VPC documentation); one that somebody gave rules to is not used.
 */
export async function isolationGroup(
  call: TencentCall,
  projectId: string,
  mark: OwnMark,
): Promise<IsolationGroup | NoGroup> {
  const found = await findGroup(call, projectId, mark.runId);
  if (found) return await withoutRules(call, { artifact: found, effects: [] });
  const tags = groupTags(mark, isoNow(call.requests.clock));
  const created = await createGroup(call, projectId, mark, tags);
  if (created.effect === "applied") {
    const id = created.ids?.[0] ?? (await findGroup(call, projectId, mark.runId))?.id;
    if (id !== undefined) {
      const artifact = groupArtifact(call, id, mark, tags);
      return await withoutRules(call, { artifact, effects: [groupEffect(call, artifact)] });
    }
  }
  const { problem = unnamed(projectId) } = created;
  return { problem, effects: [], unsent: created.effect === "not-applied" && !created.sent };
}

/** The run's isolation group of a project, where there is one. Throws `conflict` for one of that name that is not ours. */
export async function findGroup(call: TencentCall, projectId: string, runId: string): Promise<Artifact | undefined> {
  const name = groupName(runId);
  const rows = await readGroupRows(call, [{ Name: "security-group-name", Values: [name] }]);
  const row = rows.find(
    (group) => group.text("SecurityGroupName") === name && (group.text("ProjectId") ?? "0") === projectId,
  );
  if (!row) return undefined;
  const artifact = ownGroup(call, row);
  if (artifact) return artifact;
  throw new DecommissionError(conflict(`${row.need("SecurityGroupId")} has the name ${name} and not our tags.`));
}

async function createGroup(
  call: TencentCall,
  projectId: string,
  mark: OwnMark,
  tags: Readonly<Record<string, string>>,
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "vpc",
    action: "CreateSecurityGroup",
    parameters: {
      GroupName: groupName(mark.runId),
      GroupDescription: groupDescription(mark),
      ProjectId: projectId,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    },
    instanceIds: mark.instanceIds,
    // The id is not known yet; the project and the name are as good as one.
    effects: [groupEffect(call, groupArtifact(call, `${projectId}/${groupName(mark.runId)}`, mark, tags))],
    createdIds: (body) => {
      const id = new Wire(body, "CreateSecurityGroup").object("SecurityGroup")?.text("SecurityGroupId");
      return id === undefined ? [] : [id];
    },
    confirm: confirmByReading(call.requests, async () => (await findGroup(call, projectId, mark.runId)) !== undefined),
  });
}

async function withoutRules(call: TencentCall, group: IsolationGroup): Promise<IsolationGroup | NoGroup> {
  const policies = await readPolicies(call, group.artifact.id);
  const strange = policies && rulesOf(policies).length > 0;
  if (!strange) return group;
  const problem = conflict(`The isolation group ${group.artifact.id} has rules, and it was made without any.`);
  return { problem, effects: group.effects, unsent: group.effects.length === 0 };
}

function groupEffect(call: TencentCall, artifact: Artifact): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "security-group", id: artifact.id },
    instanceIds: artifact.instanceIds,
    undo: { action: "remove-artifact", artifact },
  };
}

function conflict(message: string): Problem {
  return {
    code: "conflict",
    message,
    hint: "Find out who uses it, or isolate under another run id.",
    cloud: "tencent",
  };
}

function unnamed(projectId: string): Problem {
  return {
    code: "service",
    message: `A group was made in project ${projectId}, and its id is not told.`,
    hint: "Look for it by its run tag.",
    cloud: "tencent",
  };
}
