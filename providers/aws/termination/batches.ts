import type { Effect } from "../../../src/effects.js";
import { DecommissionError, type Problem, type ProblemCode } from "../../../src/errors.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { readStates } from "../instances.js";
import { type Protection, readProtection } from "../protection.js";
import type { SeenInstance } from "../record.js";

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
 * Ends the members of a batch of one zone. EC2 refuses all of a zone for one protected member, and everything for one
 * unknown id, naming the culprit in the text at best (EC2 API reference, TerminateInstances). So after a refusal the
 * named ones are dropped and the rest sent again; where nobody is named, the batch is halved.
 */
export async function endBatch(
  call: AwsCall,
  batch: readonly SeenInstance[],
  shutdown: "graceful" | "forced",
): Promise<ReadonlyMap<string, Verdict>> {
  return await splitting(call, batch, (piece) => sendTermination(call, piece, shutdown));
}

/** As {@link endBatch}, as EC2's dry run: it checks the permission alone, not the protection (EC2 API reference, DryRun). */
export async function tryBatch(call: AwsCall, batch: readonly SeenInstance[]): Promise<ReadonlyMap<string, Verdict>> {
  return await splitting(call, batch, (piece) => tryTermination(call, piece));
}

async function splitting(
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

async function protectionOf(call: AwsCall, standing: readonly SeenInstance[]) {
  try {
    return (await readProtection(call, standing)).byId;
  } catch {
    // Requests have been sent, so nothing is thrown any more: those that stand keep the problem they have.
    return new Map<string, Protection>();
  }
}

function protectedMessage(id: string, byStop: boolean): string {
  return `EC2 refused to terminate ${id}: ${byStop ? "stop" : "termination"} protection is on.`;
}

function problemOf(verdicts: ReadonlyMap<string, Verdict>): Problem | undefined {
  for (const verdict of verdicts.values()) if (verdict.kind === "refused") return verdict.problem;
  return undefined;
}

async function sendTermination(
  call: AwsCall,
  batch: readonly SeenInstance[],
  shutdown: "graceful" | "forced",
): Promise<ReadonlyMap<string, Verdict>> {
  const ids = batch.map(({ record }) => record.id);
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "TerminateInstances",
    // Only what is asked for is sent: both skip the guest's own shutdown and can lose what it has not written.
    parameters: { InstanceIds: ids, ...(shutdown === "forced" ? { Force: true, SkipOsShutdown: true } : {}) },
    instanceIds: ids,
    effects: ids.map((id) => terminationEffect(call, id)),
    // As good as a token: to end what is ending already succeeds and does nothing (EC2 API reference, TerminateInstances).
    token: true,
    cost: ids.length,
    partial: true,
    confirm: (lost) => confirmEnds(call, ids, lost),
  });
  return verdictsOf(ids, answer);
}

/** The effect of a termination. */
export function terminationEffect(call: AwsCall, id: string): Effect {
  return {
    ...call.scope,
    kind: "instance-terminated",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { impossible: "EC2 keeps nothing of a terminated instance." },
  };
}

function verdictsOf(ids: readonly string[], answer: MutationAnswer): ReadonlyMap<string, Verdict> {
  const { requestId } = answer;
  const accepted: Verdict = { kind: "accepted", ...(requestId === undefined ? {} : { requestId }) };
  const effects = new Map((answer.instances ?? []).map(({ instanceId, effect }) => [instanceId, effect]));
  const told =
    answer.effect === "applied" && "body" in answer && answer.body !== undefined ? endedIn(answer.body) : undefined;
  return new Map(
    ids.map((id): [string, Verdict] => {
      const effect = effects.get(id) ?? (told && !told.has(id) ? "unknown" : answer.effect);
      const problem = answer.problem ?? notMentioned(id);
      if (effect === "applied") return [id, accepted];
      if (effect === "unknown") return [id, { kind: "unclear", problem }];
      const unsent = answer.effect === "not-applied" && !answer.sent;
      return [id, { kind: unsent ? "unsent" : "refused", problem }];
    }),
  );
}

/** The instances a success says are ending. */
function endedIn(body: unknown): ReadonlySet<string> {
  try {
    const answer = new Wire(body, "TerminateInstances");
    return new Set(answer.list("TerminatingInstances").flatMap((row) => row.text("InstanceId") ?? []));
  } catch {
    return new Set();
  }
}

function notMentioned(id: string): Problem {
  return {
    code: "service",
    message: `EC2 took the request and does not mention ${id} in its answer.`,
    hint: "Ask `verifyDeleted` what became of it.",
    cloud: "aws",
  };
}

/** Codes of refusals before EC2 looked at any instance: nothing of the batch can have happened. */
const refusedWhole: ReadonlySet<ProblemCode> = new Set([
  "access-denied",
  "authentication",
  "invalid-request",
  "not-found",
  "throttled",
]);

/** Reads which members are ending, until all are or until one that is not can be believed. */
async function confirmEnds(call: AwsCall, ids: readonly string[], { problem, notBefore, refused }: LostAnswer) {
  const ending = new Set<string>();
  let listed: ReadonlySet<string> = new Set();
  const read = async () => {
    const { byId } = await readStates(call, ids);
    listed = new Set(byId.keys());
    for (const [id, { record }] of byId) {
      if (record.state.unified === "terminating" || record.state.unified === "gone") ending.add(id);
    }
    return ids.every((id) => ending.has(id));
  };
  const believeFrom = refused && refusedWhole.has(problem.code) ? call.requests.clock.now() : notBefore;
  await settleByReading(call.requests, believeFrom, read);
  // What is not listed at all may be gone or not: absence alone shows nothing.
  const effectOf = (id: string) => (ending.has(id) ? "applied" : listed.has(id) ? "not-applied" : "unknown");
  const instances = ids.map((instanceId) => ({ instanceId, effect: effectOf(instanceId) }) as const);
  const [first] = instances;
  const same = instances.every(({ effect }) => effect === first?.effect);
  return { effect: same && first ? first.effect : ("unknown" as const), instances };
}

async function tryTermination(call: AwsCall, batch: readonly SeenInstance[]): Promise<ReadonlyMap<string, Verdict>> {
  const ids = batch.map(({ record }) => record.id);
  const all = (verdict: Verdict) => new Map(ids.map((id) => [id, verdict]));
  const problem = await refusalOf(() =>
    call.requests.tryOut("ec2", "TerminateInstances", { InstanceIds: ids, DryRun: true }),
  );
  return all(problem ? { kind: "refused", problem } : { kind: "accepted" });
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
