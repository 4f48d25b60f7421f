import type { Money } from "../../common.js";
import type { CoverageLine, DependencyKind } from "../../dependencies.js";
import { DecommissionError } from "../../errors.js";
import type { Leftover } from "../../verification.js";
import { digestOf } from "../digest.js";
import type { Journal, JournalEntry, JournalRecord } from "../journal.js";
import { type InstanceLedger, type IntentState, Ledger, recordOf } from "../ledger.js";
import { runResult } from "../results.js";
import type { InstanceReceipt, PricedLeftover, Receipt, Redaction, TimelineEntry } from "./receipt.js";
import { redact } from "./redact.js";
import { tell } from "./timeline.js";

/** Options of `createReceipt`. */
export interface ReceiptOptions {
  /** Per kind and month, for the estimates: a disk's or snapshot's per GiB, anything else's per piece. Default: none. */
  readonly prices?: Readonly<Partial<Record<DependencyKind, Money>>>;
  /** What to mask. Default: nothing. */
  readonly redact?: readonly Redaction[];
}

/** Reads a receipt out of a journal. Throws `invalid-request` for a journal in which no run was opened. */
export async function createReceipt(journal: Journal, options: ReceiptOptions = {}): Promise<Receipt> {
  const ledger = new Ledger();
  const stories = new Map<InstanceLedger, TimelineEntry[]>();
  for await (const record of journal.read()) {
    ledger.add(record);
    for (const instance of concerned(ledger, record.entry)) addStory(stories, instance, record);
  }
  const { opened, startedAt, endedAt, consent } = ledger;
  if (!opened || startedAt === undefined) throw emptyJournal();
  const { instances: _results, ...run } = runResult(ledger, opened.runId, opened.journalId, opened.plan.digest);
  const head = await journal.head();
  const receipt: Receipt = {
    ...run,
    v: 1,
    kind: opened.plan.kind,
    reason: opened.plan.reason,
    ...(opened.plan.ticket === undefined ? {} : { ticket: opened.plan.ticket }),
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    approvals: consent?.approvedBy ?? [],
    required: consent?.required ?? 0,
    ...(opened.trust.solo === undefined ? {} : { solo: opened.trust.solo }),
    redacted: [],
    instances: instancesOf(ledger, stories),
    leftovers: leftoversOf(ledger, options.prices ?? {}),
    notChecked: notChecked(ledger),
    unsettled: ledger
      .doubtfulIntents()
      .filter((state) => isUnsettled(ledger, state))
      .map(({ intent }) => intent),
    journal: { records: ledger.records, head: ledger.head, signed: head?.signature !== undefined },
    erasure: "not attested by API",
  };
  return redact(receipt, options.redact ?? []);
}

/** Whether nobody knows what became of a request: none of its instances has been looked at since to an end. */
function isUnsettled(ledger: Ledger, { scope, intent }: IntentState): boolean {
  return intent.instanceIds.some((id) => {
    const instance = ledger.instance(scope, id);
    return !instance || instance.closed?.status === "unknown" || instance.unansweredKeys.has(intent.key);
  });
}

function instancesOf(
  ledger: Ledger,
  stories: ReadonlyMap<InstanceLedger, TimelineEntry[]>,
): readonly InstanceReceipt[] {
  const { instances: results } = runResult(ledger, "", "", "");
  return ledger.instances.flatMap((instance, index): readonly InstanceReceipt[] => {
    const result = results[index];
    if (!result) return [];
    const record = recordOf(instance);
    const { edges } = instance.planned;
    const lastCopyUntil = lastCopyOf(instance);
    return [
      {
        ...result,
        ...(record === undefined ? {} : { record }),
        dependencies: edges,
        ...(lastCopyUntil === undefined ? {} : { lastCopyUntil }),
        removedRules: instance.removedRules,
        timeline: stories.get(instance) ?? [],
      },
    ];
  });
}

/** The day the cloud removes the last copy by itself: of those that were made, or as planned while none was. */
function lastCopyOf({ proofs, planned }: InstanceLedger): string | undefined {
  if (proofs.length === 0) return planned.lastCopyUntil;
  if (proofs.some(({ expiresBy }) => expiresBy !== "cloud")) return undefined;
  return proofs
    .flatMap(({ expiresAt }) => expiresAt ?? [])
    .sort()
    .at(-1);
}

function concerned(ledger: Ledger, entry: JournalEntry): readonly InstanceLedger[] {
  const one = (id: string) =>
    "scope" in entry && entry.type !== "scope" ? (ledger.instance(entry.scope, id) ?? []) : [];
  switch (entry.type) {
    case "gate":
    case "attempt":
    case "closed":
      return [one(entry.instanceId)].flat();
    case "verdict":
      return [one(entry.verdict.instanceId)].flat();
    case "intent":
      return entry.intent.instanceIds.flatMap(one);
    case "outcome":
      if (entry.operation === "revert") return entry.outcome.effect.instanceIds.flatMap(one);
      return "instanceId" in entry.outcome ? [one(entry.outcome.instanceId)].flat() : [];
    default:
      return [];
  }
}

function addStory(
  stories: Map<InstanceLedger, TimelineEntry[]>,
  instance: InstanceLedger,
  { at, entry }: JournalRecord,
): void {
  const told = tell(entry);
  if (!told) return;
  const story = stories.get(instance);
  if (story) story.push({ at, ...told });
  else stories.set(instance, [{ at, ...told }]);
}

function notChecked(ledger: Ledger): readonly CoverageLine[] {
  const before = ledger.scopes.flatMap((scope) => scope.coverageGaps);
  const after = ledger.instances.flatMap((instance) => instance.verdict?.coverage ?? []);
  const lines = [...before, ...after].filter((line) => line.status !== "checked");
  return [...new Map(lines.map((line) => [digestOf(line), line])).values()];
}

/** What the verdicts found, each thing once. */
function leftoversOf(ledger: Ledger, prices: NonNullable<ReceiptOptions["prices"]>): readonly PricedLeftover[] {
  const found = new Map<string, PricedLeftover>();
  for (const { id, verdict } of ledger.instances) {
    for (const leftover of verdict?.leftovers ?? []) {
      const key = `${leftover.kind} ${leftover.id}`;
      if (!found.has(key)) found.set(key, { ...withEstimate(leftover, prices[leftover.kind]), instanceId: id });
    }
  }
  return [...found.values()];
}

function withEstimate(leftover: Leftover, price: Money | undefined): Leftover & { readonly monthlyEstimate?: Money } {
  const amount = Number(price?.amount) * (leftover.sizeGiB ?? 1);
  if (!price || leftover.billing === "none" || Number.isNaN(amount)) return leftover;
  return { ...leftover, monthlyEstimate: { amount: amount.toFixed(2), currency: price.currency } };
}

function emptyJournal(): DecommissionError {
  return new DecommissionError({
    code: "invalid-request",
    message: "This journal holds no run.",
    hint: "Pass the journal that `executePlan` was given.",
  });
}
