import type { Effect } from "../effects.js";
import type { RemovedSecurityRule, SecurityRule } from "../security-rules.js";
import { digestOf } from "./digest.js";
import type { InstanceLedger, IntentState } from "./ledger.js";

/**
 * Keeps what a process announced and died before it could tell of: the next one asks again, finds all as it should be,
 * and reports no effect of its own. What is known to have happened stands; all else may have.
 */
export function carryOver(instance: InstanceLedger, intents: ReadonlyMap<string, IntentState>): void {
  if (instance.announced.length === 0) return;
  const applied = new Set(
    instance.intentKeys.flatMap((key) => {
      const state = intents.get(key);
      return state && resultFor(state, instance.id) === "applied" ? state.intent.effects.map(digestOf) : [];
    }),
  );
  const known = new Set([...instance.standing, ...instance.carried].map(digestOf));
  const fresh = instance.announced.filter((effect) => !known.has(digestOf(effect)));
  const happened = (effect: Effect) => applied.has(digestOf(effect)) && !isCopy(effect);
  instance.standing = [...instance.standing, ...fresh.filter(happened)];
  instance.carried = [...instance.carried, ...fresh.filter((effect) => !happened(effect))];
  instance.announced = [];
}

/** What of the carried effects an operation has not done once more, to the same end, when it was asked again. */
export function notRepeated(carried: readonly Effect[], effects: readonly Effect[]): Effect[] {
  const repeated = new Set(effects.map(changeOf));
  return carried.filter((effect) => !repeated.has(changeOf(effect)));
}

/** A change by what it did and what takes it back, without what differs from one attempt to the next. */
function changeOf(effect: Effect): string {
  const { kind, resource, undo } = effect;
  if (isCopy(effect)) return kind;
  const back = "action" in undo && undo.action === "restore-rule" ? { ...undo.removed, removedAt: "" } : undo;
  return digestOf([kind, resource, back]);
}

/** A saved copy has no id before it is made, so it is announced by its disk and told by itself. */
function isCopy({ kind, undo }: Effect): boolean {
  return kind === "artifact-created" && "impossible" in undo;
}

/** Rules that a process took away before it died, once the next one finds them gone. */
export function removedEarlier(instance: InstanceLedger, outcome: object): readonly RemovedSecurityRule[] {
  if ("problem" in outcome) return [];
  const kept = "kept" in outcome && Array.isArray(outcome.kept) ? outcome.kept.map(({ rule }) => nameOf(rule)) : [];
  const told = new Set([...kept, ...instance.removedRules.map(({ rule }) => nameOf(rule))]);
  return [...instance.standing, ...instance.carried].flatMap(({ undo }) =>
    "action" in undo && undo.action === "restore-rule" && !told.has(nameOf(undo.removed.rule)) ? [undo.removed] : [],
  );
}

function nameOf({ groupId, id, native }: SecurityRule): string {
  return digestOf([groupId, id ?? native]);
}

function resultFor({ result }: IntentState, instanceId: string): string | undefined {
  return result?.instances?.find((one) => one.instanceId === instanceId)?.effect ?? result?.effect;
}
