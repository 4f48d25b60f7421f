import { groupBy } from "../batch.js";
import type { CostlyMutation, RepeatEffect } from "../capabilities.js";
import type { Problem } from "../errors.js";
import { problemOf } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { DataDecision, TerminateOutcome, TerminationPath, TerminationSettings } from "../termination.js";
import type { DeletionVerdict } from "../verification.js";
import { digestOf } from "./digest.js";
import { rehearseTermination } from "./dry-runs.js";
import { type GateReading, passGate, rehearsalProblem } from "./gate.js";
import { stricterTermination } from "./guard.js";
import { hasEnded, type InstanceLedger, lastOutcome, recordOf } from "./ledger.js";
import { stepOf } from "./plan.js";
import { closeRefused, releaseBefore } from "./prepare.js";
import { releaseOwnRules, withOwnRules } from "./rules.js";
import { renewOldProofs } from "./save.js";
import { staleProblem } from "./session.js";
import { settleIntents, type Wave } from "./wave.js";

/** How often evidence that grew old in the queue is read again before its instances are left alone. */
const maxGates = 5;

/** Final gate, what cannot be taken back, rules, termination. Evidence that grew old on the way is read again. */
export async function end(wave: Wave): Promise<void> {
  await settleLost(wave);
  for (let round = 0; round < maxGates && wave.standing().length > 0; round++) {
    await renewOldProofs(wave);
    const reading = await passGate(wave);
    if (!reading) return;
    const passed = () => wave.standing().filter(({ id }) => reading.passed.has(id));
    await releaseBefore(wave, "gated", passed());
    await releaseOwnRules(wave, withOwnRules(passed(), reading.report), reading.records);
    await terminateAll(wave, passed(), reading);
    await settleLost(wave);
    await wave.giveBack();
  }
  for (const member of wave.standing()) await wave.session.close(member, "blocked", neverFresh(member));
  await wave.giveBack();
}

function neverFresh({ id }: InstanceLedger): Problem {
  return {
    code: "budget-exhausted",
    message: `What ${id} was judged by grew old ${maxGates} times before its termination could leave.`,
    hint: "What was done to it is given back. Plan smaller waves, or raise `limits` where the account allows more.",
    instanceIds: [id],
  };
}

function targetsOf(members: readonly InstanceLedger[], records: ReadonlyMap<string, InstanceRecord>) {
  return members.map((member) => records.get(member.id) ?? recordOf(member) ?? member.id);
}

const moneyPaths: ReadonlySet<TerminationPath> = new Set(["unsubscribe", "convert-and-release"]);

async function terminateAll(wave: Wave, members: readonly InstanceLedger[], reading: GateReading): Promise<void> {
  // Accounts have quotas on refunds, and each quote is read right before it: these go one by one.
  const alone = members.filter((member) => movesMoney(member));
  const together = members.filter((member) => !movesMoney(member));
  for (const batch of groupBy(together, sharedOptions).values()) await terminateTogether(wave, batch, reading);
  for (const member of alone) {
    await wave.session.payInTurn(async () => {
      if (await quoteHolds(wave, member)) await terminateTogether(wave, [member], reading);
    });
  }
}

/** Reads the quote right before each refund: the one before it may have used up what the account allows. */
async function quoteHolds(wave: Wave, member: InstanceLedger): Promise<boolean> {
  const { session, adapter } = wave;
  const record = recordOf(member);
  if (!record) return true;
  const { policy } = session;
  const rehearsals = await rehearseTermination(adapter, [record], policy, session.readCall(wave.deadlineMs("gate")));
  const problem = rehearsalProblem(member, rehearsals.get(member.id), policy.terminate.minimumRefund);
  if (!problem) return true;
  await session.close(member, problem.code === "drifted" ? "drifted" : "blocked", problem);
  return false;
}

function movesMoney(member: InstanceLedger): boolean {
  const how = stepOf(member.planned, "terminate")?.how;
  return member.planned.refund !== undefined || (how !== undefined && moneyPaths.has(how));
}

/** Members with the same key fit one call: what names instances and disks is put together, all else is equal. */
function sharedOptions(member: InstanceLedger): string {
  const step = stepOf(member.planned, "terminate");
  if (!step) return "";
  const { protection, dataDisks, acceptDataLoss: _consents, ...others } = step.options;
  return digestOf([others, typeof protection === "object" ? protection.reason : "", dataDisks === "keep", step.data]);
}

async function terminateTogether(wave: Wave, members: readonly InstanceLedger[], reading: GateReading): Promise<void> {
  const outcomes = await wave.perform(
    "terminate",
    members,
    async () =>
      wave.adapter.terminate(targetsOf(members, reading.records), {
        ...mergedSettings(members, wave.session.options.guard?.terminate),
        data: mergedData(members),
        ...wave.forward("terminate", reading.evidence),
      }),
    (problem) =>
      members.map(({ id }): TerminateOutcome => ({ status: "blocked", instanceId: id, effects: [], problem })),
  );
  const final = outcomes.filter((outcome) => !isStale(outcome) && outcome.status !== "unknown");
  await closeRefused(wave, final, ["accepted", "recycled", "already-gone", "scheduled"]);
}

/** Never sent, since its evidence had grown old. */
function isStale(outcome: TerminateOutcome): boolean {
  return outcome.status === "blocked" && outcome.problem.message === staleProblem.message;
}

