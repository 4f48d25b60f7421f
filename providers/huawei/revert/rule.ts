import { canUndo, type Effect } from "../../../src/effects.js";
import { DecommissionError } from "../../../src/errors.js";
import { lazy } from "../../../src/lazy.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { RemovedSecurityRule, SecurityRule } from "../../../src/security-rules.js";
import type { HuaweiCall } from "../call.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readSecurityGroups } from "../dependencies/security-groups.js";
import { createRule, readRules, sameTraffic } from "../rules/restore.js";
import { caughtUp, liveInstance, type Undo } from "./undo.js";

type OwnAddress = Extract<RemovedSecurityRule["because"], { readonly scope: "own-address" }>;
type ExclusiveGroup = Extract<RemovedSecurityRule["because"], { readonly scope: "exclusive-group" }>;

/** What the rules of one revert share: who uses a group is read once for all rules of it, right when it is needed. */
export interface RuleRevert {
  readonly call: HuaweiCall;
  readonly groups: () => ReturnType<typeof readSecurityGroups>;
  usersOf(groupId: string): ReturnType<typeof readGroupUsers>;
  /** The traffic of every rule that this revert puts into a group: what may be found there. */
  returning(groupId: string): ReadonlySet<string>;
}

/** Prepares the reverting of rules. Sends nothing. */
export function ruleRevert(call: HuaweiCall, effects: readonly Effect[]): RuleRevert {
  const users = new Map<string, () => ReturnType<typeof readGroupUsers>>();
  const rules = effects.flatMap((effect) =>
    canUndo(effect) && effect.undo.action === "restore-rule" ? [effect.undo.removed.rule] : [],
  );
  return {
    call,
    groups: lazy(() => readSecurityGroups(call)),
    usersOf: async (groupId) => {
      const read = users.get(groupId) ?? lazy(() => readGroupUsers(call, [groupId]));
      users.set(groupId, read);
      return await read();
    },
    returning: (groupId) => new Set(rules.filter((rule) => rule.groupId === groupId).map(sameTraffic)),
  };
}

/** Puts a rule back where what it was for is still so; see `RemovedSecurityRule.because`. */
export async function revertRule(revert: RuleRevert, effect: Undo<"restore-rule">): Promise<RevertResult> {
  const { call } = revert;
  const { rule, because } = effect.undo.removed;
  if (!(await revert.groups()).has(rule.groupId)) return resourceGone(`The group ${rule.groupId} is gone.`);
  const present = await caughtUp(
    call,
    () => readRules(call, rule.groupId),
    (rules) => twinOf(rule, rules) === undefined,
  );
  const twin = twinOf(rule, present);
  if (twin) return { status: "already-reverted", ...(twin.id === undefined ? {} : { newId: twin.id }) };
  const refusal =
    because.scope === "own-address"
      ? await addressRefusal(call, because)
      : await groupRefusal(revert, because, rule, present);
  if (refusal) return refusal;
  const answer = await createRule(call, rule, effect.instanceIds, [givingBack(effect, "rule-restored")]);
  if (answer.effect === "not-applied" && answer.sent && twinOf(rule, await readRules(call, rule.groupId))) {
    return { status: "already-reverted" };
  }
  return resultOf(answer, answer.ids?.[0]);
}

function twinOf(rule: SecurityRule, present: readonly SecurityRule[]): SecurityRule | undefined {
  return present.find((other) => sameTraffic(other) === sameTraffic(rule));
}

/** S21: the address may be a stranger's by now, unless that same server is seen to hold it. */
async function addressRefusal(
  call: HuaweiCall,
  { instanceIds, address }: OwnAddress,
): Promise<RevertResult | undefined> {
  const [id = ""] = instanceIds;
  const record = (await liveInstance(call, id))?.record;
  const holds = record?.privateIps.includes(address) || record?.publicAddresses.some(({ ip }) => ip === address);
  if (holds) return undefined;
  return { status: "not-restored", cause: "address-released", why: `${id} does not hold ${address} now.` };
}

/** S22: only to the same group, with no user outside the former ones, and with nothing in it that is not from us. */
async function groupRefusal(
  revert: RuleRevert,
  { groupId, instanceIds, reference }: ExclusiveGroup,
  rule: SecurityRule,
  present: readonly SecurityRule[],
): Promise<RevertResult | undefined> {
  if (!(await revert.groups()).has(groupId)) return resourceGone(`The group ${groupId} is gone.`);
  const { uses, unchecked } = await revert.usersOf(groupId);
  const [gap] = unchecked;
  if (gap) throw new DecommissionError(gap.problem);
  const stranger = uses.find(({ instanceId }) => instanceId === undefined || !instanceIds.includes(instanceId));
  if (stranger) {
    return {
      status: "not-restored",
      cause: "group-in-use",
      why: `${groupId} is used by others now: ${stranger.what}.`,
    };
  }
  if (reference) return undefined;
  const returning = revert.returning(rule.groupId);
  const strange = present.find((other) => !returning.has(sameTraffic(other)));
  return strange && changedSince(`${rule.groupId} holds the rule ${strange.id ?? ""}, which is not from before.`);
}
