import { printable } from "./escape.js";
import { type Plan, type PlannedInstance, type PlannedStep, type PlanScope, plannedId } from "./plan.js";
import { scopeKey } from "./scopes.js";
import { textTable } from "./table.js";

/** A plan as text tables: what happens to each instance, what stays and bills, and what stands in the way. */
export function explainPlan(plan: Plan): string {
  const head = [
    `Plan ${plan.digest.slice(0, 12)} (${plan.kind}): ${printable(plan.reason)}${plan.ticket === undefined ? "" : ` [${printable(plan.ticket)}]`}`,
    `Made ${plan.createdAt}. Start before ${plan.expiresAt}, finish before ${plan.finishBefore}.`,
    countsOf(plan),
  ].join("\n");
  const warnings = plan.warnings.map((warning) => `! ${printable(warning.message)} ${printable(warning.hint)}`);
  return [head, ...plan.scopes.map(explainScope), ...(warnings.length > 0 ? [warnings.join("\n")] : [])].join("\n\n");
}

function countsOf(plan: Plan): string {
  const all = plan.scopes.flatMap((scope) => scope.instances);
  const blocked = all.filter(isBlocked).length;
  return `${all.length} instances: ${all.length - blocked} to go, ${blocked} blocked.`;
}

function isBlocked(planned: PlannedInstance): boolean {
  return planned.blockers.some(({ waived }) => !waived);
}

function explainScope(scope: PlanScope): string {
  const rows = scope.instances.map((planned) => {
    const { instance } = planned;
    const record = instance.status === "found" ? instance.record : undefined;
    return [
      plannedId(planned),
      record?.name ?? "",
      record ? `${record.state.unified}, ${record.billing.unified}` : "not found",
      isBlocked(planned) ? "BLOCKED" : planned.steps.flatMap(stepName).join(" > "),
      `${planned.goes.length} go, ${planned.stays.length} stay${planned.keepsBilling.length > 0 ? `, ${planned.keepsBilling.length} bill` : ""}`,
      planned.recoverable === "no" ? "no" : "yes",
    ];
  });
  const table = textTable([["instance", "name", "state", "steps", "what hangs on it", "way back"], ...rows], 60);
  return [`${scopeKey(scope)} as ${printable(scope.principal)}`, table, ...details(scope)].join("\n");
}

function stepName(step: PlannedStep): readonly string[] {
  switch (step.step) {
    case "release-dependencies":
      return step.when === "after"
        ? ["free leftovers"]
        : [`release ${[...new Set(step.items.map(({ kind }) => kind))].join(", ")}`];
    case "release-rules":
      return [
        step.scope === "own-address" ? `close ${step.rules.length} rules` : `empty group (${step.rules.length} rules)`,
      ];
    case "terminate":
      return [step.how === "release" ? "terminate" : `terminate (${step.how})`];
    case "quarantine":
      return [`quarantine ${step.forHours} h`];
    case "claim":
    case "snapshot":
    case "verify":
    case "revert":
    case "recover":
      return [step.step];
  }
}

function details(scope: PlanScope): readonly string[] {
  const lines = scope.instances.flatMap((planned) => {
    const id = plannedId(planned);
    return [
      ...planned.blockers.map(
        ({ problem, waived }) =>
          `${waived ? "waived" : "BLOCKED"}  ${id}  ${problem.code}: ${problem.message} ${waived ? "" : problem.hint}`,
      ),
      ...planned.keepsBilling.map(
        (leftover) =>
          `bills    ${id}  ${leftover.kind} ${leftover.id}${leftover.sizeGiB === undefined ? "" : ` (${leftover.sizeGiB} GiB)`}`,
      ),
      ...(planned.refund ? [`refund   ${id}  ${planned.refund.amount.amount} ${planned.refund.amount.currency}`] : []),
    ];
  });
  return lines.length === 0 ? [] : ["", ...lines.map((line) => printable(line).trimEnd())];
}
