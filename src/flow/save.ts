import { groupBy } from "../batch.js";
import type { Problem } from "../errors.js";
import type { SnapshotOutcome } from "../snapshots.js";
import { digestOf } from "./digest.js";
import { stricterSaving } from "./guard.js";
import { type InstanceLedger, lastOutcome, recordOf } from "./ledger.js";
import { stepOf } from "./plan.js";
import { closeRefused } from "./prepare.js";
import type { Wave } from "./wave.js";

/** Saves the disks of all members that need it and waits until every copy is proved. */
export async function save(wave: Wave): Promise<void> {
  const unsaved = wave.standing().filter((member) => stepOf(member.planned, "snapshot") && !isSaved(member));
  const sameOptions = groupBy(unsaved, (member) =>
    digestOf([stepOf(member.planned, "snapshot")?.options, member.attempt]),
  );
  for (const members of sameOptions.values()) await saveTogether(wave, members);
  await wave.giveBack();
}

/** How often an instance is saved anew in one run before it is left alone. */
const maxAttempts = 3;

/** Voids proofs that are too old by now, so that their disks are saved once more. */
export async function renewOldProofs(wave: Wave): Promise<void> {
  const { snapshot } = wave.session.policy;
  if ("skip" in snapshot) return;
  for (const member of wave.standing()) {
    const taken = member.proofs
      .filter(({ attempt }) => attempt === member.attempt)
      .map(({ pointInTime }) => Date.parse(pointInTime));
    const ageHours = (wave.session.clock.now() - Math.min(...taken)) / 3_600_000;
    if (taken.length > 0 && ageHours > snapshot.maxAgeHours)
      await saveAnew(wave, member, "its snapshots are too old by now");
  }
  await save(wave);
}

/** Voids the proofs of an instance. False: it was saved anew often enough. */
export async function saveAnew(wave: Wave, member: InstanceLedger, why: string): Promise<boolean> {
  if (member.attempt >= maxAttempts) return false;
  const { scope, id } = member;
  await wave.session.append({ type: "attempt", scope, instanceId: id, attempt: member.attempt + 1, why });
  return true;
}

function isSaved(member: InstanceLedger): boolean {
  const outcome = lastOutcome(member, "snapshot");
  if (outcome?.status === "nothing-to-snapshot") return true;
  return outcome?.status === "completed" && outcome.proofs.every((proof) => proof.attempt === member.attempt);
}

async function saveTogether(wave: Wave, members: readonly InstanceLedger[]): Promise<void> {
  const [first] = members;
  const step = first && stepOf(first.planned, "snapshot");
  if (!first || !step) return;
  const outcomes = await wave.perform(
    "snapshot",
    members,
    () =>
      wave.adapter.snapshot(
        members.map((member) => recordOf(member) ?? member.id),
        {
          ...stricterSaving(step.options, wave.session.options.guard?.snapshot),
          ...wave.forward("snapshot"),
          runId: wave.session.runId,
          attempt: first.attempt,
          wait: true,
        },
      ),
    (problem) =>
      members.map(({ id }): SnapshotOutcome => ({ status: "blocked", instanceId: id, effects: [], problem })),
  );
  await closeRefused(wave, outcomes.map(judged), ["completed", "nothing-to-snapshot"]);
}

/** A copy that is still being made at the deadline is no proof, so its instance stays. */
function judged(outcome: SnapshotOutcome): {
  readonly instanceId: string;
  readonly status: string;
  readonly problem?: Problem;
} {
  if (outcome.status === "pending") {
    const problem: Problem = {
      code: "timeout",
      message: `The snapshots of ${outcome.instanceId} were not complete within the step's time.`,
      hint: "They go on by themselves. Plan again with a longer `stepDeadlineMinutes`.",
      instanceIds: [outcome.instanceId],
    };
    return { instanceId: outcome.instanceId, status: "blocked", problem };
  }
  if (outcome.status === "not-found") {
    const problem: Problem = {
      code: "not-found",
      message: `${outcome.instanceId} was not there to be saved.`,
      hint: "Plan again: an instance that is gone needs no snapshot, but its absence has to be proved.",
      instanceIds: [outcome.instanceId],
    };
    return { instanceId: outcome.instanceId, status: "blocked", problem };
  }
  return outcome;
}
