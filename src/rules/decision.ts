import type { KeptSecurityRule, RemovedSecurityRule, SecurityRule } from "../security-rules.js";

/** What is to become of one rule, and with which target it is listed. */
export type Decision =
  | {
      readonly kind: "remove";
      readonly rule: SecurityRule;
      readonly instanceId: string;
      readonly vpcId?: string;
      readonly because: RemovedSecurityRule["because"];
    }
  | { readonly kind: "keep"; readonly rule: SecurityRule; readonly instanceId: string; readonly why: string };

/** A decision to remove. */
export type Removal = Extract<Decision, { readonly kind: "remove" }>;

/** Whether a decision takes a rule away. */
export function isRemoval(decision: Decision): decision is Removal {
  return decision.kind === "remove";
}

/** The rules that decisions keep, with the reasons. */
export function keptIn(decisions: readonly Decision[]): readonly KeptSecurityRule[] {
  return decisions.flatMap((decision) =>
    decision.kind === "keep" ? [{ rule: decision.rule, why: decision.why }] : [],
  );
}