function mergedSettings(
  members: readonly InstanceLedger[],
  guard: TerminationSettings | undefined,
): TerminationSettings {
  const steps = members.flatMap((member) => stepOf(member.planned, "terminate") ?? []);
  const settings = steps.map((step) => step.options);
  const clears = settings.flatMap(({ protection }) => (typeof protection === "object" ? [protection] : []));
  const deletes = settings.flatMap(({ dataDisks }) => (typeof dataDisks === "object" ? dataDisks.delete : []));
  const [first = {}] = settings;
  const [clear] = clears;
  const merged: TerminationSettings = {
    ...first,
    protection: clear ? { clear: clears.flatMap((one) => one.clear), reason: clear.reason } : "respect",
    // The gate has just read it for each; the cloud refuses by itself what was protected since.
    protectionCheck: clear ? (first.protectionCheck ?? "before") : "by-cloud",
    dataDisks: first.dataDisks === "keep" ? "keep" : deletes.length > 0 ? { delete: deletes } : "as-flagged",
    acceptDataLoss: settings.flatMap(({ acceptDataLoss }) => acceptDataLoss ?? []),
  };
  return stricterTermination(merged, guard);
}

function mergedData(members: readonly InstanceLedger[]): DataDecision {
  const [first] = members;
  const data = first && stepOf(first.planned, "terminate")?.data;
  if (data !== undefined && data !== "run-proofs") return data;
  return { proofs: members.flatMap((member) => member.proofs.filter((proof) => proof.attempt === member.attempt)) };
}

/** Looks at what became of terminations whose answer was lost. Those that must not be repeated are never sent again. */
async function settleLost(wave: Wave): Promise<void> {
  const lost = wave.standing().filter((member) => isLost(wave, member));
  if (lost.length === 0) return;
  await settleIntents(wave.session, lost);
  const verdicts = await lookAt(wave, lost);
  for (const [index, member] of lost.entries()) {
    const verdict = verdicts[index];
    const outcome = verdict && outcomeOf(verdict, member);
    if (outcome) {
      await wave.session.append({ type: "outcome", operation: "terminate", scope: wave.scope, outcome });
    } else if (lastOutcome(member, "terminate") !== undefined || mustNotRepeat(wave, member)) {
      await wave.session.close(member, "unknown", lostProblem(member));
    }
  }
  await wave.giveBack();
}

function isLost(wave: Wave, member: InstanceLedger): boolean {
  const outcome = lastOutcome(member, "terminate");
  if (outcome) return outcome.status === "unknown";
  const announced = member.intentKeys.flatMap((key) => wave.session.ledger.intents.get(key) ?? []);
  return announced.some(
    ({ intent, result }) =>
      intent.effects.some(({ kind, instanceIds }) => endingKinds.has(kind) && instanceIds.includes(member.id)) &&
      (result?.instances?.find(({ instanceId }) => instanceId === member.id)?.effect ?? result?.effect ?? "unknown") !==
        "not-applied",
  );
}

const endingKinds: ReadonlySet<string> = new Set(["instance-terminated", "instance-purged", "billing-converted"]);

async function lookAt(wave: Wave, members: readonly InstanceLedger[]): Promise<readonly DeletionVerdict[]> {
  try {
    const targets = members.map((member) => recordOf(member) ?? member.id);
    return await wave.adapter.verifyDeleted(targets, {
      ...wave.session.readCall(wave.deadlineMs("verify")),
      until: "accepted",
    });
  } catch (error) {
    wave.session.emit({ type: "warning", scope: wave.scope, problem: problemOf(error) });
    return [];
  }
}

/** What a look at the world says about a request whose answer was lost; `undefined` while it shows nothing. */
function outcomeOf(verdict: DeletionVerdict, member: InstanceLedger): TerminateOutcome | undefined {
  const base = { instanceId: member.id, effects: [...member.carried, ...member.announced] };
  switch (verdict.status) {
    case "deleted":
    case "terminating":
      return { ...base, status: "accepted" };
    case "recycled":
      return { ...base, status: "recycled", recoverableUntil: verdict.recoverableUntil, restore: "Use `recover`." };
    case "scheduled":
      return { ...base, status: "scheduled", at: verdict.at, bypassesBin: "unknown" };
    case "alive":
    case "unproven":
      return undefined;
  }
}

const mutationsOf: Readonly<Record<TerminationPath, readonly CostlyMutation[]>> = {
  release: ["terminate"],
  recycle: ["terminate"],
  purge: ["terminate", "purge"],
  unsubscribe: ["unsubscribe"],
  "convert-and-release": ["convert", "terminate"],
  "let-expire": [],
  "release-expired": ["terminate"],
  schedule: [],
};

function mustNotRepeat(wave: Wave, member: InstanceLedger): boolean {
  const how = stepOf(member.planned, "terminate")?.how ?? "release";
  const billing = recordOf(member)?.billing.unified ?? "unknown";
  return mutationsOf[how].some((mutation) => {
    const repeat = wave.adapter.capabilities.repeat[mutation];
    const effects: readonly RepeatEffect[] =
      typeof repeat === "string" ? [repeat] : billing === "unknown" ? Object.values(repeat) : [repeat[billing]];
    return effects.some((effect) => effect === "destroys" || effect === "refunds-twice");
  });
}

function lostProblem(member: InstanceLedger): Problem {
  return {
    code: "timeout",
    message: `Whether the termination of ${member.id} took effect could not be found out.`,
    hint: "It is not sent again in this run. Look at the server, then make a new plan.",
    instanceIds: [member.id],
  };
}

/** The members the cloud was told to end. */
export function endedMembers(wave: Wave): readonly InstanceLedger[] {
  return wave.open().filter(hasEnded);
}
