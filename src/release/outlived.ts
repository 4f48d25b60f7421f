import type { Call } from "../calls.js";
import type { MaybePromise } from "../common.js";
import { confirmByReading } from "../confirm.js";
import type { DependencyRef } from "../dependencies.js";
import type { Effect } from "../effects.js";
import type { Problem } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import { settleByReading } from "../poll.js";
import type { Mutation } from "../request-types.js";
import type { DependencyReleaseOutcome } from "../reversal.js";
import { answered, itemProblem, kept, type ReleaseContext, releaseEach, told } from "./item.js";

/** Things being let go at a time: clouds take one a request. */
const concurrency = 4;

/** How one cloud lets go of a kind of thing that outlives its instance. `Was` is what a sighting shows of it. */
export interface OutlivingKind<OneCall extends Call, Was, Now> {
  /** What readers call it: "the Elastic IP". */
  readonly noun: string;
  /** Why the instance of each item is not known to be gone; without an entry it is. */
  standing(
    context: ReleaseContext<OneCall>,
    items: readonly DependencyRef[],
  ): Promise<ReadonlyMap<DependencyRef, Problem>>;
  /** What a sighting of its instance shows of it. */
  was(record: InstanceRecord, id: string): Was | undefined;
  /** As it is now; `undefined` where it is gone, or on its way out. */
  readNow(call: OneCall, id: string): Promise<Now | undefined>;
  /** What keeps it as it is now. Asked once more as the request leaves, since that may have waited for its turn. */
  unfit(item: DependencyRef, now: Now, was: Was): Problem | undefined;
  /** What keeps it besides: what names it, or that nobody has decided about its data. */
  keptBecause(context: ReleaseContext<OneCall>, item: DependencyRef, was: Was): MaybePromise<Problem | undefined>;
  readonly effect: "address-released" | "disk-deleted";
  /** Why it cannot be taken back. */
  noWayBack(was: Was): string;
  request(id: string): Pick<Mutation, "service" | "action" | "parameters">;
  /** Refusals besides `not-found` that can mean that it is not ours any more. */
  isAway?(problem: Problem): boolean;
  /** Waits until what the cloud has accepted is done. */
  untilDone?(call: OneCall, id: string): Promise<void>;
}

/** Lets things go, each only once its instance is gone, if a sighting shows that it was the instance's and it is fit to go. */
export async function releaseOutlived<OneCall extends Call, Was, Now>(
  context: ReleaseContext<OneCall>,
  items: readonly DependencyRef[],
  kind: OutlivingKind<OneCall, Was, Now>,
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await kind.standing(context, items);
  return await releaseEach(context, items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await releaseOne(context, item, kind);
  });
}

async function releaseOne<OneCall extends Call, Was, Now>(
  context: ReleaseContext<OneCall>,
  item: DependencyRef,
  kind: OutlivingKind<OneCall, Was, Now>,
): Promise<DependencyReleaseOutcome> {
  const { call, options, sightings } = context;
  const record = sightings.get(item.instanceId);
  const was = record && kind.was(record, item.id);
  if (was === undefined) return kept(item, neverSeen(item, kind.noun));
  const now = await kind.readNow(call, item.id);
  if (!now) return told(item, "already-released");
  const problem = kind.unfit(item, now, was) ?? (await kind.keptBecause(context, item, was));
  if (problem) return kept(item, problem);
  if (options.dryRun) return told(item, "would-release");
  const effect: Effect = {
    ...call.scope,
    kind: kind.effect,
    resource: { kind: item.kind, id: item.id },
    instanceIds: [item.instanceId],
    undo: { impossible: kind.noWayBack(was) },
  };
  const isGone = async () => (await kind.readNow(call, item.id)) === undefined;
  const answer = await call.requests.mutate({
    ...kind.request(item.id),
    instanceIds: [item.instanceId],
    effects: [effect],
    justBefore: async () => {
      const last = await kind.readNow(call, item.id);
      return last ? kind.unfit(item, last, was) : goneAlready(item);
    },
    confirm: confirmByReading(call.requests, isGone),
  });
  if (answer.effect === "applied") await kind.untilDone?.(call, item.id);
  const away =
    answer.effect === "not-applied" && (answer.problem.code === "not-found" || kind.isAway?.(answer.problem));
  if (away && (await isGoneByNow(call, isGone))) return told(item, "already-released");
  return answered(item, answer, [effect]);
}

/** A refusal knows of the end before a list that lags, such as after a run was killed and goes on at once. */
async function isGoneByNow({ requests }: Call, isGone: () => Promise<boolean>): Promise<boolean> {
  try {
    const believeFrom = requests.clock.now() + requests.consistencyWindowMs;
    return (await settleByReading(requests, believeFrom, isGone)) === "applied";
  } catch {
    return false;
  }
}

function neverSeen(item: DependencyRef, noun: string): Problem {
  const message = `No sighting of ${item.instanceId} shows ${noun} ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the instance in `sightings`.");
}

function goneAlready(item: DependencyRef): Problem {
  return itemProblem(item, "not-found", `${item.id} is gone already.`, "Nothing is left to do.");
}

/**
 * Why nobody has decided about the data of a disk. A proof would have to follow its last detach (S14), which no cloud
 * shows: only a word that the data may be lost lets the disk go.
 */
export function undecidedData<OneCall extends Call>(
  { options }: ReleaseContext<OneCall>,
  item: DependencyRef,
): Problem | undefined {
  const { data, acceptDataLoss = [] } = options;
  if (data && "discard" in data) return undefined;
  if (acceptDataLoss.some(({ instanceId, diskId }) => instanceId === item.instanceId && diskId === item.id))
    return undefined;
  const message = `${item.id} can hold what was written after any copy taken while it was attached.`;
  const hint = "Name it in `acceptDataLoss`, or let it go with its instance by `dataDisks: { delete }`.";
  return itemProblem(item, "missing-snapshot-proof", message, hint);
}
