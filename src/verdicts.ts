import { groupBy } from "./batch.js";
import type { Scope, Tristate } from "./common.js";
import { type AbsenceReads, judgeMissing, proveTombstones } from "./departed.js";
import type { DependencyEdge, DependencyKind } from "./dependencies.js";
import { DecommissionError, invalidRequest, type Problem, problemOf } from "./errors.js";
import type { InstanceRecord } from "./instances.js";
import { type Aftermath, remainsOf, reportOn } from "./leftovers.js";
import { foreignRecord, type Targets } from "./targets.js";
import type { AbsenceProof, DeletionVerdict, VerifyOptions } from "./verification.js";
import { type EndWatch, type LastSeen, watchEnds } from "./watch-ends.js";

/** An instance that is gone for sure, or waits in a bin, with what was seen of it before. */
export interface Ended {
  readonly id: string;
  readonly record?: InstanceRecord;
  /** What hung on it, from the report of before; absent where there is none. */
  readonly edges?: readonly DependencyEdge[];
}

/** What one cloud gives so that the end of instances can be verified. */
export interface EndReads extends AbsenceReads, EndWatch {
  readonly scope: Scope;
  /**
   * Looks for what is left. In its answer an edge that `blocks` stands against a clean end although it bills nothing: a
   * replacement, a rule that came back.
   */
  aftermath(ended: readonly Ended[]): Promise<Aftermath>;
  /** Kinds that `aftermath` reads again. Of the others the report of before is the last word. */
  readonly rechecked: ReadonlySet<DependencyKind>;
  /** Looks around instances that wait in a recycle bin, where most of what hung on them still does. Absent: nobody looks. */
  readonly bin?: {
    look(recycled: readonly Ended[]): Promise<Aftermath>;
    readonly rechecked: ReadonlySet<DependencyKind>;
  };
  /** Whether the instance itself still costs money in this state. */
  bills(record: InstanceRecord): Tristate;
}

const untilWords: readonly unknown[] = ["accepted", "stopped-billing", "gone"];

function checkUntil(until: unknown): void {
  if (until === undefined || untilWords.includes(until)) return;
  throw invalidRequest(`\`until\` is ${JSON.stringify(until)}.`, `It is one of ${untilWords.join(", ")}.`);
}

/** One verdict per target, in the order asked: waits in bulk, proves absence, then looks for what is left. */
export async function verdictsOf(
  reads: EndReads,
  targets: Targets,
  options: VerifyOptions,
): Promise<readonly DeletionVerdict[]> {
  checkUntil(options.until);
  const elsewhere = new Map<string, Problem>();
  for (const [id, record] of targets.sightings) {
    const problem = foreignRecord(record, reads.scope);
    if (problem) elsewhere.set(id, problem);
  }
  const here = targets.ids.filter((id) => !elsewhere.has(id));
  const sightings = withReport(reads.scope, targets.sightings, options);
  const last = here.length === 0 ? new Map() : await watchEnds(reads, here, options.until ?? "gone");
  const ends = await endsOf(reads, last, sightings);
  const ended = here.filter((id) => ends.get(id)?.kind === "deleted").map((id) => endedOf(id, sightings, options));
  const aftermath = ended.length === 0 ? undefined : await reads.aftermath(ended);
  const recycled = here.filter((id) => last.get(id)?.record?.state.unified === "recycled");
  const inBin =
    recycled.length === 0 ? undefined : await reads.bin?.look(recycled.map((id) => endedOf(id, sightings, options)));
  return targets.ids.map((id) => {
    const problem = elsewhere.get(id);
    if (problem) return unproven(id, problem);
    return verdictOf(reads, id, last.get(id), ends.get(id), { aftermath, inBin }, options);
  });
}

/** What the end of one instance amounts to. */
type End =
  | { readonly kind: "deleted"; readonly absence: AbsenceProof }
  | { readonly kind: "unproven"; readonly problem: Problem };

/** Proves what is gone. An instance that is still there has no end. */
async function endsOf(
  reads: EndReads,
  last: ReadonlyMap<string, LastSeen>,
  sightings: ReadonlyMap<string, InstanceRecord>,
): Promise<ReadonlyMap<string, End>> {
  const { missing = [], gone = [] } = Object.fromEntries(
    groupBy(last, ([, { record }]) => (!record ? "missing" : record.state.unified === "gone" ? "gone" : "there")),
  );
  const ends = new Map<string, End>();
  const evidence = [...missing, ...gone].at(-1)?.[1].evidence.at(-1);
  if (!evidence) return ends;
  try {
    const [absences, proofs] = await Promise.all([
      judgeMissing(
        reads,
        missing.map(([id]) => id),
        sightings,
        evidence,
      ),
      proveTombstones(
        reads,
        gone.flatMap(([, { record }]) => record ?? []),
        evidence,
      ),
    ]);
    for (const [id] of missing) {
      const verdict = absences.get(id);
      if (verdict?.kind === "proved") ends.set(id, { kind: "deleted", absence: verdict.proof });
      else ends.set(id, { kind: "unproven", problem: doubt(id, verdict) });
    }
    for (const [id] of gone) {
      const absence = proofs.get(id);
      ends.set(id, absence ? { kind: "deleted", absence } : { kind: "unproven", problem: readsDisagree(id) });
    }
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === "aborted" || !DecommissionError.isInstance(error)) throw error;
    for (const [id] of [...missing, ...gone]) ends.set(id, { kind: "unproven", problem });
  }
  return ends;
}

