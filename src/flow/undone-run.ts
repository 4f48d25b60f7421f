import { DecommissionError, problemOf } from "../errors.js";
import { digestOf, runIdOf } from "./digest.js";
import type { OpenJournal } from "./journal.js";
import { effectsOf, Ledger } from "./ledger.js";
import { type Plan, plannedId } from "./plan.js";
import { needsApproval } from "./plan-undo.js";
import type { ExecuteOptions } from "./result.js";
import type { Session } from "./session.js";

/**
 * Whether an undo only gives back what the undone run's own journal records, so that nobody has to consent again.
 * Throws `plan-mismatch` where that journal is another, or has moved on since the undo was planned.
 */
export async function isFreeUndo(plan: Plan, options: ExecuteOptions): Promise<boolean> {
  if (plan.kind !== "undo" || !options.undoes || !plan.about) return false;
  const ledger = new Ledger();
  for await (const record of options.undoes.read({ salvage: true })) ledger.add(record);
  const { runId, journalId, journalHead } = plan.about;
  const head = ledger.spent?.byRunId === runIdOf(plan.digest) ? ledger.spent.afterHead : ledger.head;
  if (ledger.opened?.runId !== runId || ledger.opened.journalId !== journalId || head !== journalHead)
    throw movedOn(runId);
  return plan.scopes.every((scope) =>
    scope.instances.every((planned) => {
      const undone = ledger.instance(scope, plannedId(planned));
      const recorded = new Set((undone ? effectsOf(undone) : []).map(digestOf));
      return planned.steps.every(
        (step) =>
          !needsApproval(step, undone) &&
          (step.step !== "revert" || step.effects.every((effect) => recorded.has(digestOf(effect)))),
      );
    }),
  );
}

/** Spends the undone plan: its run never goes on. A journal that is corrupt goes on by itself no more. */
export async function spendUndone({ options, runId, journalId, plan }: Session): Promise<string> {
  if (plan.kind !== "undo" || !options.undoes) return "none";
  let journal: OpenJournal;
  try {
    journal = await options.undoes.open();
  } catch (error) {
    if (problemOf(error).code === "journal-corrupt") return "corrupt";
    throw error;
  }
  try {
    await journal.append({ type: "spent", byRunId: runId, byJournalId: journalId });
  } finally {
    await journal.close();
  }
  return "spent";
}

function movedOn(runId: string): DecommissionError {
  return new DecommissionError({
    code: "plan-mismatch",
    message: `The journal in \`undoes\` is not the one of ${runId} as it stood when the undo was planned.`,
    hint: "Plan the undo again from that run's journal.",
  });
}
