import { groupBy } from "../batch.js";
import type { QuarantineOutcome } from "../reversal.js";
import { digestOf } from "./digest.js";
import { longerQuarantine, stricterTermination } from "./guard.js";
import { type InstanceLedger, lastOutcome, recordOf } from "./ledger.js";
import { type StepOf, stepOf } from "./plan.js";
import type { GuardPolicy } from "./policy.js";
import { closeRefused } from "./prepare.js";
import { releaseOwnRules } from "./rules.js";
import type { Wave } from "./wave.js";

/** Stops or isolates the members whose plan says so. The hours pass in the seam, not here. */
export async function quarantine(wave: Wave): Promise<void> {
  const members = wave.standing().filter((member) => stepOf(member.planned, "quarantine") && !isQuarantined(member));
  // A stop gives an ephemeral address up for good: its rules must not wait for whoever gets it next.
  const losing = members.filter(
    (member) => stepOf(member.planned, "quarantine")?.options.mode === "stop" && hasEphemeral(member),
  );
  await releaseOwnRules(wave, losing, new Map());
  const open = members.filter((member) => !member.closed);
  const together = groupBy(open, (member) => keyOf(stepOf(member.planned, "quarantine")));
  for (const batch of together.values()) await quarantineTogether(wave, batch);
}

/** How long the hours of a member's quarantine are; 0 where it is in none. The executor's guard may ask for more. */
export function quarantineHours(member: InstanceLedger, guard: GuardPolicy | undefined): number {
  const step = stepOf(member.planned, "quarantine");
  if (!step || member.closed || !isQuarantined(member)) return 0;
  return longerQuarantine({ ...step.options, forHours: step.forHours }, guard).forHours;
}

function isQuarantined(member: InstanceLedger): boolean {
  return lastOutcome(member, "quarantine")?.status === "quarantined";
}

function hasEphemeral(member: InstanceLedger): boolean {
  return recordOf(member)?.publicAddresses.some(({ kind }) => kind === "ephemeral") ?? false;
}

function keyOf(step: StepOf<"quarantine"> | undefined): string {
  const { mode, reason, protection } = step?.options ?? {};
  return digestOf([mode, reason, typeof protection === "object" ? protection.reason : ""]);
}

async function quarantineTogether(wave: Wave, members: readonly InstanceLedger[]): Promise<void> {
  const steps = members.flatMap((member) => stepOf(member.planned, "quarantine")?.options ?? []);
  const [first] = steps;
  if (!first) return;
  const clears = steps.flatMap(({ protection }) => (typeof protection === "object" ? [protection] : []));
  const [clear] = clears;
  const wishes = stricterTermination(
    {
      protection: clear ? { clear: clears.flatMap((one) => one.clear), reason: clear.reason } : ("respect" as const),
      acceptDataLoss: steps.flatMap(({ acceptDataLoss }) => acceptDataLoss ?? []),
    },
    wave.session.options.guard?.terminate,
  );
  const outcomes = await wave.perform(
    "quarantine",
    members,
    () =>
      wave.adapter.quarantine(
        members.map((member) => recordOf(member) ?? member.id),
        { ...wave.forward("quarantine"), mode: first.mode, reason: first.reason, ...wishes, runId: wave.session.runId },
      ),
    (problem) =>
      members.map(({ id }): QuarantineOutcome => ({ status: "blocked", instanceId: id, effects: [], problem })),
  );
  // One that is not there any more goes on: its termination proves the absence.
  await closeRefused(wave, outcomes, ["quarantined", "not-found"]);
  await wave.giveBack();
}
