import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import type { TencentCall } from "../call.js";
import { readStates, type SeenInstances } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { expiresSoon } from "./path.js";

/** What one TerminateInstances call means for its members: the cloud has one word for all of them. */
export type Stage = "release" | "return" | "purge";

/** What became of one member of a batch. */
export type Verdict =
  | { readonly kind: "accepted"; readonly requestId?: string }
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "unsent"; readonly problem: Problem }
  | { readonly kind: "unclear"; readonly problem: Problem };

/**
 * Sends one TerminateInstances for members that all mean the same stage. State is read again right before it leaves: the
 * same call destroys what a first one only returned ("TerminateInstances", cvm 2017-03-12). Where an answer is lost it is
 * never sent again, whatever a read says: only a member that reads as ended is believed.
 */
export async function sendStage(
  call: TencentCall,
  batch: readonly SeenInstance[],
  stage: Stage,
): Promise<ReadonlyMap<string, Verdict>> {
  const ids = batch.map(({ record }) => record.id);
  const self = {};
  const answer = await call.requests.mutate({
    service: "cvm",
    action: "TerminateInstances",
    // Both batch-wide flags are always sent as keep: addresses and prepaid disks go afterwards, by id.
    parameters: { InstanceIds: ids, ReleaseAddress: false, ReleasePrepaidDataDisks: false },
    instanceIds: ids,
    effects: ids.map((id) => stageEffect(call, id, stage)),
    justBefore: () => fitAndNoted(call, batch, stage, self),
    partial: true,
    confirm: (lost) => confirmStage(call, ids, stage, lost),
  });
  const verdicts = verdictsOf(ids, answer);
  for (const [id, { kind }] of verdicts) {
    if (stage === "return" && (kind === "refused" || kind === "unsent")) call.returns.forget(id, self);
  }
  return verdicts;
}

/** The effect of one stage. */
export function stageEffect(call: TencentCall, id: string, stage: Stage): Effect {
  const kind = stage === "purge" ? "instance-purged" : "instance-terminated";
  const base = { ...call.scope, kind, resource: { kind: "instance", id }, instanceIds: [id] } as const;
  if (stage !== "return") return { ...base, undo: { impossible: "CVM keeps nothing of a destroyed instance." } };
  const item = { ...call.scope, kind: "instance", id, instanceId: id } as const;
  return { ...base, undo: { action: "recover", item, costsMoney: true } };
}

/** States in which a stage may be sent, in the cloud's words: a rescue counts as stopped, and takes no termination. */
const fitStates: Readonly<Record<Stage, ReadonlySet<string>>> = {
  release: new Set(["RUNNING", "STOPPED"]),
  return: new Set(["RUNNING", "STOPPED"]),
  purge: new Set(["SHUTDOWN"]),
};

/** The last look; what passes it is noted as sent, since from here on nobody can tell whether it was. */
async function fitAndNoted(
  call: TencentCall,
  batch: readonly SeenInstance[],
  stage: Stage,
  self: object,
): Promise<Problem | undefined> {
  const problem = await unfit(call, batch, stage);
  if (problem || stage !== "return") return problem;
  // Asked after the look, with nothing awaited before the note: another call may have looked at the same moment.
  const now = call.requests.clock.now();
  const sent = batch.find(({ record }) => call.returns.isSent(record.id, self, now));
  if (sent) return sentBefore(sent.record.id);
  for (const { record } of batch) call.returns.note(record.id, self, now);
  return undefined;
}

function sentBefore(id: string): Problem {
  return {
    code: "wrong-state",
    message: `${id} was returned a while ago, and the same request would destroy it.`,
    hint: "Look whether it is in the recycle bin; where it is not after an hour, decide anew.",
    cloud: "tencent",
    instanceIds: [id],
  };
}

/** S05: how old the last look may be when the request leaves, counted from when it was asked for. */
const freshMs = 5_000;
const mostLooks = 3;

/** What is there now; `undefined` where no answer came fast enough to still be true. */
async function lookNow(call: TencentCall, ids: readonly string[]): Promise<SeenInstances["byId"] | undefined> {
  for (let looks = 0; looks < mostLooks; looks++) {
    const askedAt = call.requests.clock.now();
    const { byId } = await readStates(call, ids);
    if (call.requests.clock.now() - askedAt <= freshMs) return byId;
  }
  return undefined;
}

