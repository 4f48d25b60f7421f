import { scopeOf } from "./common.js";
import type { ControlRead } from "./dependencies.js";
import type { Problem } from "./errors.js";
import type { InstanceRecord } from "./instances.js";
import type { Requests } from "./requests.js";
import type { AbsenceProof, Evidence } from "./verification.js";

/** Milliseconds between the two reads that must both miss an instance. Long enough for a lagging replica to catch up. */
export const absenceGapMs = 5_000;

/** One bulk look at instances: which are there, and what the cloud said. */
export interface Look {
  readonly presentIds: ReadonlySet<string>;
  readonly evidence: Evidence;
}

/** What absence of one instance amounts to. */
export type AbsenceVerdict =
  | { readonly kind: "proved"; readonly proof: AbsenceProof }
  /** The second read found it after all. */
  | { readonly kind: "present" }
  /** Never seen by us: a typo, a wrong region or account. */
  | { readonly kind: "never-seen" }
  /** Seen before and missing now, but nothing shows that we would see it if it were there. */
  | { readonly kind: "unproven"; readonly problem: Problem };

/** States that show an instance lived in this scope when it was seen. */
const liveStates = new Set(["pending", "running", "stopping", "stopped", "terminating", "recycled"]);

/** Whether a record shows that its instance was alive here. */
export function isSighting(record: InstanceRecord): boolean {
  return liveStates.has(record.state.unified);
}

/**
 * Judges instances that a first read missed. Absence counts only with a sighting, a second read that misses them as
 * well, and a control that shows this principal would see rows of that kind.
 */
export async function judgeAbsence(
  requests: Requests,
  missing: {
    readonly ids: readonly string[];
    readonly sightings: ReadonlyMap<string, InstanceRecord>;
    readonly firstLook: Evidence;
    readonly lookAgain: (ids: readonly string[]) => Promise<Look>;
    readonly control: () => Promise<ControlRead | undefined>;
  },
): Promise<ReadonlyMap<string, AbsenceVerdict>> {
  const verdicts = new Map<string, AbsenceVerdict>();
  const seenBefore = missing.ids.filter((id) => {
    const sighting = missing.sightings.get(id);
    const seen = sighting !== undefined && isSighting(sighting);
    if (!seen) verdicts.set(id, { kind: "never-seen" });
    return seen;
  });
  if (seenBefore.length === 0) return verdicts;
  await requests.wait(absenceGapMs);
  const second = await missing.lookAgain(seenBefore);
  const control = await missing.control();
  for (const id of seenBefore) {
    const sighting = missing.sightings.get(id);
    if (second.presentIds.has(id)) verdicts.set(id, { kind: "present" });
    else if (!control || !sighting) verdicts.set(id, { kind: "unproven", problem: noControl(id) });
    else verdicts.set(id, { kind: "proved", proof: proofOf(sighting, missing.firstLook, second.evidence, control) });
  }
  return verdicts;
}

function proofOf(sighting: InstanceRecord, first: Evidence, second: Evidence, control: ControlRead): AbsenceProof {
  return {
    sighting: { ...scopeOf(sighting), state: sighting.state, seenAt: sighting.seenAt },
    reads: [first, second],
    control,
  };
}

function noControl(id: string): Problem {
  return {
    code: "not-found",
    message: `${id} is not listed, but nothing shows that these credentials would see it.`,
    hint: "Use credentials that may list the whole account, then verify again.",
    instanceIds: [id],
  };
}
