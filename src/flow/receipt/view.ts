import { groupBy } from "../../batch.js";
import type { Money } from "../../common.js";
import type { InstanceReceipt, Receipt } from "./receipt.js";
import { type Tone, toneOf } from "./tones.js";
import type { Language } from "./words.js";

/** What a cell holds, for whoever sets it: an id and a short word are never broken, a moment is shown as one. */
export type CellKind = "text" | "id" | "time" | "status" | "short";
/** A table of a receipt. The cells are plain text as the cloud or we wrote it: whoever renders escapes. */
export interface Table {
  readonly head: readonly string[];
  readonly kinds: readonly CellKind[];
  readonly rows: readonly (readonly string[])[];
}
/** A part of a receipt: a table, or the sentence that stands for an empty one. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly table: Table;
  readonly empty: string;
  readonly notes: readonly string[];
  /** How each row strikes a reader, where the section is about how things went. */
  readonly tones?: readonly Tone[];
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

function factsOf(receipt: Receipt, language: Language): ReceiptView["facts"] {
  const { words, term } = language;
  const problem = "problem" in receipt ? ` (${receipt.problem.message})` : "";
  const places = [...new Set(receipt.instances.map(placeOf))];
  const copies = new Set(receipt.instances.flatMap(({ proofs }) => proofs.map(({ id }) => id))).size;
  const costs = monthlyCosts(receipt);
  return [
    [words.reason, receipt.reason],
    ...(receipt.ticket === undefined ? [] : [[words.ticket, receipt.ticket] as const]),
    [words.state, `${term(receipt.status)}${problem}`],
    [words.clean, receipt.clean ? words.yes : words.no],
    [words.where, places.join(", ")],
    [words.copies, String(copies)],
    ...(costs === "" ? [] : [[words.leftoverCosts, costs] as const]),
    [words.started, receipt.startedAt],
    ...(receipt.endedAt === undefined ? [] : [[words.ended, receipt.endedAt] as const]),
    [words.run, receipt.runId],
    [words.planDigest, receipt.planDigest],
  ];
}

/** A column of a table: its name, what it holds, and what each row has in it. */
type Column<Row> = readonly [name: string, kind: CellKind, cell: (row: Row) => string];

function tableOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Table {
  return withoutEmpty({
    head: columns.map(([name]) => name),
    kinds: columns.map(([, kind]) => kind),
    rows: rows.map((row) => columns.map(([, , cell]) => cell(row))),
  });
}

/** A table without the columns in which no row has anything. */
export function withoutEmpty({ head, kinds, rows }: Table): Table {
  const used = head.map((_, column) => rows.length === 0 || rows.some((row) => row[column] !== ""));
  const keep = <Cell>(cells: readonly Cell[]) => cells.filter((_, column) => used[column]);
  return { head: keep(head), kinds: keep(kinds), rows: rows.map(keep) };
}

function instancesSection({ instances }: Receipt, { words, term, ...language }: Language): Section {
  const stopped = (value: boolean | "unknown" | undefined) =>
    value === undefined ? "" : value === "unknown" ? words.unknown : value ? words.yes : words.no;
  const onePlace = new Set(instances.map(placeOf)).size <= 1;
  const table = tableOf(instances, [
    [words.instance, "id", ({ instanceId }) => instanceId],
    [words.name, "text", ({ record }) => record?.name ?? ""],
    [words.where, "text", (instance) => (onePlace ? "" : placeOf(instance))],
    [words.status, "status", ({ status }) => term(status)],
    [
      words.verdict,
      "text",
      ({ verdict }) => (verdict ? `${term(verdict.status)}${verdict.clean ? ` (${words.clean})` : ""}` : ""),
    ],
    [words.billingStopped, "short", ({ verdict }) => stopped(verdict?.billingStopped)],
    [words.wayBack, "time", (instance) => wayBack(instance, { words, term, ...language })],
    [
      words.problem,
      "text",
      ({ problem }) => (problem ? `${problem.code}: ${problem.message} ${problem.hint}`.trim() : ""),
    ],
  ]);
  const tones = instances.map(({ status }) => toneOf(status));
  return { id: "instances", title: words.instances, empty: "", table, notes: [], tones };
}

function approvalsSection({ approvals, required, solo }: Receipt, { words, fill }: Language): Section {
  const table = tableOf(approvals, [
    [words.approvedBy, "text", ({ name }) => name],
    [words.key, "id", ({ keyId }) => keyId],
    [words.at, "time", ({ approvedAt }) => approvedAt],
  ]);
  const notes = [
    ...(required > 0 ? [`${words.required}: ${required}`] : []),
    ...(solo && required === 0 ? [fill(words.solo, { count: solo.maxInstances })] : []),
  ];
  return { id: "approvals", title: words.approvals, empty: words.noApproval, table, notes };
}

