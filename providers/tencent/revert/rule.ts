import { canUndo, type Effect } from "../../../src/effects.js";
import { DecommissionError } from "../../../src/errors.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { RemovedSecurityRule, SecurityRule } from "../../../src/security-rules.js";
import type { TencentCall } from "../call.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readInstances } from "../instances.js";
import { type GroupPolicies, readPolicies, rulesOf } from "../policies.js";
import { fingerprint } from "../rule.js";
import { createRule, isThere, placeOf } from "../rules/restore.js";
import { whileVersionMoves } from "../rules/version.js";
import { caughtUp, type Undo } from "./undo.js";

type OwnAddress = Extract<RemovedSecurityRule["because"], { readonly scope: "own-address" }>;
type ExclusiveGroup = Extract<RemovedSecurityRule["because"], { readonly scope: "exclusive-group" }>;

/** What the rules of one revert share: the rules that are away and come back together. */
export interface RuleRevert {
  readonly call: TencentCall;
  /** The rules of a group that this revert puts back: what its neighbours may be, and what may be found there. */
  returning(groupId: string): readonly SecurityRule[];
}

/** Prepares the reverting of rules. Sends nothing. */
export function ruleRevert(call: TencentCall, effects: readonly Effect[]): RuleRevert {
  const rules = effects.flatMap((effect) =>
    canUndo(effect) && effect.undo.action === "restore-rule" ? [effect.undo.removed.rule] : [],
  );
  return { call, returning: (groupId) => rules.filter((rule) => rule.groupId === groupId) };
}

/** Puts a rule back where what it was for is still so, and between the same neighbours. */
export async function revertRule(revert: RuleRevert, effect: Undo<"restore-rule">): Promise<RevertResult> {
  const { call } = revert;
  const { rule, because } = effect.undo.removed;
  const policies = await caughtUp(
    call,
    () => readPolicies(call, rule.groupId),
    (now) => !isThere(now, rule),
  );
  if (!policies) return resourceGone(`The group ${rule.groupId} is gone.`);
  if (isThere(policies, rule)) return { status: "already-reverted" };
  const refusal =
    because.scope === "own-address"
      ? await addressRefusal(call, because)
      : await groupRefusal(revert, because, rule, policies);
  return refusal ?? (await putBack(revert, effect));
}

/** Each attempt finds the place anew: it is a place in one version of the group only. */
async function putBack({ call, returning }: RuleRevert, effect: Undo<"restore-rule">): Promise<RevertResult> {
  const { rule } = effect.undo.removed;
  return await whileVersionMoves<RevertResult>(call, async () => {
    const policies = await readPolicies(call, rule.groupId);
    if (!policies) return { done: resourceGone(`The group ${rule.groupId} is gone.`) };
    const index = placeOf(rule, policies[rule.direction], returning(rule.groupId));
    if (index === undefined) return { done: orderChanged(rule) };
    const place = { version: policies.version, index };
    const answer = await createRule(call, rule, place, effect.instanceIds, [givingBack(effect, "rule-restored")]);
    const cloudCode = answer.effect === "not-applied" ? answer.problem.cloudCode : undefined;
    if (cloudCode === "UnsupportedOperation.DuplicatePolicy") return { done: { status: "already-reverted" } };
    if (answer.problem && cloudCode === "UnsupportedOperation.VersionMismatch") return { moved: answer.problem };
    return { done: resultOf(answer) };
  });
}

/** S21: the address may be a stranger's by now, unless that same instance is seen to hold it. */
async function addressRefusal(
  call: TencentCall,
  { instanceIds, address }: OwnAddress,
): Promise<RevertResult | undefined> {
  const [id = ""] = instanceIds;
  const record = (await readInstances(call, [id])).byId.get(id)?.record;
  const state = record?.state.unified;
  const isThere = record && state !== "terminating" && state !== "recycled";
  const held = [...(record?.privateIps ?? []), ...(record?.publicAddresses ?? []).map(({ ip }) => ip)];
  if (isThere && held.includes(address)) return undefined;
  return { status: "not-restored", cause: "address-released", why: `${id} does not hold ${address} now.` };
}

/** S22: only to the same group, with no user outside the former ones, and with nothing in it that is not from us. */
async function groupRefusal(
  revert: RuleRevert,
  { groupId, instanceIds, reference }: ExclusiveGroup,
  rule: SecurityRule,
  present: GroupPolicies,
): Promise<RevertResult | undefined> {
  if (groupId !== rule.groupId && !(await readPolicies(revert.call, groupId))) {
    return resourceGone(`The group ${groupId} is gone.`);
  }
  const { uses, unchecked } = await readGroupUsers(revert.call, [groupId]);
  const [gap] = unchecked;
  if (gap) throw new DecommissionError(gap.problem);
  const stranger = uses.find(
    ({ kind, instanceId }) => kind !== "instance" || instanceId === undefined || !instanceIds.includes(instanceId),
  );
  if (stranger) {
    const why = `${groupId} is used by others now: ${stranger.what}.`;
    return { status: "not-restored", cause: "group-in-use", why };
  }
  if (reference) return undefined;
  const returning = new Set(revert.returning(rule.groupId).map(identity));
  // Rules that were kept, since they deny, were there before.
  const strange = rulesOf(present).find((other) => other.action === "allow" && !returning.has(identity(other)));
  return (
    strange && changedSince(`${rule.groupId} holds a rule that is not from before: ${strange.description ?? "?"}.`)
  );
}

function identity({ direction, native }: SecurityRule): string {
  return `${direction} ${fingerprint(native)}`;
}

function orderChanged(rule: SecurityRule): RevertResult {
  const why = `In ${rule.groupId} its neighbours are others by now, and the first rule that fits decides.`;
  return { status: "not-restored", cause: "order-changed", why };
}
