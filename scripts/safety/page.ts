import { markdownText } from "../../src/flow/markdown.js";
import type { Evidence } from "./evidence.js";
import { type SafetyRule, safetyThemes } from "./rules.js";

/** Where a rule is shown: each column of the overview, by where the test or the broken code lies. */
const places: readonly (readonly [title: string, file: RegExp])[] = [
  ["Flow", /^(?:src|test)\/flow\//],
  ["Contract", /^src\/testing\/contract\//],
  ["Core", /^(?:src\/|test\/(?:core|testing)\/)/],
  ["AWS", /^(?:test\/)?providers\/aws\//],
  ["Aliyun", /^(?:test\/)?providers\/aliyun\//],
  ["Tencent", /^(?:test\/)?providers\/tencent\//],
  ["Huawei", /^(?:test\/)?providers\/huawei\//],
];

const introduction = `# Safety rules

How a run could still hurt somebody although each of its steps "worked", and the rule that closes it. Each rule has a number, which the tests that
show it and the mutants that break it carry in their names: \`npm test -- -t S07\`, \`npm run test:mutants -- S07\`. This page is written by
\`npm run safety\` from those names, and \`npm test\` says when it is out of date.

**Contract** tests run on every cloud's adapter. **Core** is what all adapters share. A cloud's own column holds what it adds: its quirks, and its
part of a rule that the contract cannot see from outside. "Keeps" says who keeps the rule: the flow, or each adapter.`;

/** The page of rules, with all that shows them. */
export function safetyPage(evidence: readonly Evidence[]): string {
  return `${[
    introduction,
    overview(evidence),
    ...safetyThemes.flatMap(({ title, rules }) => [
      `## ${title}`,
      ...rules.map((rule) => chapter(rule, shownBy(rule, evidence))),
    ]),
  ].join("\n\n")}\n`;
}

/** What shows a rule. */
export function shownBy({ number }: SafetyRule, evidence: readonly Evidence[]): readonly Evidence[] {
  return evidence.filter(({ rules }) => rules.includes(number));
}

function overview(evidence: readonly Evidence[]): string {
  const rows = safetyThemes.flatMap(({ rules }) =>
    rules.map((rule) => {
      const shown = shownBy(rule, evidence);
      const cells = places.map(([place]) => count(shown.filter(({ file }) => placeOf(file) === place)));
      return `| [${rule.number}](#${rule.number.toLowerCase()}) | ${rule.keeper} | ${cells.join(" | ")} |`;
    }),
  );
  return [
    "Tests + mutants:",
    "",
    `| Rule | Keeps | ${places.map(([place]) => place).join(" | ")} |`,
    `| --- | --- |${" --- |".repeat(places.length)}`,
    ...rows,
  ].join("\n");
}

function count(shown: readonly Evidence[]): string {
  const of = (kind: Evidence["kind"]) => shown.filter((one) => one.kind === kind).length;
  return shown.length === 0 ? "" : `${of("test")} + ${of("mutant")}`;
}

function chapter(rule: SafetyRule, shown: readonly Evidence[]): string {
  const rows = (["test", "mutant"] as const).flatMap((kind) =>
    shown
      .filter((one) => one.kind === kind)
      .map(({ sentence, file }) => `| ${kind} | ${markdownText(sentence)} | [${shortName(file)}](../${file}) |`),
  );
  return [
    `### ${rule.number}`,
    "",
    wrap(rule.promise),
    "",
    "| | What it says | In |",
    "| --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** Breaks a paragraph into lines that read well in an editor. */
function wrap(text: string): string {
  return text.replace(/(?=.{150}).{1,140} /g, (line) => `${line.trimEnd()}\n`);
}

function placeOf(file: string): string {
  return places.find(([, pattern]) => pattern.test(file))?.[0] ?? "";
}

/** A file by its name, with the cloud it belongs to. */
function shortName(file: string): string {
  const cloud = /providers\/(\w+)\//.exec(file)?.[1];
  const name = file.split("/").at(-1) ?? file;
  return cloud === undefined ? name : `${cloud}: ${name}`;
}
