import { groupBy } from "../../batch.js";
import type { Money } from "../../common.js";
import type { InstanceReceipt, Receipt } from "./receipt.js";
import type { Language } from "./words.js";

/** A table of a receipt. The cells are plain text as the cloud or we wrote it: whoever renders escapes. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
/** A part of a receipt: a table, or the sentence that stands for an empty one. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly table: Table;
  readonly empty: string;
  readonly notes: readonly string[];
}
/** A receipt in one language, before it takes a form. */
export interface ReceiptView {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly counts: readonly (readonly [label: string, count: number, status: string])[];
  readonly sections: readonly Section[];
  readonly closing: readonly string[];
}

/** Puts a receipt into words. */
export function viewOf(receipt: Receipt, language: Language): ReceiptView {
  const { words, term, fill } = language;
  const statuses = groupBy(receipt.instances, (instance) => instance.status);
  const signature = receipt.journal.signed ? words.signed : words.unsigned;
  const records = fill(words.records, { count: receipt.journal.records, head: receipt.journal.head });
  const masked = receipt.redacted.map(term).join(", ");
  return {
    title: { decommission: words.title, undo: words.undoTitle, "follow-up": words.followUpTitle }[receipt.kind],
    facts: factsOf(receipt, language),
    counts: [...statuses].map(([status, members]) => [term(status), members.length, status] as const),
    sections: [
      instancesSection(receipt, language),
      approvalsSection(receipt, language),
      proofsSection(receipt, language),
      rulesSection(receipt, language),
      leftoversSection(receipt, language),
      standingSection(receipt, language),
      notCheckedSection(receipt, language),
      unsettledSection(receipt, language),
    ],
    closing: [
      words.erasure,
      `${words.journal}: ${records} (${signature})`,
      ...(masked === "" ? [] : [fill(words.redacted, { what: masked })]),
    ],
  };
}

/** When a story's instance can come back until, in words. */
export function wayBack(instance: InstanceReceipt, { words }: Language): string {
  const { verdict } = instance;
  if (verdict?.status !== "recycled") return "";
  return verdict.recoverableUntil.basis === "unknown" ? words.unknown : verdict.recoverableUntil.at;
}

/** Where an instance lived. */
export function placeOf(instance: InstanceReceipt): string {
  const { cloud, accountId, region, project } = instance;
  return [cloud, accountId, region, ...(project === undefined ? [] : [project])].join(" / ");
}

function factsOf(receipt: Receipt, { words, term }: Language): ReceiptView["facts"] {
  const problem = "problem" in receipt ? ` (${receipt.problem.message})` : "";
  return [
    [words.reason, receipt.reason],
    ...(receipt.ticket === undefined ? [] : [[words.ticket, receipt.ticket] as const]),
    [words.state, `${term(receipt.status)}${problem}`],
    [words.clean, receipt.clean ? words.yes : words.no],
    [words.started, receipt.startedAt],
    ...(receipt.endedAt === undefined ? [] : [[words.ended, receipt.endedAt] as const]),
    [words.run, receipt.runId],
    [words.planDigest, receipt.planDigest],
  ];
}

function section(id: string, title: string, empty: string, table: Table, notes: readonly string[] = []): Section {
  return { id, title, empty, table, notes };
}

function instancesSection({ instances }: Receipt, language: Language): Section {
  const { words, term } = language;
  const head = [
    words.instance,
    words.name,
    words.where,
    words.status,
    words.verdict,
    words.billingStopped,
    words.wayBack,
    words.problem,
  ];
  const stopped = (value: boolean | "unknown" | undefined) =>
    value === undefined ? "" : value === "unknown" ? words.unknown : value ? words.yes : words.no;
  const rows = instances.map((instance) => [
    instance.instanceId,
    instance.record?.name ?? "",
    placeOf(instance),
    term(instance.status),
    instance.verdict ? `${term(instance.verdict.status)}${instance.verdict.clean ? ` (${words.clean})` : ""}` : "",
    stopped(instance.verdict?.billingStopped),
    wayBack(instance, language),
    instance.problem ? `${instance.problem.code}: ${instance.problem.message} ${instance.problem.hint}`.trim() : "",
  ]);
  return section("instances", words.instances, "", { head, rows });
}

function approvalsSection({ approvals, required, solo }: Receipt, { words, fill }: Language): Section {
  const rows = approvals.map(({ name, keyId, approvedAt }) => [name, keyId, approvedAt]);
  const notes = [
    ...(required > 0 ? [`${words.required}: ${required}`] : []),
    ...(solo && required === 0 ? [fill(words.solo, { count: solo.maxInstances })] : []),
  ];
  return section(
    "approvals",
    words.approvals,
    words.noApproval,
    { head: [words.approvedBy, words.key, words.at], rows },
    notes,
  );
}

