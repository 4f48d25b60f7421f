import { chunk, groupBy, mapConcurrent } from "../../../src/batch.js";
import type { Problem } from "../../../src/errors.js";
import { refused } from "../../../src/outcomes.js";
import type { RefundQuote, TerminateOutcome, TerminationPath } from "../../../src/termination.js";
import type { AliyunCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { needsPreparation } from "./preparation.js";
import type { QuoteReading } from "./quotes.js";
import { dryRunProblem, tryRelease } from "./release.js";
import type { Wishes } from "./wishes.js";

/** Instances of one DeleteInstances. */
const batchSize = 100;
const concurrency = 4;

/** An instance that may go, and the way it would. */
interface Candidate {
  readonly seen: SeenInstance;
  readonly path: TerminationPath;
}

/**
 * What would become of instances. The cloud is asked by its dry runs where it has any, and those look at permission and
 * parameters alone; a refund, a timer, a renewal, a flag and a protection have none, so nothing shows that we may.
 */
export async function rehearse(
  call: AliyunCall,
  leaving: readonly Candidate[],
  { quotes }: QuoteReading,
  wishes: Wishes,
): Promise<readonly TerminateOutcome[]> {
  const denied = await deniedReleases(call, leaving, wishes);
  return await mapConcurrent(leaving, concurrency, async ({ seen, path }): Promise<TerminateOutcome> => {
    const { id } = seen.record;
    const problem = denied.get(id) ?? (path === "convert-and-release" ? await tryConversion(call, id) : undefined);
    if (problem) return refused(id, problem);
    const refund = quotes.get(id);
    return {
      status: "would-terminate",
      instanceId: id,
      how: path,
      ...(refund === undefined ? {} : { refund: noted(refund, path) }),
      permissionChecked: isReleased(path) && !needsPreparation(seen, wishes),
      effects: [],
    };
  });
}

/** The paths that end with a DeleteInstances. */
function isReleased(path: TerminationPath): boolean {
  return path === "release" || path === "release-expired" || path === "convert-and-release";
}

async function deniedReleases(
  call: AliyunCall,
  leaving: readonly Candidate[],
  { options }: Wishes,
): Promise<ReadonlyMap<string, Problem>> {
  const denied = new Map<string, Problem>();
  const released = leaving.filter(({ path }) => isReleased(path));
  const batches = [...groupBy(released, ({ path }) => path === "release-expired")].flatMap(([expired, members]) =>
    chunk(members, batchSize).map((batch) => ({ expired, batch: batch.map(({ seen }) => seen) })),
  );
  const ask = async (batch: readonly SeenInstance[], expired: boolean): Promise<void> => {
    const problem = await tryRelease(call, batch, { forced: options.shutdown === "forced", expired });
    const [only, ...others] = batch;
    if (!problem || !only) return;
    if (others.length === 0) denied.set(only.record.id, problem);
    // One of them can be refused for all: a policy may name resources.
    else for (const seen of batch) await ask([seen], expired);
  };
  await mapConcurrent(batches, concurrency, ({ expired, batch }) => ask(batch, expired));
  return denied;
}

async function tryConversion(call: AliyunCall, id: string): Promise<Problem | undefined> {
  const parameters = { InstanceIds: JSON.stringify([id]), InstanceChargeType: "PostPaid" };
  return await dryRunProblem(call, "ModifyInstanceChargeType", parameters);
}

function noted(quote: RefundQuote, path: TerminationPath): RefundQuote {
  if (path === "unsubscribe") return quote;
  return { ...quote, note: "What a refund would bring. A conversion gives back by its own rules: an estimate." };
}
