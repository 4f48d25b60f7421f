import { printable } from "../escape.js";

/** A text in which nothing is markup, in elements and in quoted attributes alike. */
export function htmlText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** A moment as people read it, the exact one behind it; any other text as it is. */
export function htmlTime(text: string): string {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(text) ?? [];
  if (day === undefined) return htmlText(text);
  return `<time datetime="${htmlText(text)}" title="${htmlText(text)}">${day} ${time} UTC</time>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
