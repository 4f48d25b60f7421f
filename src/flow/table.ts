import { printable } from "./escape.js";

/** Lays rows out in columns of equal width. The first row is the head. Cells are escaped; long ones are cut. */
export function textTable(rows: readonly (readonly string[])[], maxWidth = 44): string {
  const cells = rows.map((row) => row.map((cell) => cut(printable(cell), maxWidth)));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ""))));
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => padded(row[column] ?? "", width))
      .join("  ")
      .trimEnd();
  const [head, ...body] = cells;
  if (!head) return "";
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...body.map(line)].join("\n");
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Columns a text takes in a terminal: East Asian wide characters take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text)
    width += /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/.test(
      character,
    )
      ? 2
      : 1;
  return width;
}