function proofsSection({ instances }: Receipt, { words, term }: Language): Section {
  const head = [
    words.instance,
    words.disk,
    words.copy,
    words.size,
    words.pointInTime,
    words.encrypted,
    words.keptUntil,
    words.removedBy,
  ];
  const rows = instances.flatMap(({ proofs }) =>
    proofs.map((proof) => [
      proof.instanceId,
      proof.diskId,
      proof.id,
      `${proof.sizeGiB} GiB`,
      proof.pointInTime,
      proof.encrypted === "unknown" ? words.unknown : proof.encrypted ? words.yes : words.no,
      proof.expiresAt ?? "",
      term(proof.expiresBy),
    ]),
  );
  return section("proofs", words.proofs, words.noProofs, { head, rows });
}

function rulesSection({ instances }: Receipt, { words, term }: Language): Section {
  const rows = instances.flatMap(({ instanceId, removedRules }) =>
    removedRules.map(({ rule, because }) => {
      const peer =
        rule.peer.kind === "cidr"
          ? rule.peer.cidr
          : rule.peer.kind === "security-group"
            ? rule.peer.groupId
            : rule.peer.kind === "address-list"
              ? rule.peer.id
              : "any";
      const said = `${rule.action} ${rule.direction} ${rule.protocol.unified} ${portsOf(rule.ports)} ${peer}`;
      return [instanceId, rule.groupId, said, rule.description ?? "", term(because.scope)];
    }),
  );
  return section("rules", words.rules, words.noRules, {
    head: [words.instance, words.group, words.rule, "", words.because],
    rows,
  });
}

function portsOf(ports: InstanceReceipt["removedRules"][number]["rule"]["ports"]): string {
  switch (ports.kind) {
    case "all":
      return "*";
    case "ranges":
      return ports.ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
    case "icmp":
      return `${ports.type}/${ports.code}`;
    case "list":
      return ports.id;
  }
}

function leftoversSection({ leftovers }: Receipt, { words, term }: Language): Section {
  const head = [words.instance, words.kind, "", words.size, words.billing, words.monthly, words.why];
  const rows = leftovers.map((leftover) => [
    leftover.instanceId,
    term(leftover.kind),
    leftover.id,
    leftover.sizeGiB === undefined ? "" : `${leftover.sizeGiB} GiB`,
    term(leftover.billing),
    leftover.monthlyEstimate ? moneyOf(leftover.monthlyEstimate) : "",
    leftover.why,
  ]);
  const sums = totals(leftovers.flatMap((leftover) => leftover.monthlyEstimate ?? []));
  const notes = sums.length === 0 ? [] : [`${words.total}: ${sums.map(moneyOf).join(" + ")}`];
  return section("leftovers", words.leftovers, words.noLeftovers, { head, rows }, notes);
}

/** Sums in cents, since binary floats lose them. */
function totals(amounts: readonly Money[]): readonly Money[] {
  return [...groupBy(amounts, ({ currency }) => currency)].map(([currency, members]) => {
    const cents = members.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0);
    return { amount: (cents / 100).toFixed(2), currency };
  });
}

function moneyOf({ amount, currency }: Money): string {
  return `${amount} ${currency}`;
}

function standingSection({ instances }: Receipt, { words, term }: Language): Section {
  const rows = instances.flatMap(({ instanceId, effects }) =>
    effects.map(({ kind, resource, undo }) => [
      instanceId,
      term(kind),
      `${resource.kind} ${resource.id}`,
      "impossible" in undo ? undo.impossible : undo.action,
    ]),
  );
  return section("standing", words.standing, words.noLeftovers, {
    head: [words.instance, words.kind, "", words.why],
    rows,
  });
}

function notCheckedSection({ notChecked }: Receipt, { words, term }: Language): Section {
  const rows = notChecked.map((line) => [
    term(line.kind),
    line.source,
    term(line.gate),
    term(line.status),
    line.reason ?? "",
  ]);
  return section("not-checked", words.notChecked, words.allChecked, {
    head: [words.kind, words.source, words.gate, words.status, words.why],
    rows,
  });
}

function unsettledSection({ unsettled }: Receipt, { words }: Language): Section {
  const rows = unsettled.map(({ api, at, instanceIds }) => [api, at, instanceIds.join(", ")]);
  return section("unsettled", words.unsettled, words.allSettled, { head: ["API", words.at, words.instances], rows });
}
