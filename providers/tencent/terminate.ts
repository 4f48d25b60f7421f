import { openDataGate } from "../../src/data-gate.js";
import { departedOutcomes } from "../../src/departed.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked, undetermined } from "../../src/outcomes.js";
import { collapseTargets } from "../../src/targets.js";
import type { TerminateOptions, TerminateOutcome } from "../../src/termination.js";
import { absenceReads } from "./absent.js";
import type { OpenTencentCall, TencentCall } from "./call.js";
import { readOwners } from "./dependencies/owners.js";
import { instanceIdForm } from "./instances.js";
import { lookAt, seenIn } from "./look.js";
import { rereadProofs } from "./proofs.js";
import type { SeenInstance } from "./record.js";
import { blockerOf } from "./termination/blockers.js";
import { endAll, type Leaving, recycledOutcome } from "./termination/ending.js";
import { pathOf } from "./termination/path.js";
import { belowMinimum, type QuoteReading, readQuotes } from "./termination/quotes.js";
import { type Wishes, wishesOf } from "./termination/wishes.js";

type Outcomes = Map<string, TerminateOutcome>;

/** Terminates instances the way their billing needs. See the paths in `termination/path.ts`. */
export async function terminate(
  open: OpenTencentCall,
  targets: readonly InstanceTarget[],
  options: TerminateOptions,
): Promise<readonly TerminateOutcome[]> {
  const wishes = wishesOf(options);
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const look = await lookAt(call, asked);
  const outcomes: Outcomes = await departedOutcomes(absenceReads(call), look, asked.sightings);
  for (const { record } of seenIn(look)) {
    if (record.state.unified === "terminating")
      outcomes.set(record.id, { status: "accepted", instanceId: record.id, effects: [] });
  }
  const alive = seenIn(look).filter(({ record }) => !outcomes.has(record.id));
  const { leaving, quotes } = await judge(call, alive, wishes, outcomes);
  if (options.dryRun) rehearse(leaving, quotes, outcomes);
  else await endAll({ call, open, wishes, outcomes }, leaving);
  return asked.ids.map((id) => outcomes.get(id) ?? undetermined(id, unanswered));
}

/** Judges what is alive. What must stay gets its outcome; the rest leaves, each its own way. */
async function judge(call: TencentCall, alive: readonly SeenInstance[], wishes: Wishes, outcomes: Outcomes) {
  const { options } = wishes;
  const claimed = "proofs" in options.data ? options.data.proofs : [];
  const decided: Leaving[] = [];
  const now = call.requests.clock.now();
  for (const seen of alive) {
    // Once seen in the bin it has been returned, by whomever: a read that lags behind this one must not return it again.
    if (seen.record.state.unified === "recycled") call.returns.note(seen.record.id, seen, now);
    const decision = pathOf(seen, options, now);
    if ("problem" in decision) outcomes.set(seen.record.id, blocked(seen.record.id, decision.problem));
    else if (decision.path === "recycle")
      outcomes.set(seen.record.id, recycledOutcome(seen, seen.record.recycled?.until, []));
    else decided.push({ seen, path: decision.path, effects: [] });
  }
  const returning = decided.filter(({ path }) => path === "unsubscribe" || path === "convert-and-release");
  const [owners, reread, quotes] = await Promise.all([
    readOwners(
      call,
      decided.map(({ seen }) => seen),
    ),
    rereadProofs(call, claimed, doomedCopies(decided)),
    readQuotes(
      call,
      returning.map(({ seen }) => seen.record.id),
    ),
  ]);
  const gate = openDataGate({
    data: options.data,
    acceptDataLoss: options.acceptDataLoss,
    dataDisks: options.dataDisks,
    targetIds: new Set(decided.map(({ seen }) => seen.record.id)),
    scope: call.scope,
    clock: call.requests.clock,
    reread,
  });
  const leaving = decided.filter(({ seen, path }) => {
    const { id } = seen.record;
    const problem =
      blockerOf(seen, path, { wishes, owners, gate }) ??
      quotes.refusals.get(id) ??
      (path === "unsubscribe" ? belowMinimum(quotes.quotes.get(id), options.minimumRefund, id) : undefined);
    if (problem) outcomes.set(id, blocked(id, problem));
    return !problem;
  });
  return { leaving, quotes };
}

/** CVM has no dry run: what was read is all that can be shown. */
function rehearse(leaving: readonly Leaving[], { quotes }: QuoteReading, outcomes: Outcomes): void {
  for (const { seen, path } of leaving) {
    const { id } = seen.record;
    const refund = quotes.get(id);
    outcomes.set(id, {
      status: "would-terminate",
      instanceId: id,
      how: path,
      ...(refund === undefined ? {} : { refund }),
      permissionChecked: false,
      effects: [],
    });
  }
}

/** Disks that take their snapshots with them, but for permanent ones: such a copy is no proof of anything. */
function doomedCopies(decided: readonly Leaving[]): ReadonlySet<string> {
  const disks = decided.flatMap(({ seen }) => [...seen.facts.disks.values()]);
  return new Set(disks.filter(({ deletesSnapshots }) => deletesSnapshots).map(({ id }) => id));
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
  cloud: "tencent",
};
