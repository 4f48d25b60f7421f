import { groupBy, mapConcurrent, unique } from "../../../src/batch.js";
import { isoNow } from "../../../src/clock.js";
import type { Effect } from "../../../src/effects.js";
import { type Problem, problemOf } from "../../../src/errors.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import type { Removal } from "../../../src/rules/decision.js";
import { type Revocation, removedRule, signed } from "../../../src/rules/removal.js";
import type { AwsCall } from "../call.js";
import { awsCapabilities } from "../capabilities.js";
import { readRulesOf } from "../dependencies/security-groups.js";

/** Groups being changed at a time. */
const concurrency = 4;

/** Takes rules away by their ids, per group and direction: one request takes many ids of one group. */
export async function revokeRules(call: AwsCall, removals: readonly Removal[]): Promise<readonly Revocation[]> {
  const batches = [...groupBy(removals, ({ rule }) => `${rule.groupId}/${rule.direction}`).values()];
  return (await mapConcurrent(batches, concurrency, (batch) => revokeBatch(call, batch))).flat();
}

async function revokeBatch(call: AwsCall, batch: readonly Removal[]): Promise<readonly Revocation[]> {
  const removedAt = isoNow(call.requests.clock);
  const wanted = batch.map((removal) => ({ removal, removed: removedRule(call.scope, removal, removedAt) }));
  const answer = await sendRevoke(
    call,
    batch,
    wanted.map(({ removed }) => removed.effect),
  );
  if (answer.effect === "applied")
    return wanted.map(({ removal, removed }) => ({ removal, removed: signed(removed, answer) }));
  if (answer.effect === "unknown") return wanted.map((one) => ({ ...one, problem: answer.problem }));
  if (answer.sent && answer.problem.code === "not-found") return await withoutTheGone(call, batch, answer.problem);
  return batch.map((removal) => ({ removal, problem: answer.problem, unsent: !answer.sent }));
}

/** One id that is gone refuses the whole batch. The list is read again, and what is still there is sent again. */
async function withoutTheGone(
  call: AwsCall,
  batch: readonly Removal[],
  problem: Problem,
): Promise<readonly Revocation[]> {
  try {
    let left: ReadonlySet<string> = new Set();
    // The refusal knows of the removal before a lagging list does, such as after a run was killed and goes on at once.
    await settleByReading(call.requests, call.requests.clock.now() + awsCapabilities.consistencyWindowMs, async () => {
      left = await idsIn(call, batch);
      return batch.some(({ rule }) => !left.has(rule.id ?? ""));
    });
    const standing = batch.filter(({ rule }) => left.has(rule.id ?? ""));
    // Somebody else took them away: nothing of it is ours to put back.
    const gone = batch.filter((removal) => !standing.includes(removal)).map((removal) => ({ removal }));
    if (gone.length === 0) return batch.map((removal) => ({ removal, problem }));
    return standing.length === 0 ? gone : [...gone, ...(await revokeBatch(call, standing))];
  } catch (error) {
    return batch.map((removal) => ({ removal, problem: problemOf(error) }));
  }
}

async function sendRevoke(
  call: AwsCall,
  batch: readonly Removal[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const [first] = batch;
  const ids = batch.flatMap(({ rule }) => rule.id ?? []);
  return await call.requests.mutate({
    service: "ec2",
    action: first?.rule.direction === "egress" ? "RevokeSecurityGroupEgress" : "RevokeSecurityGroupIngress",
    parameters: { GroupId: first?.rule.groupId, SecurityGroupRuleIds: ids },
    instanceIds: unique(batch.flatMap(({ because }) => because.instanceIds)),
    effects,
    confirm: (lost) => confirmGone(call, batch, lost),
  });
}

async function confirmGone(call: AwsCall, batch: readonly Removal[], { notBefore }: LostAnswer) {
  let left: ReadonlySet<string> = new Set();
  const all = await settleByReading(call.requests, notBefore, async () => {
    left = await idsIn(call, batch);
    return batch.every(({ rule }) => !left.has(rule.id ?? ""));
  });
  if (all === "applied") return { effect: all };
  return {
    effect: batch.every(({ rule }) => left.has(rule.id ?? "")) ? ("not-applied" as const) : ("unknown" as const),
  };
}

async function idsIn(call: AwsCall, batch: readonly Removal[]): Promise<ReadonlySet<string>> {
  const rules = await readRulesOf(call, unique(batch.map(({ rule }) => rule.groupId)));
  return new Set(rules.flatMap(({ id }) => id ?? []));
}
