import { printable } from "./escape.js";
import { fillIn, type PlanWords, planWords } from "./explain-words.js";
import { markdownTable, markdownText } from "./markdown.js";
import { type Plan, type PlannedInstance, type PlannedStep, type PlanScope, plannedId } from "./plan.js";
import { scopeKey } from "./scopes.js";
import { textTable } from "./table.js";

/** Options of `explainPlan`. */
export interface ExplainOptions {
  /** Default: `text`. */
  readonly format?: "text" | "markdown";
  /** Default: `en`. */
  readonly locale?: "en" | "zh";
}

/** How a format writes a heading, a table and a list. */
interface Writer {
  line(text: string): string;
  heading(text: string): string;
  table(head: readonly string[], rows: readonly (readonly string[])[]): string;
  list(rows: readonly (readonly string[])[]): string;
}

const writers: Readonly<Record<"text" | "markdown", Writer>> = {
  text: {
    line: printable,
    heading: printable,
    table: (head, rows) => textTable([head, ...rows], 72),
    list: (rows) =>
      rows.map(([label = "", ...rest]) => printable(`${label.padEnd(8)} ${rest.join("  ")}`).trimEnd()).join("\n"),
  },
  markdown: {
    line: (text) => `${markdownText(text)}\n`,
    heading: (text) => `## ${markdownText(text)}\n`,
    table: (head, rows) => `${markdownTable(head, rows)}\n`,
    list: (rows) =>
      rows.map(([label = "", ...rest]) => `- **${markdownText(label)}** ${markdownText(rest.join(" "))}`).join("\n"),
  },
};

/**
 * A plan as text or Markdown tables: what happens to each instance, what stays and bills, and what stands in the way.
 * Names and tags are escaped (control, bidi, ANSI, markup).
 */
export function explainPlan(plan: Plan, { format = "text", locale = "en" }: ExplainOptions = {}): string {
  const words = planWords(locale);
  const writer = writers[format];
  const { kind, digest, ticket, createdAt, expiresAt, finishBefore } = plan;
  const reason = `${plan.reason}${ticket === undefined ? "" : ` [${ticket}]`}`;
  const all = plan.scopes.flatMap((scope) => scope.instances);
  const blocked = all.filter(isBlocked).length;
  const head = [
    fillIn(words.plan, { digest: digest.slice(0, 12), kind, reason }),
    fillIn(words.made, { created: createdAt, expires: expiresAt, finish: finishBefore }),
    fillIn(words.counts, { all: all.length, going: all.length - blocked, blocked }),
  ];
  const warnings = plan.warnings.map((warning) => ["!", warning.message, warning.hint]);
  return [
    head.map(writer.line).join("\n"),
    ...plan.scopes.map((scope) => explainScope(scope, words, writer)),
    ...(warnings.length > 0 ? [writer.list(warnings)] : []),
  ].join("\n\n");
}

function isBlocked(planned: PlannedInstance): boolean {
  return planned.blockers.some(({ waived }) => !waived);
}

function explainScope(scope: PlanScope, words: PlanWords, writer: Writer): string {
  const head = [words.instance, words.name, words.state, words.steps, words.around, words.wayBack];
  const rows = scope.instances.map((planned) => rowOf(planned, words));
  const details = scope.instances.flatMap((planned) => detailsOf(planned, words));
  return [
    writer.heading(fillIn(words.as, { place: scopeKey(scope), principal: scope.principal })),
    writer.table(head, rows),
    ...(details.length > 0 ? ["", writer.list(details)] : []),
  ].join("\n");
}

function rowOf(planned: PlannedInstance, words: PlanWords): readonly string[] {
  const { instance, goes, stays, keepsBilling } = planned;
  const record = instance.status === "found" ? instance.record : undefined;
  const around = [
    fillIn(words.goes, { count: goes.length }),
    fillIn(words.stays, { count: stays.length }),
    ...(keepsBilling.length > 0 ? [fillIn(words.keepsBilling, { count: keepsBilling.length })] : []),
  ];
  return [
    plannedId(planned),
    record?.name ?? "",
    record ? `${record.state.unified}, ${record.billing.unified}` : words.notFound,
    isBlocked(planned) ? words.blocked : planned.steps.map((step) => stepName(step, words)).join(" > "),
    around.join(", "),
    planned.recoverable === "no" ? words.no : words.yes,
  ];
}

function stepName(step: PlannedStep, words: PlanWords): string {
  switch (step.step) {
    case "release-dependencies": {
      const kinds = [...new Set(step.items.map(({ kind }) => kind))].join(", ");
      return step.when === "after" ? words.free : fillIn(words.release, { kinds });
    }
    case "release-rules": {
      const text = step.scope === "own-address" ? words.closeRules : words.emptyGroup;
      return fillIn(text, { count: step.rules.length });
    }
    case "terminate":
      return step.how === "release" ? words.terminate : `${words.terminate} (${step.how})`;
    case "quarantine":
      return fillIn(words.quarantine, { hours: step.forHours });
    case "claim":
    case "snapshot":
    case "verify":
    case "revert":
    case "recover":
      return words[step.step];
  }
}

function detailsOf(planned: PlannedInstance, words: PlanWords): readonly (readonly string[])[] {
  const id = plannedId(planned);
  return [
    ...planned.blockers.map(({ problem, waived }) =>
      waived
        ? [words.waived, id, `${problem.code}: ${problem.message}`]
        : [words.blocked, id, `${problem.code}: ${problem.message} ${problem.hint}`],
    ),
    ...planned.keepsBilling.map(({ kind, id: thing, sizeGiB }) => [
      words.bills,
      id,
      `${kind} ${thing}${sizeGiB === undefined ? "" : ` (${sizeGiB} GiB)`}`,
    ]),
    ...(planned.refund
      ? [[words.refund, id, `${planned.refund.amount.amount} ${planned.refund.amount.currency}`]]
      : []),
    ...planned.lost.map(({ resource, why }) => [words.lost, id, `${resource.kind} ${resource.id}: ${why}`]),
  ];
}
