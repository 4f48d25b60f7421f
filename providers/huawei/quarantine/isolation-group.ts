import { isoNow } from "../../../src/clock.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { IsolationGroup, NoGroup } from "../../../src/holding/isolate.js";
import type { OwnMark } from "../../../src/own-tags.js";
import { readCaughtUp } from "../../../src/revert.js";
import type { Artifact } from "../../../src/snapshots.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { huaweiCapabilities } from "../capabilities.js";
import { type RuleFacts, readRulesOf } from "../dependencies/security-groups.js";
import { deleteRule } from "../rules/delete.js";
import { groupName, groupNote, ownGroup, readGroupRows } from "./own-group.js";

/**
 * Finds the run's isolation group, or makes it. Names are not unique here, so it is looked for first, and after a lost
 * answer again. A new group lets its members talk to each other and to everybody, so its rules go before anybody is
 * moved into it ("Default security groups and rules", VPC user guide).
 */
export async function isolationGroup(call: HuaweiCall, mark: OwnMark): Promise<IsolationGroup | NoGroup> {
  const found = await findGroup(call, mark.runId);
  if (found) return await withoutRules(call, { artifact: found, effects: [] });
  const description = groupNote(mark, isoNow(call.requests.clock));
  const name = groupName(mark.runId);
  const announced = ownGroup(call, { id: name, name, description });
  const answer = await call.requests.mutate({
    service: "vpc",
    action: "POST /v3/{project_id}/vpc/security-groups",
    parameters: { body: { security_group: { name, description } } },
    instanceIds: mark.instanceIds,
    // The id is not known yet; the name is as good as one.
    effects: announced ? [groupEffect(call, announced)] : [],
    createdIds: idIn,
    confirm: confirmByReading(call.requests, async () => (await findGroup(call, mark.runId)) !== undefined),
  });
  if (answer.effect === "applied") {
    const id = answer.ids?.[0] ?? (await findGroup(call, mark.runId))?.id;
    const artifact = id === undefined ? undefined : ownGroup(call, { id, name, description });
    if (artifact) return await withoutRules(call, { artifact, effects: [groupEffect(call, artifact)] });
  }
  const { problem = unnamed } = answer;
  return { problem, effects: [], unsent: answer.effect === "not-applied" && !answer.sent };
}

/** The run's isolation group, where there is one. Throws `conflict` for one of that name that is not ours. */
export async function findGroup(call: HuaweiCall, runId: string): Promise<Artifact | undefined> {
  const name = groupName(runId);
  const [row] = (await readGroupRows(call)).filter((group) => group.name === name);
  if (!row) return undefined;
  const artifact = ownGroup(call, row);
  if (!artifact) throw new DecommissionError(conflict(`${row.id} has the name ${name} and not our description.`));
  return artifact;
}

function idIn(body: unknown): readonly string[] {
  const id = new Wire(body, "CreateSecurityGroup").object("security_group")?.text("id");
  return id === undefined ? [] : [id];
}

async function withoutRules(call: HuaweiCall, group: IsolationGroup): Promise<IsolationGroup | NoGroup> {
  // A group that was just made has its rules already, whatever a listing that lags says.
  const isNew = group.effects.length > 0;
  const { id, instanceIds } = group.artifact;
  const rules = await readCaughtUp(
    call.requests,
    huaweiCapabilities.consistencyWindowMs,
    () => readRulesOf(call, [id]),
    (found) => !isNew || found.length > 0,
  );
  const strange = rules.find((rule) => !isDefaultRule(rule, id));
  if (strange) {
    const problem = conflict(`Somebody has added the rule ${strange.id} to the isolation group ${id}.`);
    return { problem, effects: group.effects, unsent: false };
  }
  for (const rule of rules) {
    const answer = await deleteRule(call, { id: rule.id, groupId: id }, instanceIds, [
      ruleEffect(call, rule.id, group.artifact),
    ]);
    if (answer.effect === "applied") continue;
    const unsent = answer.effect === "not-applied" && !answer.sent && !isNew;
    return { problem: answer.problem, effects: group.effects, unsent };
  }
  return group;
}

/** The rules with which every group is made: out to everybody, in from its own members. */
function isDefaultRule(
  { direction, remoteIpPrefix, remoteGroupId, remoteAddressGroupId }: RuleFacts,
  id: string,
): boolean {
  if (remoteAddressGroupId !== undefined) return false;
  if (direction === "ingress") return remoteGroupId === id;
  return remoteGroupId === undefined && ["0.0.0.0/0", "::/0", undefined].includes(remoteIpPrefix);
}

function ruleEffect(call: HuaweiCall, id: string, group: Artifact): Effect {
  return {
    ...call.scope,
    kind: "rule-removed",
    resource: { kind: "security-rule", id },
    instanceIds: group.instanceIds,
    undo: { impossible: `It belongs to ${group.id}, a group that was made without rules.` },
  };
}

function groupEffect(call: HuaweiCall, artifact: Artifact): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "security-group", id: artifact.id },
    instanceIds: artifact.instanceIds,
    undo: { action: "remove-artifact", artifact },
  };
}

function conflict(message: string): Problem {
  return { code: "conflict", message, hint: "Find out who uses it, or isolate under another run id.", cloud: "huawei" };
}

const unnamed: Problem = {
  code: "service",
  message: "VPC made a group and does not tell its id.",
  hint: "Look for it by its name.",
  cloud: "huawei",
};
