import { printable } from "./escape.js";

/** A text in which nothing is markup. */
export function markdownText(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]()#+!|<>~&]/g, "\\$&");
}

/** A table with escaped cells. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(" | ")} |`;
  return [line(head), `|${head.map(() => " --- |").join("")}`, ...rows.map(line)].join("\n");
}
