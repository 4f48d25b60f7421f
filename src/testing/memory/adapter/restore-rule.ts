import type { Effect, UndoAction } from "../../../effects.js";
import { settleByReading } from "../../../poll.js";
import { givingBack, type RevertResult, resourceGone, resultOf, type Undoable } from "../../../revert.js";
import type { RemovedSecurityRule, SecurityRule } from "../../../security-rules.js";
import { Wire } from "../../../wire.js";
import { type MemoryCall, service } from "./call.js";
import { readGroupUsers } from "./group-users.js";
import { readInstances } from "./record.js";
import { fingerprint, readRules } from "./rules.js";
import { readSettled } from "./settled.js";

/** Puts a rule back: only while its address or its group is still its targets', and only between its neighbours. */
export async function restoreRule(
  call: MemoryCall,
  effect: Undoable<Extract<UndoAction, { readonly action: "restore-rule" }>>,
  effects: readonly Effect[],
): Promise<RevertResult> {
  const { removed } = effect.undo;
  const { groupId, native } = removed.rule;
  const there = async () =>
    (await readRules(call, [groupId])).some((rule) => fingerprint(rule.native) === fingerprint(native));
  if (await readSettled(call, there, (one) => !one)) return { status: "already-reverted" };
  const objection = (await addressObjection(call, removed)) ?? (await groupObjection(call, removed));
  if (objection) return objection;
  const place = await placeOf(call, removed, effects);
  if (place === undefined) {
    return { status: "not-restored", cause: "order-changed", why: "Its neighbours are others by now." };
  }
  const { id: _id, ...rule } = native;
  const answer = await call.requests.mutate({
    service,
    action: "AddRule",
    parameters: { groupId, rule, ...place },
    instanceIds: effect.instanceIds,
    effects: [givingBack(effect, "rule-restored")],
    createdIds: (body) => [new Wire(body, "AddRule").text("id") ?? []].flat(),
    confirm: async ({ notBefore }) => ({ effect: await settleByReading(call.requests, notBefore, there) }),
  });
  return resultOf(answer, answer.ids?.[0]);
}

/** An address comes back to a rule only while that same instance is seen holding it. */
async function addressObjection(call: MemoryCall, { because }: RemovedSecurityRule): Promise<RevertResult | undefined> {
  if (because.scope !== "own-address") return undefined;
  const [instanceId = ""] = because.instanceIds;
  const record = (await readInstances(call, [instanceId])).byId.get(instanceId)?.record;
  const alive = record && record.state.unified !== "terminating" && record.state.unified !== "recycled";
  const held = [...(record?.privateIps ?? []), ...(record?.publicAddresses ?? []).map(({ ip }) => ip)];
  if (alive && held.includes(because.address)) return undefined;
  return {
    status: "not-restored",
    cause: "address-released",
    why: `${instanceId} does not hold ${because.address} any more: it may be a stranger's.`,
  };
}

async function groupObjection(
  call: MemoryCall,
  { because, rule }: RemovedSecurityRule,
): Promise<RevertResult | undefined> {
  const users = await readGroupUsers(call);
  if (users.networkOf(rule.groupId) === undefined)
    return resourceGone(`The group ${rule.groupId} is not there any more.`);
  if (because.scope !== "exclusive-group") return undefined;
  const objection = users.objection(because.groupId, new Set(because.instanceIds));
  return objection === undefined ? undefined : { status: "not-restored", cause: "group-in-use", why: objection };
}

/** Where the rule goes; `undefined` where its neighbours are not next to each other. Rules with ids have no place. */
async function placeOf(
  call: MemoryCall,
  { rule }: RemovedSecurityRule,
  effects: readonly Effect[],
): Promise<{ readonly index?: number; readonly version?: number } | undefined> {
  if (!rule.position) return {};
  const siblings = effects.flatMap(({ undo }) =>
    "action" in undo && undo.action === "restore-rule" && undo.removed.rule.groupId === rule.groupId
      ? [undo.removed.rule]
      : [],
  );
  const groups = await call.pages("ListGroups");
  const version = groups.find((row) => row.text("id") === rule.groupId)?.number("version");
  const present = await readRules(call, [rule.groupId]);
  const order = present.toSorted((one, other) => (one.position?.index ?? 0) - (other.position?.index ?? 0));
  const prints = order.map(({ native }) => fingerprint(native));
  const before = neighbour(rule, 0, prints, siblings);
  const after = neighbour(rule, 1, prints, siblings);
  const index = before === null ? 0 : prints.indexOf(before) + 1;
  const fits = (prints[index] ?? null) === after && (before === null || index > 0);
  return fits && version !== undefined ? { index, version } : undefined;
}

/** The nearest neighbour on one side that is not itself among the rules that are away and come back with this one. */
function neighbour(
  rule: SecurityRule,
  side: 0 | 1,
  present: readonly (string | null)[],
  siblings: readonly SecurityRule[],
): string | null {
  let print = rule.position?.neighbours[side] ?? null;
  while (print !== null && !present.includes(print)) {
    const away = siblings.find(({ native }) => fingerprint(native) === print);
    if (!away) return print;
    print = away.position?.neighbours[side] ?? null;
  }
  return print;
}
