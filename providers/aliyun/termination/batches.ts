import { chunk, mapConcurrent } from "../../../src/batch.js";
import type { Problem, ProblemCode } from "../../../src/errors.js";
import type { AliyunCall } from "../call.js";
import { readStates } from "../instances.js";
import type { SeenInstance } from "../record.js";
import type { Verdict } from "../verdicts.js";
import { goneAmong } from "./gone.js";
import { type ReleaseWay, sendRelease } from "./release.js";

/** Codes by which one member can spoil a whole batch. With any other, sending a part again would fail alike. */
const spoiling: ReadonlySet<ProblemCode> = new Set([
  "access-denied",
  "dependency",
  "invalid-request",
  "locked",
  "not-found",
  "owned",
  "prepaid",
  "protected",
  "unexpected",
  "wrong-state",
]);

/**
 * Refusals in a row after which the search for the member that spoils a batch ends: halving a batch of 100 down to one
 * takes seven. So a single culprit is always found, and a batch where all are denied does not cost 200 requests.
 */
const longestSearch = 8;

/**
 * Refusals that pass by themselves: an order or a token that is still being processed, an instance between two states, a
 * load balancer that is being configured (error table of DeleteInstance; `LastTokenProcessing` follows a conversion).
 */
const passing: ReadonlySet<string | undefined> = new Set([
  "LastTokenProcessing",
  "LastOrderProcessing",
  "LastRequestProcessing",
  "IdempotentProcessing",
  "ProcessingSameRequest",
  "IncorrectInstanceStatus",
  "IncorrectInstanceStatus.Initializing",
  "OperationConflict",
  "DependencyViolation.SLBConfiguring",
]);
/** Milliseconds between two tries, and after which the last refusal stands. */
const retryMs = 10_000;
const patienceMs = 5 * 60_000;
const concurrency = 4;

/**
 * Releases the members of a batch. After a refusal those that stand are told apart: what is protected by now is left
 * alone, the others are sent again in halves, and one alone is waited for where its trouble passes by itself.
 */
export async function releaseBatch(
  call: AliyunCall,
  batch: readonly SeenInstance[],
  way: ReleaseWay,
): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  let refusalsInARow = 0;

  const attempt = async (piece: readonly SeenInstance[]): Promise<void> => {
    if (piece.length === 0) return;
    const answered = await sendRelease(call, piece, way);
    for (const [id, verdict] of answered) verdicts.set(id, verdict);
    const standing = piece.filter(({ record }) => answered.get(record.id)?.kind === "refused");
    refusalsInARow = standing.length === 0 ? 0 : refusalsInARow + 1;
    const problem = refusalIn(answered);
    if (!problem || !spoiling.has(problem.code)) return;
    if (piece.length === 1 || refusalsInARow >= longestSearch) {
      if (passing.has(problem.cloudCode)) await waitOut(call, standing, way, verdicts);
      return;
    }
    const left = await withoutProtected(call, standing, problem, verdicts);
    for (const half of chunk(left, Math.max(1, Math.ceil(left.length / 2)))) await attempt(half);
  };

  await attempt(batch);
  return verdicts;
}

function refusalIn(verdicts: ReadonlyMap<string, Verdict>): Problem | undefined {
  for (const verdict of verdicts.values()) if (verdict.kind === "refused") return verdict.problem;
  return undefined;
}

/** The members without those that are protected: each of them has its answer already. */
async function withoutProtected(
  call: AliyunCall,
  standing: readonly SeenInstance[],
  problem: Problem,
  verdicts: Map<string, Verdict>,
): Promise<readonly SeenInstance[]> {
  if (problem.code !== "protected") return standing;
  try {
    const { byId } = await readStates(
      call,
      standing.map(({ record }) => record.id),
    );
    const isProtected = ({ record }: SeenInstance) => byId.get(record.id)?.record.protection.termination === true;
    for (const { record } of standing.filter(isProtected)) verdicts.set(record.id, { kind: "refused", problem });
    return standing.filter((seen) => !isProtected(seen));
  } catch {
    // Requests have been sent, so nothing is thrown any more: those that stand are sent again as they are.
    return standing;
  }
}

/** Tries each again until its trouble has passed or its time is up. One that is gone meanwhile was on its way. */
async function waitOut(
  call: AliyunCall,
  members: readonly SeenInstance[],
  way: ReleaseWay,
  verdicts: Map<string, Verdict>,
): Promise<void> {
  await mapConcurrent(members, concurrency, async (seen) => {
    const { id } = seen.record;
    const until = call.requests.clock.now() + patienceMs;
    try {
      for (;;) {
        const verdict = verdicts.get(id);
        if (verdict?.kind !== "refused" || !passing.has(verdict.problem.cloudCode)) return;
        if (call.requests.clock.now() + retryMs > until) return;
        await call.requests.wait(retryMs);
        if ((await goneAmong(call, [id])).has(id)) return void verdicts.set(id, { kind: "accepted" });
        verdicts.set(id, (await sendRelease(call, [seen], way)).get(id) ?? verdict);
      }
    } catch {
      // The wait has ended; what was last said of it stands.
    }
  });
}
