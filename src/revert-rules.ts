import { canUndo, type Effect, type UndoAction } from "./effects.js";
import { DecommissionError } from "./errors.js";
import type { InstanceRecord } from "./instances.js";
import { lazy } from "./lazy.js";
import type { Requests } from "./requests.js";
import { changedSince, type RevertResult, readCaughtUp, resourceGone, type Undoable } from "./revert.js";
import type { GroupUsers } from "./rules/group-users.js";
import type { RemovedSecurityRule, SecurityRule } from "./security-rules.js";

/** An effect that took a rule away. */
export type RuleRemoval = Undoable<Extract<UndoAction, { readonly action: "restore-rule" }>>;

/** How one cloud puts rules back. */
export interface RuleReverting {
  readonly requests: Requests;
  readonly consistencyWindowMs: number;
  hasGroup(groupId: string): Promise<boolean>;
  /** The rules of a group as they are now; `undefined` where it is gone. */
  rulesOf(groupId: string): Promise<readonly SecurityRule[] | undefined>;
  /** Who uses a group now. An `instanceId` counts as that instance alone. */
  usersOf(groupId: string): Promise<GroupUsers>;
  readInstance(id: string): Promise<InstanceRecord | undefined>;
  /** What makes two rules of one group the same. */
  sameTraffic(rule: SecurityRule): string;
  /** Adds the rule. `away` are all rules of its group that this revert puts back, itself included. */
  putBack(effect: RuleRemoval, away: readonly SecurityRule[]): Promise<RevertResult>;
}

/**
 * Puts rules back, each where what it was for is still so; see `RemovedSecurityRule.because`. Who uses a group is read
 * once for all rules of it, right when it is needed.
 */
export function ruleReverter(
  cloud: RuleReverting,
  effects: readonly Effect[],
): (effect: RuleRemoval) => Promise<RevertResult> {
  const users = new Map<string, () => Promise<GroupUsers>>();
  const usersOf = async (groupId: string) => {
    const read = users.get(groupId) ?? lazy(() => cloud.usersOf(groupId));
    users.set(groupId, read);
    return await read();
  };
  const removed = effects.flatMap((effect) =>
    canUndo(effect) && effect.undo.action === "restore-rule" ? [effect.undo.removed.rule] : [],
  );
  return async (effect) => {
    const away = removed.filter(({ groupId }) => groupId === effect.undo.removed.rule.groupId);
    return await revertRule({ ...cloud, usersOf }, effect, away);
  };
}

async function revertRule(
  cloud: RuleReverting,
  effect: RuleRemoval,
  away: readonly SecurityRule[],
): Promise<RevertResult> {
  const { rule, because } = effect.undo.removed;
  const twinIn = (rules: readonly SecurityRule[] = []) =>
    rules.find((other) => cloud.sameTraffic(other) === cloud.sameTraffic(rule));
  const present = await readCaughtUp(
    cloud.requests,
    cloud.consistencyWindowMs,
    () => cloud.rulesOf(rule.groupId),
    (rules) => twinIn(rules) === undefined,
  );
  if (!present) return resourceGone(`The group ${rule.groupId} is gone.`);
  const twin = twinIn(present);
  if (twin) return { status: "already-reverted", ...(twin.id === undefined ? {} : { newId: twin.id }) };
  const refusal =
    because.scope === "own-address"
      ? await addressRefusal(cloud, because)
      : await groupRefusal(cloud, because, rule.groupId, present, away);
  return refusal ?? (await cloud.putBack(effect, away));
}

type OwnAddress = Extract<RemovedSecurityRule["because"], { readonly scope: "own-address" }>;
type ExclusiveGroup = Extract<RemovedSecurityRule["because"], { readonly scope: "exclusive-group" }>;

/** States in which an instance holds its addresses for no longer than they take to become somebody else's. */
const ending: ReadonlySet<string> = new Set(["terminating", "recycled", "gone"]);

/** S21: the address may be a stranger's by now, unless that same instance is seen to hold it. */
async function addressRefusal(
  cloud: RuleReverting,
  { instanceIds, address }: OwnAddress,
): Promise<RevertResult | undefined> {
  const [id = ""] = instanceIds;
  const record = await cloud.readInstance(id);
  const holds = record?.privateIps.includes(address) || record?.publicAddresses.some(({ ip }) => ip === address);
  if (record && holds && !ending.has(record.state.unified)) return undefined;
  return { status: "not-restored", cause: "address-released", why: `${id} does not hold ${address} now.` };
}

/** S22: only to the same group, with no user outside the former ones, and with nothing in it that is not from us. */
async function groupRefusal(
  cloud: RuleReverting,
  { groupId, instanceIds, reference }: ExclusiveGroup,
  holdingId: string,
  present: readonly SecurityRule[],
  away: readonly SecurityRule[],
): Promise<RevertResult | undefined> {
  if (groupId !== holdingId && !(await cloud.hasGroup(groupId))) return resourceGone(`The group ${groupId} is gone.`);
  const { uses, unchecked } = await cloud.usersOf(groupId);
  const [gap] = unchecked;
  if (gap) throw new DecommissionError(gap.problem);
  const stranger = uses.find(({ instanceId }) => instanceId === undefined || !instanceIds.includes(instanceId));
  if (stranger) {
    const why = `${groupId} is used by others now: ${stranger.what}.`;
    return { status: "not-restored", cause: "group-in-use", why };
  }
  if (reference) return undefined;
  const returning = new Set(away.map(cloud.sameTraffic));
  // Rules that deny were there before: they stay in a group for as long as one of its instances stands (S24).
  const strange = present.find((other) => other.action === "allow" && !returning.has(cloud.sameTraffic(other)));
  const name = strange?.id ?? strange?.description ?? "of no name";
  return strange && changedSince(`${holdingId} holds the rule ${name}, which is not from before.`);
}
