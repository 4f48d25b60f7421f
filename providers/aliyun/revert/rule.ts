import { canUndo, type Effect } from "../../../src/effects.js";
import { DecommissionError } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { lazy } from "../../../src/lazy.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { RemovedSecurityRule, SecurityRule } from "../../../src/security-rules.js";
import type { AliyunCall } from "../call.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readRulesOf, readSecurityGroups } from "../dependencies/security-groups.js";
import { readInstances } from "../instances.js";
import { authorizeRule, sameTraffic, twinOf } from "../rules/restore.js";
import { caughtUp, type Undo } from "./undo.js";

type OwnAddress = Extract<RemovedSecurityRule["because"], { readonly scope: "own-address" }>;
type ExclusiveGroup = Extract<RemovedSecurityRule["because"], { readonly scope: "exclusive-group" }>;

/** What the rules of one revert share: who uses a group is read once for all rules of it, right when it is needed. */
export interface RuleRevert {
  readonly call: AliyunCall;
  readonly groups: () => ReturnType<typeof readSecurityGroups>;
  usersOf(groupId: string): ReturnType<typeof readGroupUsers>;
  /** The traffic of every rule that this revert puts into a group: what may be found there. */
  returning(groupId: string): ReadonlySet<string>;
}

/** Prepares the reverting of rules. Sends nothing. */
export function ruleRevert(call: AliyunCall, effects: readonly Effect[]): RuleRevert {
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
    () => readRulesOf(call, [rule.groupId]),
    (rules) => rules.every((other) => sameTraffic(other) !== sameTraffic(rule)),
  );
  const twin = present.find((other) => sameTraffic(other) === sameTraffic(rule));
  if (twin) return { status: "already-reverted", ...(twin.id === undefined ? {} : { newId: twin.id }) };
  const refusal =
    because.scope === "own-address"
      ? await addressRefusal(call, because)
      : await groupRefusal(revert, because, rule, present);
  if (refusal) return refusal;
  const answer = await authorizeRule(call, rule, effect.instanceIds, [givingBack(effect, "rule-restored")]);
  return resultOf(answer, answer.effect === "applied" ? await newIdOf(call, rule) : undefined);
}

/** The id under which a rule came back. That it cannot be read just now takes nothing from that. */
async function newIdOf(call: AliyunCall, rule: SecurityRule): Promise<string | undefined> {
  try {
    return (await twinOf(call, rule))?.id;
  } catch {
    return undefined;
  }
}

/** S21: the address may be a stranger's by now, unless that same instance is seen to hold it. */
async function addressRefusal(
  call: AliyunCall,
  { instanceIds, address }: OwnAddress,
): Promise<RevertResult | undefined> {
  const [id = ""] = instanceIds;
  const record = (await readInstances(call, [id])).byId.get(id)?.record;
  if (record && holds(record, address)) return undefined;
  return { status: "not-restored", cause: "address-released", why: `${id} does not hold ${address} now.` };
}

function holds(record: InstanceRecord, address: string): boolean {
  return record.privateIps.includes(address) || record.publicAddresses.some(({ ip }) => ip === address);
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
