import { groupBy, mapConcurrent, unique } from "../../../src/batch.js";
import { isoNow } from "../../../src/clock.js";
import { type Problem, problemOf } from "../../../src/errors.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import type { Removal } from "../../../src/rules/decision.js";
import { type RemovedRule, type Revocation, removedRule, signed } from "../../../src/rules/removal.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { TencentCall } from "../call.js";
import { readPolicies } from "../policies.js";
import { fingerprint, ruleName } from "../rule.js";
import { whileVersionMoves } from "./version.js";

/** Groups being changed at a time. */
const concurrency = 4;

/**
 * Takes rules away by their places, one group and direction a request, each guarded by the version it was read in. Never
 * by ModifySecurityGroupPolicies, which resets the whole group, and never without a version, which would hit whatever
 * stands at a place by then ("DeleteSecurityGroupPolicies", vpc 2017-03-12).
 */
export async function revokeRules(call: TencentCall, removals: readonly Removal[]): Promise<readonly Revocation[]> {
  const groups = [...groupBy(removals, ({ rule }) => rule.groupId).values()];
  const revoked = await mapConcurrent(groups, concurrency, async (members) => {
    const done: Revocation[] = [];
    // One after the other: each request raises the version of the group.
    for (const batch of groupBy(members, ({ rule }) => rule.direction).values()) {
      done.push(...(await revokeBatch(call, batch)));
    }
    return done;
  });
  return revoked.flat();
}

/** A rule that is to go, where it stands in a fresh read. */
interface Located {
  readonly removal: Removal;
  readonly index: number;
}

async function revokeBatch(call: TencentCall, batch: readonly Removal[]): Promise<readonly Revocation[]> {
  try {
    return await whileVersionMoves(call, async () => {
      const { version, located, gone } = await locate(call, batch);
      if (located.length === 0) return { done: gone };
      const removedAt = isoNow(call.requests.clock);
      const wanted = located.map(({ removal }) => ({
        removal,
        removed: removedRule(call.scope, removal, removedAt, ruleName(removal.rule)),
      }));
      const answer = await send(call, located, version, wanted);
      if (answer.problem?.cloudCode === "UnsupportedOperation.VersionMismatch" && answer.effect === "not-applied") {
        return { moved: answer.problem };
      }
      return { done: [...gone, ...concluded(wanted, answer)] };
    });
  } catch (error) {
    const problem: Problem = problemOf(error);
    return batch.map((removal) => ({ removal, problem, unsent: true }));
  }
}

/** Where the rules stand now. What somebody else has taken away is gone, and not ours to put back. */
async function locate(call: TencentCall, batch: readonly Removal[]) {
  const [first] = batch;
  const policies = first && (await readPolicies(call, first.rule.groupId));
  const present = policies?.[first?.rule.direction ?? "ingress"] ?? [];
  const placed = batch.map((removal) => ({ removal, rule: find(present, removal.rule) }));
  return {
    version: policies?.version ?? "",
    located: placed.flatMap(({ removal, rule }): readonly Located[] =>
      rule ? [{ removal: { ...removal, rule }, index: rule.position?.index ?? 0 }] : [],
    ),
    gone: placed.flatMap(({ removal, rule }): readonly Revocation[] => (rule ? [] : [{ removal }])),
  };
}

function find(present: readonly SecurityRule[], wanted: SecurityRule): SecurityRule | undefined {
  return present.find(({ native }) => fingerprint(native) === fingerprint(wanted.native));
}

type Wanted = readonly { readonly removal: Removal; readonly removed: RemovedRule }[];

async function send(
  call: TencentCall,
  located: readonly Located[],
  version: string,
  wanted: Wanted,
): Promise<MutationAnswer> {
  const [first] = located;
  const places = located.map(({ index }) => ({ PolicyIndex: index }));
  const direction = first?.removal.rule.direction === "egress" ? "Egress" : "Ingress";
  return await call.requests.mutate({
    service: "vpc",
    action: "DeleteSecurityGroupPolicies",
    parameters: {
      SecurityGroupId: first?.removal.rule.groupId,
      SecurityGroupPolicySet: { Version: version, [direction]: places },
    },
    instanceIds: unique(located.flatMap(({ removal }) => removal.because.instanceIds)),
    effects: wanted.map(({ removed }) => removed.effect),
    confirm: (lost) => confirmGone(call, located, lost),
  });
}

async function confirmGone(call: TencentCall, located: readonly Located[], { notBefore }: LostAnswer) {
  let left = located.length;
  const all = await settleByReading(call.requests, notBefore, async () => {
    const { located: standing } = await locate(
      call,
      located.map(({ removal }) => removal),
    );
    left = standing.length;
    return left === 0;
  });
  if (all === "applied") return { effect: all };
  return { effect: left === located.length ? ("not-applied" as const) : ("unknown" as const) };
}

function concluded(wanted: Wanted, answer: MutationAnswer): readonly Revocation[] {
  if (answer.effect === "applied") {
    return wanted.map(({ removal, removed }) => ({ removal, removed: signed(removed, answer) }));
  }
  if (answer.effect === "unknown") return wanted.map((one) => ({ ...one, problem: answer.problem }));
  return wanted.map(({ removal }) => ({ removal, problem: answer.problem, unsent: !answer.sent }));
}
