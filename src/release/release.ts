import { isSighting } from "../absence.js";
import { groupBy } from "../batch.js";
import type { Call } from "../calls.js";
import { checkDataDecision } from "../data-gate.js";
import type { DependencyKind, DependencyRef } from "../dependencies.js";
import { invalidRequest, type Problem } from "../errors.js";
import type { CallOptions } from "../options.js";
import type { DependencyReleaseOutcome, ReleaseDependenciesOptions } from "../reversal.js";
import { collapseTargets, foreignRecord } from "../targets.js";
import { itemProblem, kept, keptOnTrouble, type ReleaseContext, type Releaser } from "./item.js";

/** How one cloud lets things go. */
export interface ReleasingCloud<OneCall extends Call> {
  open(mode: "reads" | "all", options?: CallOptions): Promise<OneCall>;
  readonly instanceId: RegExp;
  /** How each kind is let go, in the order in which it has to be. */
  readonly releasers: Readonly<Partial<Record<DependencyKind, Releaser<OneCall>>>>;
}

/** Frees what holds instances, and later what they leave: one outcome per item, in the order given. */
export async function releaseItems<OneCall extends Call>(
  { open, instanceId, releasers }: ReleasingCloud<OneCall>,
  given: readonly DependencyRef[],
  options: ReleaseDependenciesOptions = {},
): Promise<readonly DependencyReleaseOutcome[]> {
  const items = uniqueItems(given, instanceId);
  checkOptions(options);
  if (items.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const sightings = sightingsOf(call, instanceId, options);
  const context: ReleaseContext<OneCall> = { call, options, sightings };
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  const byKind = groupBy(items, ({ kind }) => kind);
  const known = Object.entries(releasers);
  for (const [kind, release] of known) {
    const mine = items.filter((item) => item.kind === kind);
    if (mine.length === 0) continue;
    for (const outcome of await keptOnTrouble(context, mine, () => release(context, mine)))
      outcomes.set(outcome.item, ofCloud(call.scope.cloud, outcome));
  }
  for (const [kind, others] of byKind) {
    if (!releasers[kind])
      for (const item of others) outcomes.set(item, kept(item, unsupported(item, Object.keys(releasers))));
  }
  return items.map((item) => outcomes.get(item) ?? kept(item, unsupported(item, Object.keys(releasers))));
}

/** A problem says which cloud it is of. */
function ofCloud(cloud: string, outcome: DependencyReleaseOutcome): DependencyReleaseOutcome {
  return "problem" in outcome ? { ...outcome, problem: { cloud, ...outcome.problem } } : outcome;
}

function uniqueItems(given: readonly DependencyRef[], instanceIdForm: RegExp): readonly DependencyRef[] {
  const items = new Map<string, DependencyRef>();
  for (const item of given) {
    if (typeof item?.kind !== "string" || typeof item.id !== "string" || item.id === "") {
      throw invalidRequest("An item names no kind or no id.", "Make it from an edge: { ...edge.node, instanceId }.");
    }
    const key = `${item.kind}/${item.id}/${item.instanceId}`;
    if (!items.has(key)) items.set(key, item);
  }
  collapseTargets(
    given.map(({ instanceId }) => instanceId),
    instanceIdForm,
  );
  return [...items.values()];
}

function checkOptions({ data, drainTimeoutMs }: ReleaseDependenciesOptions): void {
  if (data !== undefined) checkDataDecision(data);
  if (drainTimeoutMs !== undefined && !(drainTimeoutMs >= 0)) {
    throw invalidRequest("`drainTimeoutMs` is no number of milliseconds.", "Leave it out to wait as the group is set.");
  }
}

function sightingsOf({ scope }: Call, instanceIdForm: RegExp, { sightings = [] }: ReleaseDependenciesOptions) {
  const here = sightings.filter((record) => isSighting(record) && !foreignRecord(record, scope));
  return collapseTargets(here, instanceIdForm).sightings;
}

function unsupported(item: DependencyRef, known: readonly string[]): Problem {
  const message = `There is no way to release a ${item.kind} from here.`;
  return itemProblem(item, "unsupported", message, `Known are ${known.join(", ")}.`);
}
