import { DecommissionError, type Problem, type ProblemCode } from "../../src/errors.js";
import type { AwsCall } from "./call.js";
import { type Protection, readProtection } from "./protection.js";
import type { SeenInstance } from "./record.js";

/** What became of one member of a batch. */
export type Verdict =
  | { readonly kind: "accepted"; readonly requestId?: string }
  /** Refused, and a re-read shows it unchanged. */
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "unsent"; readonly problem: Problem }
  | { readonly kind: "unclear"; readonly problem: Problem };

/** How one piece of a batch is sent: for real, or as the cloud's dry run. */
type Send = (batch: readonly SeenInstance[]) => Promise<ReadonlyMap<string, Verdict>>;

/** Codes by which one member can spoil a whole batch. With any other, sending a part again would fail alike. */
const spoiling: ReadonlySet<ProblemCode> = new Set([
  "access-denied",
  "dependency",
  "invalid-request",
  "not-found",
  "owned",
  "protected",
  "unexpected",
  "unsupported",
  "wrong-state",
]);

/**
 * Refusals in a row after which the search for the member that spoils a batch ends: halving a batch of 100 down to one
 * takes seven. So a single culprit is always found, and a batch where all are denied does not cost 200 requests.
 */
const longestSearch = 8;

/**
 * Sends a batch, and after a refusal finds out whom it is about: those that the text names, or those that are protected,
 * are dropped and the rest is sent again; where nobody is named, the batch is halved.
 */
export async function splitting(
  call: AwsCall,
  batch: readonly SeenInstance[],
  send: Send,
): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  let refusalsInARow = 0;
  let protectedRefusals = 0;

  const attempt = async (piece: readonly SeenInstance[]): Promise<void> => {
    if (piece.length === 0) return;
    const answered = await send(piece);
    for (const [id, verdict] of answered) verdicts.set(id, verdict);
    const standing = piece.filter(({ record }) => answered.get(record.id)?.kind === "refused");
    refusalsInARow = standing.length === 0 ? 0 : refusalsInARow + 1;
    const problem = problemOf(answered);
    if (standing.length < 1 || !problem || !spoiling.has(problem.code)) return;
    const culprits = await culpritsAmong(standing, problem);
    if (culprits.size > 0) {
      for (const [id, culprit] of culprits) verdicts.set(id, { kind: "refused", problem: culprit });
      return await attempt(standing.filter(({ record }) => !culprits.has(record.id)));
    }
    // Named and not standing any more: the rest was refused for it alone.
    if (standing.length < piece.length && namesAny(problem, piece)) return await attempt(standing);
    if (standing.length === 1 || refusalsInARow >= longestSearch) return;
    const half = Math.ceil(standing.length / 2);
    await attempt(standing.slice(0, half));
    await attempt(standing.slice(half));
  };

  /** The members a refusal is about: those it names, or, from the second protected one on, all that are protected. */
  const culpritsAmong = async (standing: readonly SeenInstance[], problem: Problem) => {
    const named = new Set(problem.instanceIds ?? []);
    const culprits = new Map(
      standing.filter(({ record }) => named.has(record.id)).map(({ record }) => [record.id, problem]),
    );
    if (problem.code !== "protected") return culprits;
    protectedRefusals += 1;
    if (culprits.size > 0 && protectedRefusals === 1) return culprits;
    for (const [id, { termination, stop }] of await protectionOf(call, standing)) {
      if (termination === true || stop === true)
        culprits.set(id, { ...problem, message: protectedMessage(id, stop === true) });
    }
    return culprits;
  };

  await attempt(batch);
  return verdicts;
}

function namesAny({ instanceIds = [] }: Problem, piece: readonly SeenInstance[]): boolean {
  return piece.some(({ record }) => instanceIds.includes(record.id));
}

async function protectionOf(call: AwsCall, standing: readonly SeenInstance[]) {
  try {
    return (await readProtection(call, standing)).byId;
  } catch {
    // Requests have been sent, so nothing is thrown any more: those that stand keep the problem they have.
    return new Map<string, Protection>();
  }
}

function protectedMessage(id: string, byStop: boolean): string {
  return `EC2 refused ${id}: ${byStop ? "stop" : "termination"} protection is on.`;
}

function problemOf(verdicts: ReadonlyMap<string, Verdict>): Problem | undefined {
  for (const verdict of verdicts.values()) if (verdict.kind === "refused") return verdict.problem;
  return undefined;
}

/** What a dry run was refused for; `undefined` when it would be allowed. Other trouble says nothing and is thrown. */
export async function refusalOf(attempt: () => Promise<unknown>): Promise<Problem | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (DecommissionError.isInstance(error) && spoiling.has(error.code)) return error.problem;
    throw error;
  }
}
