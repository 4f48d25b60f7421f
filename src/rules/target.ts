import { isSighting } from "../absence.js";
import type { Scope } from "../common.js";
import { type AbsenceReads, departedOutcomes } from "../departed.js";
import { type InstanceRecord, type InstanceTarget, isRecord } from "../instances.js";
import { lookAtTargets, type ReadInstances, type Seen } from "../look.js";
import { blocked } from "../outcomes.js";
import type { RuleReleaseOutcome } from "../security-rules.js";
import { foreignRecord, type Targets } from "../targets.js";

/** An instance whose rules may go. */
export interface RuleTarget {
  readonly id: string;
  /** How it is now; absent where it is gone. */
  readonly now?: InstanceRecord;
  /** Everything seen of it, the present included. */
  readonly seen: readonly InstanceRecord[];
}

/** How targets are looked at. */
export interface TargetReads {
  readonly scope: Scope;
  readonly absence: AbsenceReads;
  readonly read: ReadInstances<Seen>;
}

/** Finds out who the targets are now. What cannot be a target gets its outcome. */
export async function ruleTargets(
  { scope, absence, read }: TargetReads,
  given: readonly InstanceTarget[],
  asked: Targets,
  sightings: readonly InstanceRecord[],
): Promise<{ readonly targets: readonly RuleTarget[]; readonly outcomes: Map<string, RuleReleaseOutcome> }> {
  const earlier = [...given.filter(isRecord), ...sightings].filter(
    (record) => isSighting(record) && !foreignRecord(record, scope),
  );
  // Any sighting can show that an instance lived here, not only the record it was named by.
  const known = new Map([...earlier.map((record) => [record.id, record] as const), ...asked.sightings]);
  const look = await lookAtTargets(scope, asked, read);
  const departed = await departedOutcomes(absence, look, known);
  const targets: RuleTarget[] = [];
  const outcomes = new Map<string, RuleReleaseOutcome>();
  for (const id of asked.ids) {
    const end = departed.get(id);
    const seen = earlier.filter((record) => record.id === id);
    const sight = look.sights.get(id);
    if (end === undefined && sight?.kind === "seen") {
      targets.push({ id, now: sight.seen.record, seen: [sight.seen.record, ...seen] });
    } else if (end?.status === "already-gone") targets.push({ id, seen });
    else if (end?.status === "unknown") outcomes.set(id, blocked(id, end.problem));
    else if (end) outcomes.set(id, end);
  }
  return { targets, outcomes };
}
