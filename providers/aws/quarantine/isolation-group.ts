import { isoNow } from "../../../src/clock.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { IsolationGroup, NoGroup } from "../../../src/holding/isolate.js";
import { type OwnMark, ownDescription } from "../../../src/own-tags.js";
import type { MutationAnswer } from "../../../src/requests.js";
import { readCaughtUp } from "../../../src/revert.js";
import type { Artifact } from "../../../src/snapshots.js";
import { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { awsCapabilities } from "../capabilities.js";
import { readRulesOf } from "../dependencies/security-groups.js";
import { literalFilter } from "../filters.js";
import { groupArtifact, groupName, groupTags, ownGroup, readGroupRows } from "./own-group.js";
import { revokeEgress } from "./revoke-egress.js";

/**
 * Finds the run's isolation group of a network, or makes it. A group's name is unique in its network, so a repeat
 * cannot make a second one ("CreateSecurityGroup", EC2 API reference). A new group lets everything out, so its one rule
 * is taken away before anybody is moved into it.
 */
export async function isolationGroup(call: AwsCall, vpcId: string, mark: OwnMark): Promise<IsolationGroup | NoGroup> {
  const name = groupName(mark.runId);
  const found = await findGroup(call, vpcId, name);
  if (found) return await withoutRules(call, { artifact: found, effects: [] });
  const tags = groupTags(mark, isoNow(call.requests.clock));
  const created = await createGroup(call, vpcId, mark, tags);
  if (created.effect === "applied") {
    const id = created.ids?.[0] ?? (await findGroup(call, vpcId, name))?.id;
    if (id !== undefined) {
      const artifact = groupArtifact(call, id, mark, tags);
      return await withoutRules(call, { artifact, effects: [groupEffect(call, artifact)] });
    }
  }
  const { problem = unnamed(vpcId) } = created;
  return { problem, effects: [], unsent: created.effect === "not-applied" && !created.sent };
}

/** The run's isolation group of a network, where there is one. Throws `conflict` for one of that name that is not ours. */
export async function findGroup(call: AwsCall, vpcId: string, name: string): Promise<Artifact | undefined> {
  const rows = await readGroupRows(call, [literalFilter("vpc-id", vpcId), literalFilter("group-name", name)]);
  const [row] = rows.filter((group) => group.text("GroupName") === name);
  if (!row) return undefined;
  const artifact = ownGroup(call, row);
  if (!artifact) throw new DecommissionError(conflict(`${row.need("GroupId")} has the name ${name} and not our tags.`));
  return artifact;
}

async function createGroup(
  call: AwsCall,
  vpcId: string,
  mark: OwnMark,
  tags: Readonly<Record<string, string>>,
): Promise<MutationAnswer> {
  const name = groupName(mark.runId);
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return await call.requests.mutate({
    service: "ec2",
    action: "CreateSecurityGroup",
    parameters: {
      GroupName: name,
      Description: ownDescription(mark),
      VpcId: vpcId,
      TagSpecifications: [{ ResourceType: "security-group", Tags }],
    },
    instanceIds: mark.instanceIds,
    // The id is not known yet; the network and the name are as good as one.
    effects: [groupEffect(call, groupArtifact(call, `${vpcId}/${name}`, mark, tags))],
    createdIds: idIn,
    confirm: confirmByReading(call.requests, async () => (await findGroup(call, vpcId, name)) !== undefined),
  });
}

function idIn(body: unknown): readonly string[] {
  try {
    const id = new Wire(body, "CreateSecurityGroup").text("GroupId");
    return id === undefined ? [] : [id];
  } catch {
    return [];
  }
}

async function withoutRules(call: AwsCall, group: IsolationGroup): Promise<IsolationGroup | NoGroup> {
  // A group that was just made has its one rule already, whatever a listing that lags says.
  const isNew = group.effects.length > 0;
  const rules = await readCaughtUp(
    call.requests,
    awsCapabilities.consistencyWindowMs,
    () => readRulesOf(call, [group.artifact.id]),
    (found) => !isNew || found.length > 0,
  );
  const strange = rules.find(({ direction, peer }) => direction === "ingress" || peer.kind !== "cidr");
  if (strange) {
    const problem = conflict(`Somebody has added the rule ${strange.id} to the isolation group ${group.artifact.id}.`);
    return { problem, effects: group.effects, unsent: false };
  }
  if (rules.length === 0) return group;
  const answer = await revokeEgress(call, rules, group.artifact);
  if (answer.effect === "applied") return group;
  const unsent = answer.effect === "not-applied" && !answer.sent && group.effects.length === 0;
  return { problem: answer.problem, effects: group.effects, unsent };
}

function groupEffect(call: AwsCall, artifact: Artifact): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "security-group", id: artifact.id },
    instanceIds: artifact.instanceIds,
    undo: { action: "remove-artifact", artifact },
  };
}

function conflict(message: string): Problem {
  return { code: "conflict", message, hint: "Find out who uses it, or isolate under another run id.", cloud: "aws" };
}

function unnamed(vpcId: string): Problem {
  return {
    code: "service",
    message: `EC2 made a group in ${vpcId} and does not tell its id.`,
    hint: "Look for it by its run tag.",
    cloud: "aws",
  };
}
