import { graphOf } from "./graph.js";
import { style } from "./html-style.js";
import { htmlText } from "./html-text.js";
import type { InstanceReceipt, Receipt } from "./receipt.js";
import { type Section, type Table, viewOf } from "./view.js";
import type { Language } from "./words.js";

/** A receipt as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function toHtml(receipt: Receipt, language: Language): string {
  const view = viewOf(receipt, language);
  const { words } = language;
  const body = [
    `<header><h1>${htmlText(view.title)}</h1><p class="run">${htmlText(receipt.runId)}</p></header>`,
    `<section aria-label="${htmlText(words.summary)}"><ul class="counts">${view.counts.map(([label, count, status]) => `<li class="${toneOf(status)}"><b>${count}</b> ${htmlText(label)}</li>`).join("")}</ul>`,
    `<dl>${view.facts.map(([label, value]) => `<div><dt>${htmlText(label)}</dt><dd>${htmlText(value)}</dd></div>`).join("")}</dl></section>`,
    ...view.sections.map(sectionHtml),
    `<section id="graph"><h2>${htmlText(words.graph)}</h2>${graphOf(receipt, language)}</section>`,
    `<section id="timeline"><h2>${htmlText(words.timeline)}</h2>${receipt.instances.map((instance) => story(instance, language)).join("")}</section>`,
    `<footer>${view.closing.map((line) => `<p>${htmlText(line)}</p>`).join("")}</footer>`,
  ];
  return [
    "<!doctype html>",
    `<html lang="${language.locale === "zh" ? "zh-CN" : "en"}">`,
    "<head>",
    '<meta charset="utf-8">',
    // Even a text that slipped through unescaped could load nothing and run nothing.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    // An empty picture, or the browser would ask the server for one.
    '<link rel="icon" href="data:,">',
    `<title>${htmlText(view.title)} ${htmlText(receipt.runId)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    `<body><main>${body.join("\n")}</main></body>`,
    "</html>",
    "",
  ].join("\n");
}

const tones: Readonly<Record<string, string>> = {
  accepted: "good",
  "already-gone": "good",
  reverted: "good",
  recovered: "good",
  recycled: "half",
  scheduled: "half",
  "not-started": "half",
  "not-restored": "half",
  "not-reverted": "half",
};

function toneOf(status: string): string {
  return tones[status] ?? "bad";
}

function sectionHtml({ id, title, table, empty, notes }: Section): string {
  const body = table.rows.length === 0 ? (empty === "" ? "" : `<p>${htmlText(empty)}</p>`) : tableHtml(table);
  const said = notes.map((note) => `<p>${htmlText(note)}</p>`).join("");
  return `<section id="${id}"><h2>${htmlText(title)}</h2>${body}${said}</section>`;
}

function tableHtml({ head, rows }: Table): string {
  const row = (cells: readonly string[]) =>
    // On a narrow screen each cell stands in a line of its own and needs its column's name beside it.
    `<tr>${cells.map((text, column) => `<td data-label="${htmlText(head[column] ?? "")}"${text === "" ? ' class="empty"' : ""}>${htmlText(text)}</td>`).join("")}</tr>`;
  const names = head.map((name) => `<th scope="col">${htmlText(name)}</th>`).join("");
  return `<div class="wide"><table><thead><tr>${names}</tr></thead><tbody>${rows.map(row).join("")}</tbody></table></div>`;
}

function story(instance: InstanceReceipt, language: Language): string {
  const lines = instance.timeline.map(({ at, said, kind, problem, requestId, ...fields }) => {
    const why = problem && language.locale !== "en" ? ` <span>${htmlText(problem.message)}</span>` : "";
    const request = requestId === undefined ? "" : ` <code>${htmlText(requestId)}</code>`;
    return `<li><time datetime="${htmlText(at)}">${htmlText(at)}</time> ${htmlText(language.story(kind, said, fields))}${why}${request}</li>`;
  });
  const name = instance.record?.name ?? "";
  const status = `<span class="tone ${toneOf(instance.status)}">${htmlText(language.term(instance.status))}</span>`;
  return `<details><summary><code>${htmlText(instance.instanceId)}</code> ${htmlText(name)} ${status}</summary><ol>${lines.join("")}</ol></details>`;
}
