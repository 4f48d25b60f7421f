import { claimOf } from "../claim.js";
import type { Problem } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { RecoverableRef, RecoverOutcome } from "../reversal.js";
import { putBack } from "./give-back.js";
import { type InstanceLedger, lastOutcome } from "./ledger.js";
import { stepOf } from "./plan.js";
import type { InstanceStatus } from "./result.js";
import type { Wave } from "./wave.js";

/** Takes back what another run did to the members: first out of the bin, then everything else, the claim last. */
export async function undo(wave: Wave): Promise<void> {
  await refuseClaimed(wave);
  await recoverAll(wave);
  await revertPlanned(wave);
  for (const member of wave.open()) await wave.session.close(member, statusOf(member), problemIn(member));
}

async function refuseClaimed(wave: Wave): Promise<void> {
  const ids = wave.open().map(({ id }) => id);
  if (ids.length === 0) return;
  const seen = new Map<string, InstanceRecord>();
  const { deadlineMs, onEvent } = wave.session.readCall(wave.deadlineMs("revert"));
  for await (const record of wave.adapter.findInstances({ ids }, { deadlineMs, onEvent })) seen.set(record.id, record);
  for (const member of wave.open()) {
    const now = seen.get(member.id);
    const held = now && claimOf(now);
    if (!held || held.runId === wave.session.plan.about?.runId) continue;
    const message = `${member.id} is claimed by run ${held.runId} by now.`;
    await wave.session.close(member, "blocked", {
      code: "conflict",
      message,
      hint: "Undo that run first.",
      instanceIds: [member.id],
    });
  }
}

async function recoverAll(wave: Wave): Promise<void> {
  for (const member of wave.open()) {
    const step = stepOf(member.planned, "recover");
    if (!step || lastOutcome(member, "recover") !== undefined) continue;
    // One at a time: where recovery is a renewal it moves money, and each has a consent of its own.
    await wave.session.payInTurn(() =>
      wave.perform(
        "recover",
        [member],
        () =>
          wave.adapter.recover(step.items, {
            ...wave.forward("release"),
            ...(step.renew === undefined ? {} : { renew: step.renew }),
          }),
        (problem) => step.items.map((item: RecoverableRef): RecoverOutcome => ({ item, status: "blocked", problem })),
      ),
    );
  }
}

async function revertPlanned(wave: Wave): Promise<void> {
  const effects = wave.open().flatMap((member) => {
    const done = new Set(member.reverted.map(({ effect }) => JSON.stringify(effect)));
    const planned = stepOf(member.planned, "revert")?.effects ?? [];
    return planned.filter((effect) => !done.has(JSON.stringify(effect)));
  });
  const once = [...new Map(effects.map((effect) => [JSON.stringify(effect), effect])).values()];
  if (once.length === 0) return;
  if (wave.session.needsConsent) await wave.session.checkpoint();
  for (const outcome of await putBack(wave, once)) {
    await wave.session.append({ type: "outcome", operation: "revert", scope: wave.scope, outcome });
  }
}

function statusOf(member: InstanceLedger): InstanceStatus {
  const statuses = new Set(member.reverted.map(({ status }) => status));
  const recovered = lastOutcome(member, "recover")?.status;
  if (recovered === "blocked" || recovered === "failed" || recovered === "unknown") return recovered;
  if (statuses.has("unknown")) return "unknown";
  if (statuses.has("failed")) return "failed";
  if (statuses.has("not-restored")) return "not-restored";
  if (statuses.has("not-reverted")) return "not-reverted";
  return recovered === "recovered" ? "recovered" : "reverted";
}

function problemIn(member: InstanceLedger): Problem | undefined {
  const recovered = lastOutcome(member, "recover");
  if (recovered && "problem" in recovered) return recovered.problem;
  return member.reverted.flatMap((outcome) => ("problem" in outcome ? [outcome.problem] : []))[0];
}
