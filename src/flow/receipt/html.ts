import { graphOf } from "./graph.js";
import { style } from "./html-style.js";
import { tableHtml, whenMany } from "./html-table.js";
import { htmlText, htmlTime } from "./html-text.js";
import type { InstanceReceipt, Receipt } from "./receipt.js";
import { type Tone, toneOf } from "./tones.js";
import { type ReceiptView, type Section, viewOf, withoutEmpty } from "./view.js";
import type { Language } from "./words.js";

/** A receipt as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function toHtml(receipt: Receipt, language: Language): string {
  const view = viewOf(receipt, language);
  const { words } = language;
  const titles = [...view.sections, { id: "graph", title: words.graph }, { id: "timeline", title: words.timeline }];
  const links = titles.map(({ id, title }) => `<a href="#${id}">${htmlText(title)}</a>`).join("");
  const body = [
    `<header><h1>${htmlText(view.title)}</h1><p class="run">${htmlText(receipt.runId)}</p></header>`,
    summary(view, language),
    `<nav aria-label="${htmlText(words.contents)}">${links}</nav>`,
    ...view.sections.map((section) => sectionHtml(section, language)),
    `<section id="graph"><h2>${htmlText(words.graph)}</h2>${graphOf(receipt, language)}</section>`,
    `<section id="timeline"><h2>${htmlText(words.timeline)}</h2>${inOrder(receipt.instances)
      .map((instance) => story(instance, language))
      .join("")}</section>`,
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

function summary({ counts, facts }: ReceiptView, { words }: Language): string {
  // How much of the run went how, to be seen before anything is read.
  const bar = counts.map(([, count, status]) => `<i class="${toneOf(status)}" style="flex:${count}"></i>`).join("");
  const cards = counts.map(
    ([label, count, status]) => `<li class="${toneOf(status)}"><b>${count}</b> ${htmlText(label)}</li>`,
  );
  const lines = facts.map(([label, value]) => `<div><dt>${htmlText(label)}</dt><dd>${htmlTime(value)}</dd></div>`);
  return `<section aria-label="${htmlText(words.summary)}"><ul class="counts">${cards.join("")}</ul><div class="bar" aria-hidden="true">${bar}</div><dl>${lines.join("")}</dl></section>`;
}

function sectionHtml({ id, title, table, empty, notes, tones }: Section, language: Language): string {
  const said = notes.map((note) => `<p>${htmlText(note)}</p>`).join("");
  const body =
    table.rows.length === 0 ? noneHtml(empty) : tones ? byTone(table, tones, language) : all(table, language);
  return `<section id="${id}"><h2>${htmlText(title)}</h2>${body}${said}</section>`;
}

function noneHtml(empty: string): string {
  return empty === "" ? "" : `<p class="dim">${htmlText(empty)}</p>`;
}

function all(table: Section["table"], { words, fill }: Language): string {
  const { length } = table.rows;
  return whenMany(length, fill(words.showAll, { count: length }), tableHtml(table));
}

/** What needs a look stands open; what went as planned can be opened. */
function byTone(table: Section["table"], tones: readonly Tone[], { words, fill }: Language): string {
  const part = (wanted: (tone: Tone) => boolean) => {
    const chosen = table.rows.flatMap((row, index) => {
      const tone = tones[index] ?? "bad";
      return wanted(tone) ? [{ row, tone }] : [];
    });
    const rows = chosen.map(({ row }) => row);
    const html = tableHtml(
      withoutEmpty({ ...table, rows }),
      chosen.map(({ tone }) => tone),
    );
    return { count: rows.length, html: rows.length === 0 ? "" : html };
  };
  const others = part((tone) => tone !== "good");
  const well = part((tone) => tone === "good");
  return `${others.html}${whenMany(well.count, fill(words.wentWell, { count: well.count }), well.html)}`;
}

const order: readonly Tone[] = ["bad", "half", "good"];

/** What needs a look comes first. */
function inOrder(instances: readonly InstanceReceipt[]): readonly InstanceReceipt[] {
  const rank = ({ status }: InstanceReceipt) => order.indexOf(toneOf(status));
  return [...instances].sort((one, other) => rank(one) - rank(other));
}

function story(instance: InstanceReceipt, language: Language): string {
  const lines = instance.timeline.map(({ at, said, kind, problem, requestId, ...fields }) => {
    const why = problem && language.locale !== "en" ? ` <span>${htmlText(problem.message)}</span>` : "";
    const request = requestId === undefined ? "" : ` <code>${htmlText(requestId)}</code>`;
    return `<li>${htmlTime(at)} ${htmlText(language.story(kind, said, fields))}${why}${request}</li>`;
  });
  const name = instance.record?.name ?? "";
  const status = `<span class="tone ${toneOf(instance.status)}">${htmlText(language.term(instance.status))}</span>`;
  return `<details><summary><code>${htmlText(instance.instanceId)}</code> <span>${htmlText(name)}</span> ${status}</summary><ol>${lines.join("")}</ol></details>`;
}
