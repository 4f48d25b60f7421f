import { openDataGate } from "../../src/data-gate.js";
import { departedOutcomes } from "../../src/departed.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked, undetermined } from "../../src/outcomes.js";
import { collapseTargets } from "../../src/targets.js";
import type { TerminateOptions, TerminateOutcome } from "../../src/termination.js";
import { absenceReads } from "./absent.js";
import type { HuaweiCall, OpenHuaweiCall } from "./call.js";
import { instanceIdForm } from "./instances.js";
import { lookAt, seenIn } from "./look.js";
import { readOwners } from "./owners.js";
import { rereadProofs } from "./proofs.js";
import type { SeenInstance } from "./record.js";
import { blockerOf } from "./termination/blockers.js";
import { end } from "./termination/end.js";
import { type BinReading, readBin } from "./termination/fate.js";
import { recycledOutcome, unanswered } from "./termination/outcomes.js";
import { pathOf } from "./termination/path.js";
import type { Leaving, Outcomes } from "./termination/sending.js";
import { type Wishes, wishesOf } from "./termination/wishes.js";

/** Terminates servers, each the way its billing and state need. See the paths in `termination/path.ts`. */
export async function terminate(
  open: OpenHuaweiCall,
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
    const { id, state } = record;
    if (outcomes.has(id)) continue;
    if (state.unified === "terminating") outcomes.set(id, { status: "accepted", instanceId: id, effects: [] });
    if (state.unified === "recycled" && options.recycleBin !== "purge") {
      outcomes.set(id, recycledOutcome(id, record.recycled?.until, []));
    }
  }
  const alive = seenIn(look).filter(({ record }) => !outcomes.has(record.id));
  const bin = alive.length === 0 ? {} : await readBin(call);
  const leaving = await judge(call, alive, { wishes, bin, outcomes });
  if (options.dryRun) rehearse(leaving, outcomes);
  else await end({ call, open, wishes, bin, outcomes }, leaving);
  return asked.ids.map((id) => outcomes.get(id) ?? undetermined(id, unanswered));
}

/** What instances are judged by, and where what must stay is noted. */
interface Bench {
  readonly wishes: Wishes;
  readonly bin: BinReading;
  readonly outcomes: Outcomes;
}

/** Judges what is alive. What must stay gets its outcome; the rest leaves, each its own way. */
async function judge(
  call: HuaweiCall,
  alive: readonly SeenInstance[],
  { wishes, bin, outcomes }: Bench,
): Promise<readonly Leaving[]> {
  const { options } = wishes;
  const decided: Leaving[] = [];
  for (const seen of alive) {
    const decision = pathOf(seen, options, bin, call.requests.clock.now());
    if ("problem" in decision) outcomes.set(seen.record.id, blocked(seen.record.id, decision.problem));
    else decided.push({ seen, path: decision.path, effects: [] });
  }
  if (decided.length === 0) return [];
  const claimed = "proofs" in options.data ? options.data.proofs : [];
  const [owners, reread] = await Promise.all([
    readOwners(
      call,
      decided.map(({ seen }) => seen),
    ),
    rereadProofs(call, claimed),
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
  return decided.filter(({ seen, path }) => {
    const problem = blockerOf(seen, path, { wishes, owners, gate });
    if (problem) outcomes.set(seen.record.id, blocked(seen.record.id, problem));
    return !problem;
  });
}

/** Huawei Cloud has no dry run: what was read is all that can be shown. */
function rehearse(leaving: readonly Leaving[], outcomes: Map<string, TerminateOutcome>): void {
  for (const { seen, path } of leaving) {
    const { id } = seen.record;
    outcomes.set(id, {
      status: "would-terminate",
      instanceId: id,
      how: path,
      permissionChecked: false,
      effects: [],
    });
  }
}
