import { isSighting } from "../../../src/absence.js";
import { departedOutcomes } from "../../../src/departed.js";
import type { InstanceRecord, InstanceTarget } from "../../../src/instances.js";
import { isRecord } from "../../../src/instances.js";
import { blocked } from "../../../src/outcomes.js";
import type { RuleReleaseOutcome } from "../../../src/security-rules.js";
import { foreignRecord, type Targets } from "../../../src/targets.js";
import { absenceReads } from "../absent.js";
import type { AwsCall } from "../call.js";
import { lookAt } from "../look.js";

/** An instance whose rules may go. */
export interface RuleTarget {
  readonly id: string;
  /** How it is now; absent where it is gone. */
  readonly now?: InstanceRecord;
  /** Everything seen of it, the present included. */
  readonly seen: readonly InstanceRecord[];
}

/** Finds out who the targets are now. What cannot be a target gets its outcome. */
export async function ruleTargets(
  call: AwsCall,
  given: readonly InstanceTarget[],
  asked: Targets,
  sightings: readonly InstanceRecord[],
): Promise<{ readonly targets: readonly RuleTarget[]; readonly outcomes: Map<string, RuleReleaseOutcome> }> {
  const earlier = [...given.filter(isRecord), ...sightings].filter(
    (record) => isSighting(record) && !foreignRecord(record, call.scope),
  );
  // Any sighting can show that an instance lived here, not only the record it was named by.
  const known = new Map([...earlier.map((record) => [record.id, record] as const), ...asked.sightings]);
  const look = await lookAt(call, asked);
  const departed = await departedOutcomes(absenceReads(call), look, known);
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
