import { markdownTable, markdownText } from "../markdown.js";
import type { Receipt } from "./receipt.js";
import { type Section, viewOf } from "./view.js";
import type { Language } from "./words.js";

/** A receipt as Markdown tables. */
export function toMarkdown(receipt: Receipt, language: Language): string {
  const view = viewOf(receipt, language);
  const { words } = language;
  return `${[
    `# ${markdownText(view.title)}`,
    view.facts.map(([label, value]) => `- **${markdownText(label)}**: ${markdownText(value)}`).join("\n"),
    view.counts.map(([label, count]) => `- ${markdownText(label)}: ${count}`).join("\n"),
    ...view.sections.map(sectionText),
    `## ${words.timeline}`,
    ...receipt.instances.map((instance) => {
      const lines = instance.timeline.map(
        ({ at, said, kind, ...fields }) => `- ${at} ${markdownText(language.story(kind, said, fields))}`,
      );
      return [`### ${markdownText(instance.instanceId)}`, lines.join("\n")].join("\n\n");
    }),
    view.closing.map(markdownText).join("\n\n"),
  ].join("\n\n")}\n`;
}

function sectionText({ title, table, empty, notes }: Section): string {
  const body = table.rows.length === 0 ? markdownText(empty) : markdownTable(table.head, table.rows);
  return [`## ${markdownText(title)}`, body, ...notes.map(markdownText)].filter((part) => part !== "").join("\n\n");
}
