import type { Money } from "../../common.js";
import type { CoverageLine, DependencyKind } from "../../dependencies.js";
import { DecommissionError } from "../../errors.js";
import type { Leftover } from "../../verification.js";
import { digestOf } from "../digest.js";
import type { Journal, JournalEntry, JournalRecord } from "../journal.js";
import { type InstanceLedger, Ledger, recordOf } from "../ledger.js";
import { runResult } from "../results.js";
import type { InstanceReceipt, Receipt, TimelineEntry } from "./receipt.js";
import { tell } from "./timeline.js";

/** Options of `createReceipt`. */
export interface ReceiptOptions {
  /** Per kind and month, for the estimates. Default: none. */
  readonly prices?: Readonly<Partial<Record<DependencyKind, Money>>>;
}

/** Reads a receipt out of a journal. Throws `invalid-request` for a journal in which no run was opened. */
export async function createReceipt(journal: Journal, options: ReceiptOptions = {}): Promise<Receipt> {
  const ledger = new Ledger();
  const stories = new Map<InstanceLedger, TimelineEntry[]>();
  for await (const record of journal.read()) {
    ledger.add(record);
    for (const instance of concerned(ledger, record.entry)) addStory(stories, instance, record);
  }
  const { opened, startedAt, endedAt } = ledger;
  if (!opened || startedAt === undefined) throw emptyJournal();
  const { instances: results, ...run } = runResult(ledger, opened.runId, opened.journalId, opened.plan.digest);
  const leftovers = ledger.instances.flatMap((instance) => instance.verdict?.leftovers ?? []);
  return {
    ...run,
    v: 1,
    kind: opened.plan.kind,
    reason: opened.plan.reason,
    ...(opened.plan.ticket === undefined ? {} : { ticket: opened.plan.ticket }),
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    instances: ledger.instances.flatMap((instance, index): readonly InstanceReceipt[] => {
      const result = results[index];
      const record = recordOf(instance);
      const { lastCopyUntil } = instance.planned;
      if (!result) return [];
      return [
        {
          ...result,
          ...(record === undefined ? {} : { record }),
          ...(lastCopyUntil === undefined ? {} : { lastCopyUntil }),
          removedRules: instance.removedRules,
          timeline: stories.get(instance) ?? [],
        },
      ];
    }),
    leftovers: onceEach(leftovers).map((leftover) => withEstimate(leftover, options.prices?.[leftover.kind])),
    notChecked: notChecked(ledger),
    unsettled: [...ledger.intents.values()]
      .filter(({ result }) => (result?.effect ?? "unknown") === "unknown")
      .map(({ intent }) => intent),
    journal: { records: ledger.records, head: ledger.head },
    erasure: "not attested by API",
  };
}

function concerned(ledger: Ledger, entry: JournalEntry): readonly InstanceLedger[] {
  const one = (id: string) =>
    "scope" in entry && entry.type !== "scope" ? (ledger.instance(entry.scope, id) ?? []) : [];
  switch (entry.type) {
    case "gate":
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
  if (told) stories.set(instance, [...(stories.get(instance) ?? []), { at, ...told }]);
}

function notChecked(ledger: Ledger): readonly CoverageLine[] {
  const before = ledger.scopes.flatMap((scope) => scope.coverageGaps);
  const after = ledger.instances.flatMap((instance) => instance.verdict?.coverage ?? []);
  return onceEach([...before, ...after].filter((line) => line.status !== "checked"));
}

function onceEach<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [digestOf(item), item])).values()];
}

/** A disk's price is per GiB and month, anything else's per piece and month. */
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