function verdictOf(
  reads: EndReads,
  id: string,
  seen: LastSeen | undefined,
  end: End | undefined,
  { aftermath, inBin }: { readonly aftermath: Aftermath | undefined; readonly inBin: Aftermath | undefined },
  options: VerifyOptions,
): DeletionVerdict {
  const evidence = seen?.evidence ?? [];
  if (end?.kind === "unproven") return { ...unproven(id, end.problem), evidence };
  if (end?.kind === "deleted" && aftermath) {
    const { replacedBy, ...remains } = remainsOf(id, aftermath, options, reads.rechecked);
    return {
      instanceId: id,
      status: "deleted",
      absence: end.absence,
      ...(replacedBy.length === 0 ? {} : { replacedBy }),
      evidence: [...evidence, ...end.absence.reads.slice(1)],
      billingStopped: true,
      ...remains,
    };
  }
  if (!seen?.record) return unproven(id, readsDisagree(id));
  const verdict = { ...standing(reads, seen.record), evidence };
  if (verdict.status !== "recycled" || !inBin || !reads.bin) return verdict;
  const { leftovers, coverage } = remainsOf(id, inBin, options, reads.bin.rechecked);
  return { ...verdict, leftovers, coverage };
}

/** The verdict on an instance that is still there. Nothing is looked for around it: all of it still stands. */
function standing(reads: EndReads, record: InstanceRecord): DeletionVerdict {
  const bills = reads.bills(record);
  const base = {
    instanceId: record.id,
    evidence: [],
    leftovers: [],
    coverage: [],
    billingStopped: bills === "unknown" ? bills : !bills,
    clean: false,
  } as const;
  if (record.state.unified === "recycled") {
    return { ...base, status: "recycled", recoverableUntil: record.recycled?.until ?? { basis: "unknown" } };
  }
  if (record.state.unified === "terminating") return { ...base, status: "terminating" };
  if (record.scheduledReleaseAt !== undefined) return { ...base, status: "scheduled", at: record.scheduledReleaseAt };
  return { ...base, status: "alive" };
}

function unproven(instanceId: string, problem: Problem): DeletionVerdict {
  return {
    instanceId,
    status: "unproven",
    problem,
    evidence: [],
    leftovers: [],
    coverage: [],
    billingStopped: "unknown",
    clean: false,
  };
}

/** Targets' own records, and those of the report of before where a target is an id alone. */
function withReport(
  scope: Scope,
  sightings: ReadonlyMap<string, InstanceRecord>,
  { before }: VerifyOptions,
): ReadonlyMap<string, InstanceRecord> {
  const reported = (before?.instances ?? []).flatMap((instance) =>
    instance.status === "found" && !foreignRecord(instance.record, scope)
      ? [[instance.record.id, instance.record] as const]
      : [],
  );
  return new Map([...reported, ...sightings]);
}

function endedOf(id: string, sightings: ReadonlyMap<string, InstanceRecord>, { before }: VerifyOptions): Ended {
  const record = sightings.get(id);
  const report = reportOn(id, before);
  return {
    id,
    ...(record ? { record } : {}),
    ...(report ? { edges: report.edges.filter((edge) => edge.instanceId === id) } : {}),
  };
}

function doubt(id: string, verdict: { readonly kind: string; readonly problem?: Problem } | undefined): Problem {
  if (verdict?.problem) return verdict.problem;
  return verdict?.kind === "never-seen" ? neverSeen(id) : readsDisagree(id);
}

function neverSeen(id: string): Problem {
  return {
    code: "not-found",
    message: `${id} is not listed, and nothing shows that it ever was here.`,
    hint: "Pass the record from before the end instead of the id, with the credentials and region it was seen with.",
    instanceIds: [id],
  };
}

function readsDisagree(id: string): Problem {
  return {
    code: "conflict",
    message: `Two reads of ${id} do not agree about whether it is there.`,
    hint: "Verify it again in a minute.",
    instanceIds: [id],
  };
}
