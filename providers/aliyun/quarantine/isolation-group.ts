import { isoNow } from "../../../src/clock.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { IsolationGroup, NoGroup } from "../../../src/holding/isolate.js";
import { type OwnMark, ownDescription } from "../../../src/own-tags.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { Artifact } from "../../../src/snapshots.js";
import { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { tokenFor } from "../tokens.js";
import { groupArtifact, groupName, groupTags, readOwnGroups } from "./own-group.js";

/**
 * Finds the run's isolation group of a network, or makes it. It is an advanced group: without rules it lets nothing in or
 * out, not even between its members, while a basic one lets everything out ("Basic and advanced security groups", ECS
 * user guide). The token keeps a repeat from making a second one.
 */
export async function isolationGroup(
  call: AliyunCall,
  vpcId: string,
  mark: OwnMark,
): Promise<IsolationGroup | NoGroup> {
  const found = await findGroup(call, vpcId, mark.runId);
  if (found) return await withoutRules(call, { artifact: found, effects: [] });
  const tags = groupTags(mark, isoNow(call.requests.clock));
  const answer = await createGroup(call, vpcId, mark, tags);
  if (answer.effect !== "applied") {
    return { problem: answer.problem, effects: [], unsent: answer.effect === "not-applied" && !answer.sent };
  }
  const id = answer.ids?.[0] ?? (await findGroup(call, vpcId, mark.runId))?.id;
  const artifact = id === undefined ? undefined : groupArtifact(call, id, tags);
  if (!artifact) return { problem: unnamed(vpcId), effects: [], unsent: false };
  return { artifact, effects: [groupEffect(call, artifact)] };
}

/** The run's isolation group of a network, where there is one. */
export async function findGroup(call: AliyunCall, vpcId: string, runId: string): Promise<Artifact | undefined> {
  return (await readOwnGroups(call, runId, vpcId))[0];
}

async function createGroup(
  call: AliyunCall,
  vpcId: string,
  mark: OwnMark,
  tags: Readonly<Record<string, string>>,
): Promise<MutationAnswer> {
  const { accountId, region } = call.scope;
  const announced = groupArtifact(call, `${vpcId}/${mark.runId}`, tags);
  return await call.requests.mutate({
    service: "ecs",
    action: "CreateSecurityGroup",
    parameters: {
      VpcId: vpcId,
      SecurityGroupName: groupName(mark.runId),
      SecurityGroupType: "enterprise",
      Description: ownDescription(mark),
      Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      ClientToken: tokenFor(accountId, region, "isolation", vpcId, mark.runId, ...mark.instanceIds),
    },
    instanceIds: mark.instanceIds,
    // The id is not known yet; the network and the run are as good as one.
    effects: announced ? [groupEffect(call, announced)] : [],
    token: true,
    createdIds: idIn,
    confirm: confirmByReading(call.requests, async () => (await findGroup(call, vpcId, mark.runId)) !== undefined),
  });
}

function idIn(body: unknown): readonly string[] {
  const id = new Wire(body, "CreateSecurityGroup").text("SecurityGroupId");
  return id === undefined ? [] : [id];
}

/** A group of ours that was there already counts only as long as nobody has opened it. */
async function withoutRules(call: AliyunCall, group: IsolationGroup): Promise<IsolationGroup> {
  const { id } = group.artifact;
  const [rule] = await call.pages("ecs", "DescribeSecurityGroupAttribute", { SecurityGroupId: id, Direction: "all" });
  if (!rule) return group;
  throw new DecommissionError({
    code: "conflict",
    message: `Somebody has added the rule ${rule.text("SecurityGroupRuleId") ?? ""} to the isolation group ${id}.`,
    hint: "Find out who uses it, or isolate under another run id.",
    cloud: "aliyun",
  });
}

function groupEffect(call: AliyunCall, artifact: Artifact): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "security-group", id: artifact.id },
    instanceIds: artifact.instanceIds,
    undo: { action: "remove-artifact", artifact },
  };
}

function unnamed(vpcId: string): Problem {
  return {
    code: "service",
    message: `ECS made a group in ${vpcId} and does not tell its id.`,
    hint: "Look for it by its run tag.",
    cloud: "aliyun",
  };
}