/** S05: the last look, seconds before sending. Any member that is not as judged keeps the whole batch back. */
async function unfit(call: TencentCall, batch: readonly SeenInstance[], stage: Stage): Promise<Problem | undefined> {
  const ids = batch.map(({ record }) => record.id);
  const byId = await lookNow(call, ids);
  if (!byId) return tooSlow(ids);
  for (const { record, facts } of batch) {
    const now = byId.get(record.id);
    const as = now?.record.state.raw ?? "not listed";
    const operating = now?.facts.operationState === "OPERATING";
    const sameBilling = now?.facts.chargeType === facts.chargeType;
    const isFit = now && fitStates[stage].has(as) && !operating && sameBilling;
    if (isFit && !(stage === "return" && mayHaveEnded(now, call.requests.clock.now()))) continue;
    return {
      code: "wrong-state",
      message: `${record.id} changed right before the request: it is ${as}${operating ? ", with an operation under way" : ""}.`,
      hint: "Look at it again, then decide anew: the same request means something else in another state.",
      cloud: "tencent",
      instanceIds: [record.id],
    };
  }
  return undefined;
}

function tooSlow(ids: readonly string[]): Problem {
  return {
    code: "timeout",
    message: `The last look at ${ids.join(", ")} took so long that it may not be true any more.`,
    hint: "Nothing was sent. Try again when the cloud answers faster.",
    cloud: "tencent",
    instanceIds: ids,
  };
}

/** Whether it could be in the bin by the time a return arrives, which would then destroy it. The request may have queued. */
function mayHaveEnded(seen: SeenInstance, now: number): boolean {
  return isReturned(seen) || expiresSoon(seen, now);
}

/**
 * Whether the cloud has taken a return already, though the state does not show it yet. A failed one, and one that a
 * renewal has followed, is over.
 */
function isReturned({ facts }: SeenInstance): boolean {
  return facts.operation === "TerminateInstances" && facts.operationState !== "FAILED";
}

/** Whether a state shows that a stage was carried out. */
function isDone(stage: Stage, state: string | undefined): boolean {
  if (state === undefined) return stage !== "return";
  return state === "terminating" || (state === "recycled" && stage !== "purge");
}

/** Reads which members ended. A refusal that a settled read confirms stands; a lost answer is never called "nothing". */
async function confirmStage(
  call: TencentCall,
  ids: readonly string[],
  stage: Stage,
  { notBefore, refused }: LostAnswer,
) {
  const ended = new Set<string>();
  const look = async () => {
    const { byId } = await readStates(call, ids);
    for (const id of ids) if (isDone(stage, byId.get(id)?.record.state.unified)) ended.add(id);
    return ended.size === ids.length;
  };
  const whole = await settleByReading(call.requests, notBefore, look);
  if (whole === "applied") return { effect: "applied" as const };
  const rest = refused ? ("not-applied" as const) : ("unknown" as const);
  const instances = ids.map((instanceId) => ({
    instanceId,
    effect: ended.has(instanceId) ? ("applied" as const) : rest,
  }));
  return { effect: ended.size === 0 ? rest : ("unknown" as const), instances };
}

function verdictsOf(ids: readonly string[], answer: MutationAnswer): ReadonlyMap<string, Verdict> {
  const { requestId } = answer;
  const accepted: Verdict = { kind: "accepted", ...(requestId === undefined ? {} : { requestId }) };
  const effects = new Map((answer.instances ?? []).map(({ instanceId, effect }) => [instanceId, effect]));
  return new Map(
    ids.map((id): [string, Verdict] => {
      const effect = effects.get(id) ?? answer.effect;
      if (effect === "applied" || !answer.problem) return [id, accepted];
      const { problem } = answer;
      if (effect === "unknown") return [id, { kind: "unclear", problem }];
      const unsent = answer.effect === "not-applied" && !answer.sent;
      return [id, { kind: unsent && problem.code !== "wrong-state" ? "unsent" : "refused", problem }];
    }),
  );
}
