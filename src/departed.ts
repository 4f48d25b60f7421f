import { absenceGapMs, judgeAbsence, type Look } from "./absence.js";
import { scopeOf } from "./common.js";
import type { ControlRead } from "./dependencies.js";
import type { Problem } from "./errors.js";
import type { InstanceRecord } from "./instances.js";
import { type FirstLook, type Seen, seenIn } from "./look.js";
import { blocked, undetermined } from "./outcomes.js";
import type { Requests } from "./requests.js";
import type { Blocked, NotFound, Undetermined } from "./snapshots.js";
import type { TerminateOutcome } from "./termination.js";
import type { AbsenceProof, Evidence } from "./verification.js";

/** How absence is looked into on one cloud. */
export interface AbsenceReads {
  readonly requests: Requests;
  /** Looks again, in bulk, for ids that a first read missed. */
  lookAgain(ids: readonly string[]): Promise<Look>;
  /** A row that these credentials see in the same service, so that an empty answer is known to mean "none". */
  control(): Promise<ControlRead | undefined>;
}

/** What can be said of a target that there is nothing to do about. */
export type Departed =
  | Blocked
  | NotFound
  | Undetermined
  | Extract<TerminateOutcome, { readonly status: "already-gone" }>;

/**
 * Outcomes of the targets that there is nothing to do about: known from elsewhere, never seen, or gone with proof. Those
 * that are there are not among them.
 */
export async function departedOutcomes<One extends Seen>(
  reads: AbsenceReads,
  look: FirstLook<One>,
  sightings: ReadonlyMap<string, InstanceRecord>,
): Promise<Map<string, Departed>> {
  const outcomes = new Map<string, Departed>();
  const missing: string[] = [];
  for (const [id, sight] of look.sights) {
    if (sight.kind === "elsewhere") outcomes.set(id, blocked(id, sight.problem));
    if (sight.kind === "absent") missing.push(id);
  }
  const tombstones = seenIn(look)
    .map(({ record }) => record)
    .filter(({ state }) => state.unified === "gone");
  const [absences, buried] = await Promise.all([
    judgeMissing(reads, missing, sightings, look.evidence),
    proveTombstones(reads, tombstones, look.evidence),
  ]);
  for (const id of missing) {
    const verdict = absences.get(id);
    if (verdict?.kind === "proved") outcomes.set(id, alreadyGone(id, verdict.proof));
    else if (verdict?.kind === "present") outcomes.set(id, undetermined(id, readsDisagree(id)));
    else if (verdict?.kind === "unproven") outcomes.set(id, undetermined(id, verdict.problem));
    else outcomes.set(id, { status: "not-found", instanceId: id, effects: [] });
  }
  for (const { id } of tombstones) {
    const absence = buried.get(id);
    outcomes.set(id, absence ? alreadyGone(id, absence) : undetermined(id, readsDisagree(id)));
  }
  return outcomes;
}

/** Judges instances that a first look missed; see {@link judgeAbsence}. */
export async function judgeMissing(
  { requests, lookAgain, control }: AbsenceReads,
  ids: readonly string[],
  sightings: ReadonlyMap<string, InstanceRecord>,
  firstLook: Evidence,
) {
  return await judgeAbsence(requests, { ids, sightings, firstLook, lookAgain, control });
}

/**
 * Proofs for instances that the cloud itself shows as gone: sighting and control in one. They are read a second time
 * like any absence; one that is back alive by then has no proof.
 */
export async function proveTombstones(
  { requests, lookAgain }: AbsenceReads,
  tombstones: readonly InstanceRecord[],
  firstLook: Evidence,
): Promise<ReadonlyMap<string, AbsenceProof>> {
  if (tombstones.length === 0) return new Map();
  await requests.wait(absenceGapMs);
  const second = await lookAgain(tombstones.map(({ id }) => id));
  return new Map(
    tombstones
      .filter(({ id }) => !second.presentIds.has(id))
      .map((record) => [
        record.id,
        {
          sighting: { ...scopeOf(record), state: record.state, seenAt: record.seenAt },
          reads: [firstLook, second.evidence],
          control: { by: "row", row: "tombstone", id: record.id, at: record.seenAt },
        },
      ]),
  );
}

function alreadyGone(instanceId: string, absence: AbsenceProof): Departed {
  return { status: "already-gone", instanceId, absence, effects: [] };
}

function readsDisagree(id: string): Problem {
  return {
    code: "conflict",
    message: `Two reads of ${id} do not agree about whether it is there.`,
    hint: "Read it again in a minute.",
    instanceIds: [id],
  };
}
