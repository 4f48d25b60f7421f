import { isSighting } from "../../src/absence.js";
import { groupBy } from "../../src/batch.js";
import { checkDataDecision } from "../../src/data-gate.js";
import type { DependencyKind, DependencyRef } from "../../src/dependencies.js";
import { invalidRequest, type Problem, problemOf } from "../../src/errors.js";
import type { DependencyReleaseOutcome, ReleaseDependenciesOptions } from "../../src/reversal.js";
import { collapseTargets, foreignRecord } from "../../src/targets.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { instanceIdForm } from "./instances.js";
import { releaseAddresses } from "./release/address.js";
import { deleteDisks } from "./release/disk.js";
import { itemProblem, kept, type ReleaseContext, type Releaser } from "./release/item.js";
import { releaseFromScalingGroups } from "./release/scaling-group.js";
import { cancelSpotRequests } from "./release/spot.js";
import { releaseTargets } from "./release/targets.js";

/** How each kind is let go, in the order in which it has to be: traffic first, what cannot come back last. */
const releasers: Readonly<Partial<Record<DependencyKind, Releaser>>> = {
  "load-balancer-target": releaseTargets,
  "auto-scaling-group": releaseFromScalingGroups,
  "spot-request": cancelSpotRequests,
  "public-address": releaseAddresses,
  disk: deleteDisks,
};

/** Frees what holds instances, and later what they leave. */
export async function releaseDependencies(
  open: OpenAwsCall,
  given: readonly DependencyRef[],
  options: ReleaseDependenciesOptions = {},
): Promise<readonly DependencyReleaseOutcome[]> {
  const items = uniqueItems(given);
  checkOptions(options);
  if (items.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const context: ReleaseContext = { call, options, sightings: sightingsOf(call, options) };
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  const byKind = groupBy(items, ({ kind }) => kind);
  const known = Object.entries(releasers);
  for (const [kind, release] of known) {
    const mine = items.filter((item) => item.kind === kind);
    if (mine.length === 0) continue;
    for (const outcome of await guarded(context, release, mine, outcomes)) outcomes.set(outcome.item, outcome);
  }
  for (const [kind, others] of byKind) {
    if (!releasers[kind]) for (const item of others) outcomes.set(item, kept(item, unsupported(item)));
  }
  return items.map((item) => outcomes.get(item) ?? kept(item, unsupported(item)));
}

/** Once something was sent, nothing is thrown any more: the items of a kind that cannot be read are kept. */
async function guarded(
  context: ReleaseContext,
  release: Releaser,
  items: readonly DependencyRef[],
  before: ReadonlyMap<DependencyRef, DependencyReleaseOutcome>,
): Promise<readonly DependencyReleaseOutcome[]> {
  try {
    return await release(context, items);
  } catch (error) {
    const nothingSent = [...before.values()].every(({ effects }) => effects.length === 0);
    if (nothingSent) throw error;
    return items.map((item) => kept(item, problemOf(error)));
  }
}

function uniqueItems(given: readonly DependencyRef[]): readonly DependencyRef[] {
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

function sightingsOf({ scope }: AwsCall, { sightings = [] }: ReleaseDependenciesOptions) {
  const here = sightings.filter((record) => isSighting(record) && !foreignRecord(record, scope));
  return collapseTargets(here, instanceIdForm).sightings;
}

function unsupported(item: DependencyRef): Problem {
  const message = `There is no way to release a ${item.kind} from here.`;
  return itemProblem(item, "unsupported", message, `Known are ${Object.keys(releasers).join(", ")}.`);
}
