import type { Receipt, Redaction } from "./receipt.js";

const mask = "***";
const descriptionField = /descri|remark|comment/i;

/** Masks what the reader of a receipt is not to see. Everything else stays as the journal has it. */
export function redact(receipt: Receipt, what: readonly Redaction[]): Receipt {
  if (what.length === 0) return receipt;
  const tags = what.includes("tag-values");
  const descriptions = what.includes("rule-descriptions");
  const masked = (key: string, value: unknown, parents: readonly string[]): unknown => {
    const [parent = ""] = parents;
    if (typeof value === "string") {
      if (tags && (parent === "tags" || (parents.includes("undo") && parent === "set"))) return mask;
      if (descriptions && descriptionField.test(key) && inRule(parents)) return value === "" ? value : mask;
      return value;
    }
    if (Array.isArray(value)) return value.map((item) => masked(key, item, parents));
    if (typeof value !== "object" || value === null) return value;
    // The cloud's own form of a rule holds tags as a list of keys and values.
    const native = tags && inRule(parents) && "Value" in value && ("Key" in value || "TagKey" in value);
    const entries = Object.entries(value).map(([name, field]) => {
      if (native && (name === "Value" || name === "TagValue")) return [name, mask];
      return [name, masked(name, field, [key, ...parents])];
    });
    return Object.fromEntries(entries);
  };
  // Nothing but texts is changed, so what comes out has the form of what went in.
  return { ...(masked("", receipt, []) as Receipt), redacted: what };
}

function inRule(parents: readonly string[]): boolean {
  return parents.includes("rule") || parents.includes("native") || parents.includes("removedRules");
}