function proofsSection({ instances }: Receipt, { words, term }: Language): Section {
  const proofs = instances.flatMap((instance) => instance.proofs);
  const yesNo = (value: boolean | "unknown") => (value === "unknown" ? words.unknown : value ? words.yes : words.no);
  const table = tableOf(proofs, [
    [words.instance, "id", ({ instanceId }) => instanceId],
    [words.disk, "id", ({ diskId }) => diskId],
    [words.copy, "id", ({ id }) => id],
    [words.size, "short", ({ sizeGiB }) => `${sizeGiB} GiB`],
    [words.pointInTime, "time", ({ pointInTime }) => pointInTime],
    [words.encrypted, "short", ({ encrypted }) => yesNo(encrypted)],
    [words.keptUntil, "time", ({ expiresAt }) => expiresAt ?? ""],
    [words.removedBy, "short", ({ expiresBy }) => term(expiresBy)],
  ]);
  return { id: "proofs", title: words.proofs, empty: words.noProofs, table, notes: [] };
}

function rulesSection({ instances }: Receipt, { words, term }: Language): Section {
  const removed = instances.flatMap(({ instanceId, removedRules }) =>
    removedRules.map(({ rule, because }) => ({ instanceId, rule, because })),
  );
  const table = tableOf(removed, [
    [words.instance, "id", ({ instanceId }) => instanceId],
    [words.group, "id", ({ rule }) => rule.groupId],
    [words.rule, "text", ({ rule }) => ruleText(rule)],
    [words.description, "text", ({ rule }) => rule.description ?? ""],
    [words.because, "short", ({ because }) => term(because.scope)],
  ]);
  return { id: "rules", title: words.rules, empty: words.noRules, table, notes: [] };
}

type Rule = InstanceReceipt["removedRules"][number]["rule"];

function ruleText({ action, direction, protocol, ports, peer }: Rule): string {
  return `${action} ${direction} ${protocol.unified} ${portsOf(ports)} ${peerOf(peer)}`;
}

function peerOf(peer: Rule["peer"]): string {
  switch (peer.kind) {
    case "cidr":
      return peer.cidr;
    case "security-group":
      return peer.groupId;
    case "address-list":
      return peer.id;
    default:
      return "any";
  }
}

function portsOf(ports: Rule["ports"]): string {
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

function leftoversSection(receipt: Receipt, { words, term }: Language): Section {
  const table = tableOf(receipt.leftovers, [
    [words.instance, "id", ({ instanceId }) => instanceId],
    [words.kind, "short", ({ kind }) => term(kind)],
    [words.id, "id", ({ id }) => id],
    [words.size, "short", ({ sizeGiB }) => (sizeGiB === undefined ? "" : `${sizeGiB} GiB`)],
    [words.billing, "short", ({ billing }) => term(billing)],
    [words.monthly, "short", ({ monthlyEstimate }) => (monthlyEstimate ? moneyOf(monthlyEstimate) : "")],
    [words.why, "text", ({ why }) => why],
  ]);
  const costs = monthlyCosts(receipt);
  const notes = costs === "" ? [] : [`${words.total}: ${costs}`];
  return { id: "leftovers", title: words.leftovers, empty: words.noLeftovers, table, notes };
}

function monthlyCosts({ leftovers }: Receipt): string {
  return totals(leftovers.flatMap(({ monthlyEstimate }) => monthlyEstimate ?? []))
    .map(moneyOf)
    .join(" + ");
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

/** What still differs from before. Of a server that is gone there is nothing left that could differ. */
function standingSection({ instances }: Receipt, { words, term }: Language): Section {
  const standing = instances
    .filter(({ verdict }) => verdict?.status !== "deleted")
    .flatMap(({ instanceId, effects }) => effects.map((effect) => ({ instanceId, ...effect })));
  const table = tableOf(standing, [
    [words.instance, "id", ({ instanceId }) => instanceId],
    [words.change, "short", ({ kind }) => term(kind)],
    [words.id, "id", ({ resource }) => `${resource.kind} ${resource.id}`],
    [words.undoneBy, "text", ({ undo }) => ("impossible" in undo ? undo.impossible : term(undo.action))],
  ]);
  return { id: "standing", title: words.standing, empty: words.noStanding, table, notes: [] };
}

function notCheckedSection({ notChecked }: Receipt, { words, term }: Language): Section {
  const table = tableOf(notChecked, [
    [words.kind, "short", ({ kind }) => term(kind)],
    [words.source, "text", ({ source }) => source],
    [words.gate, "short", ({ gate }) => term(gate)],
    [words.status, "short", ({ status }) => term(status)],
    [words.why, "text", ({ reason }) => reason ?? ""],
  ]);
  return { id: "not-checked", title: words.notChecked, empty: words.allChecked, table, notes: [] };
}

function unsettledSection({ unsettled }: Receipt, { words }: Language): Section {
  const table = tableOf(unsettled, [
    ["API", "text", ({ api }) => api],
    [words.at, "time", ({ at }) => at],
    [words.instances, "text", ({ instanceIds }) => instanceIds.join(", ")],
  ]);
  return { id: "unsettled", title: words.unsettled, empty: words.allSettled, table, notes: [] };
}
