import type { RemovedSecurityRule, SecurityRule } from "../../../src/security-rules.js";

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
