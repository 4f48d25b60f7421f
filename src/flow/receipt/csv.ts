import { printable } from "../escape.js";
import type { Receipt } from "./receipt.js";
import { placeOf, wayBack } from "./view.js";
import type { Language } from "./words.js";

/** One row per instance (RFC 4180). A cell that a spreadsheet would take for a formula is made text. */
export function toCsv(receipt: Receipt, language: Language): string {
  const { words, term } = language;
  const head = [
    words.instance,
    words.name,
    words.where,
    words.status,
    words.verdict,
    words.clean,
    words.wayBack,
    words.problem,
    words.proofs,
    words.rules,
    words.leftovers,
    words.planDigest,
  ];
  const rows = receipt.instances.map((instance) => [
    instance.instanceId,
    instance.record?.name ?? "",
    placeOf(instance),
    term(instance.status),
    instance.verdict ? term(instance.verdict.status) : "",
    instance.verdict?.clean === true ? words.yes : words.no,
    wayBack(instance, language),
    instance.problem ? `${instance.problem.code}: ${instance.problem.message}` : "",
    [...new Set(instance.proofs.map(({ id }) => id))].join(" "),
    String(instance.removedRules.length),
    receipt.leftovers
      .filter(({ instanceId }) => instanceId === instance.instanceId)
      .map(({ kind, id }) => `${kind} ${id}`)
      .join("; "),
    receipt.planDigest,
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(text: string): string {
  const shown = printable(text);
  const safe = /^[=+\-@\t\r]/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
