import type { MutationIntent } from "../effects.js";
import type { Problem } from "../errors.js";
import { DecommissionError, problemOf } from "../errors.js";
import type { RunState } from "../events.js";
import type { Journal, JournalHead, JournalLock } from "./journal.js";
import { Ledger } from "./ledger.js";

/** Folds a journal. Throws `invalid-request` where no run was opened in it. */
export async function readLedger(
  journal: Journal,
  options: { readonly salvage?: boolean } = {},
): Promise<Ledger & Opened> {
  const ledger = new Ledger();
  for await (const record of journal.read(options)) ledger.add(record);
  if (isOpened(ledger)) return ledger;
  throw new DecommissionError({
    code: "invalid-request",
    message: "This journal holds no run.",
    hint: "Pass the journal that `executePlan` was given.",
  });
}

/** A ledger in which a run was opened. */
export interface Opened {
  readonly opened: NonNullable<Ledger["opened"]>;
}

function isOpened(ledger: Ledger): ledger is Ledger & Opened {
  return ledger.opened !== undefined;
}

/** How a run stands by its journal, read without the lock. `damage`: told from the valid prefix of a corrupt one. */
export type JournalStatus = RunState & {
  readonly runId: string;
  readonly journalId: string;
  readonly planDigest: string;
  readonly head: JournalHead;
  readonly lock?: JournalLock;
  /** Announced requests without a result. */
  readonly openIntents: readonly MutationIntent[];
  readonly damage?: Problem;
};

/** Reads how a run stands; `undefined` where none was opened. Answers from the valid prefix where the journal is corrupt. */
export async function readStatus(journal: Journal): Promise<JournalStatus | undefined> {
  const { ledger, damage } = await readAnyhow(journal);
  if (!ledger.opened) {
    if (damage) throw new DecommissionError(damage);
    return undefined;
  }
  const { runId, journalId, plan } = ledger.opened;
  const lock = await journal.lock().catch(() => undefined);
  return {
    ...(ledger.state ?? { status: "running" }),
    runId,
    journalId,
    planDigest: plan.digest,
    head: { seq: ledger.records, hash: ledger.head },
    ...(lock === undefined ? {} : { lock }),
    openIntents: ledger.openIntents().map(({ intent }) => intent),
    ...(damage === undefined ? {} : { damage }),
  };
}

async function readAnyhow(journal: Journal): Promise<{ readonly ledger: Ledger; readonly damage?: Problem }> {
  const whole = new Ledger();
  try {
    for await (const record of journal.read()) whole.add(record);
    return { ledger: whole };
  } catch (error) {
    const damage = problemOf(error);
    if (damage.code !== "journal-corrupt") throw error;
    const ledger = new Ledger();
    for await (const record of journal.read({ salvage: true })) ledger.add(record);
    return { ledger, damage };
  }
}
