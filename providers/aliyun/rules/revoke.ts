import { chunk, groupBy, mapConcurrent, unique } from "../../../src/batch.js";
import { isoNow } from "../../../src/clock.js";
import { type Problem, problemOf } from "../../../src/errors.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import type { Removal } from "../../../src/rules/decision.js";
import { type RemovedRule, type Revocation, removedRule, signed } from "../../../src/rules/removal.js";
import type { AliyunCall } from "../call.js";
import { readRulesOf } from "../dependencies/security-groups.js";

/** Groups being changed at a time. */
const concurrency = 4;
/** Rules of one request (RevokeSecurityGroupRequest, SecurityGroupRuleId). */
const batchSize = 100;
/** What one unknown id makes of the whole call, in either direction (RevokeSecurityGroup, RevokeSecurityGroupEgress). */
const unknownRule: ReadonlySet<string | undefined> = new Set([
  "InvalidParam.SecurityGroupRuleId",
  "InvalidSecurityGroupRule.RuleNotExist",
]);

/** Takes rules away by their ids, per group and direction. */
export async function revokeRules(call: AliyunCall, removals: readonly Removal[]): Promise<readonly Revocation[]> {
  const batches = [...groupBy(removals, ({ rule }) => `${rule.groupId}/${rule.direction}`).values()];
  const pieces = batches.flatMap((batch) => chunk(batch, batchSize));
  return (await mapConcurrent(pieces, concurrency, (piece) => revokeBatch(call, piece))).flat();
}

async function revokeBatch(call: AliyunCall, batch: readonly Removal[]): Promise<readonly Revocation[]> {
  const removedAt = isoNow(call.requests.clock);
  const wanted = batch.map((removal) => ({ removal, removed: removedRule(call.scope, removal, removedAt) }));
  const answer = await sendRevoke(call, wanted);
  if (answer.effect === "applied")
    return wanted.map(({ removal, removed }) => ({ removal, removed: signed(removed, answer) }));
  if (answer.effect === "unknown") return wanted.map((one) => ({ ...one, problem: answer.problem }));
  if (answer.sent && unknownRule.has(answer.problem.cloudCode))
    return await withoutTheGone(call, batch, answer.problem);
  return batch.map((removal) => ({ removal, problem: answer.problem, unsent: !answer.sent }));
}

/** One id that is gone refuses the whole batch. The list is read again, and what is still there is sent again. */
async function withoutTheGone(
  call: AliyunCall,
  batch: readonly Removal[],
  problem: Problem,
): Promise<readonly Revocation[]> {
  try {
    const left = await idsIn(call, batch);
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
  call: AliyunCall,
  wanted: readonly { readonly removal: Removal; readonly removed: RemovedRule }[],
): Promise<MutationAnswer> {
  const batch = wanted.map(({ removal }) => removal);
  const [first] = batch;
  return await call.requests.mutate({
    service: "ecs",
    action: first?.rule.direction === "egress" ? "RevokeSecurityGroupEgress" : "RevokeSecurityGroup",
    parameters: {
      SecurityGroupId: first?.rule.groupId,
      // By id and never by content: what matches no rule is a success as well, and what matches several takes them all.
      SecurityGroupRuleId: batch.flatMap(({ rule }) => rule.id ?? []),
      ClientToken: crypto.randomUUID(),
    },
    instanceIds: unique(batch.flatMap(({ because }) => because.instanceIds)),
    effects: wanted.map(({ removed }) => removed.effect),
    token: true,
    confirm: (lost) => confirmGone(call, batch, lost),
  });
}

async function confirmGone(call: AliyunCall, batch: readonly Removal[], { notBefore }: LostAnswer) {
  let left: ReadonlySet<string> = new Set();
  const all = await settleByReading(call.requests, notBefore, async () => {
    left = await idsIn(call, batch);
    return batch.every(({ rule }) => !left.has(rule.id ?? ""));
  });
  if (all === "applied") return { effect: all };
  const whole = batch.every(({ rule }) => left.has(rule.id ?? ""));
  return { effect: whole ? ("not-applied" as const) : ("unknown" as const) };
}

async function idsIn(call: AliyunCall, batch: readonly Removal[]): Promise<ReadonlySet<string>> {
  const rules = await readRulesOf(call, unique(batch.map(({ rule }) => rule.groupId)));
  return new Set(rules.flatMap(({ id }) => id ?? []));
}
