import { htmlText, htmlTime } from "./html-text.js";
import type { Tone } from "./tones.js";
import type { CellKind, Table } from "./view.js";

/** Above so many rows a table is folded, since its length says less than its title. */
const manyRows = 20;

/** A part of the page that is folded where it is long. On paper it always stands open. */
export function whenMany(rows: number, title: string, html: string): string {
  if (rows <= manyRows) return html;
  return `<details class="fold"><summary>${htmlText(title)}</summary>${html}</details>`;
}

/** A table that becomes a list of cards on a narrow screen. `tones`: how each row strikes a reader. */
export function tableHtml({ head, kinds, rows }: Table, tones: readonly Tone[] = []): string {
  const cell = (text: string, column: number) =>
    // As a card each cell stands in a line of its own and needs its column's name beside it.
    `<td data-label="${htmlText(head[column] ?? "")}"${classOf(text, kinds[column])}>${cellHtml(text, kinds[column])}</td>`;
  const row = (cells: readonly string[], index: number) =>
    `<tr${tones[index] === undefined ? "" : ` class="${tones[index]}"`}>${cells.map(cell).join("")}</tr>`;
  const names = head.map((name) => `<th scope="col">${htmlText(name)}</th>`).join("");
  return `<div class="wide"><table><thead><tr>${names}</tr></thead><tbody>${rows.map(row).join("")}</tbody></table></div>`;
}

function classOf(text: string, kind: CellKind = "text"): string {
  if (text === "") return ' class="empty"';
  return kind === "text" ? "" : ` class="${kind}"`;
}

function cellHtml(text: string, kind: CellKind | undefined): string {
  return kind === "time" ? htmlTime(text) : htmlText(text);
}
