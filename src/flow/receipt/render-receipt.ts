import { escapeHidden } from "../escape.js";
import type { Receipt } from "./receipt.js";
import type { Locale } from "./words.js";

/** Options of `renderReceipt`. */
export interface RenderOptions {
  /** Default: `html`. */
  readonly format?: "html" | "markdown" | "json" | "csv";
  /** Default: `en`. */
  readonly locale?: Locale;
}

/** Renders a receipt; loads what it needs only then. Every text from a cloud is escaped. */
export async function renderReceipt(receipt: Receipt, options: RenderOptions = {}): Promise<string> {
  const { format = "html", locale = "en" } = options;
  if (format === "json") return `${escapeHidden(JSON.stringify(receipt, null, 2))}\n`;
  const { languageOf } = await import("./words.js");
  const language = languageOf(locale);
  if (format === "csv") return (await import("./csv.js")).toCsv(receipt, language);
  if (format === "markdown") return (await import("./markdown.js")).toMarkdown(receipt, language);
  return (await import("./html.js")).toHtml(receipt, language);
}
