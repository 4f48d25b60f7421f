import { findingsOf } from "../../../src/findings.js";
import { rulesThatCameBack } from "../../../src/rules/came-back.js";
import { hidesRows } from "../dependencies/controls.js";
import { readPoliciesOf, rulesOf } from "../policies.js";
import { ruleName } from "../rule.js";
import type { AftermathSource } from "./survey.js";

const source = "vpc:DescribeSecurityGroupPolicies";

/** Rules that were taken away and came back, as infrastructure as code makes them. */
export const ruleSources: readonly AftermathSource[] = [
  {
    kind: "security-rule",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => {
      const back = await rulesThatCameBack(aftermath, async (groupIds) => {
        const policies = await readPoliciesOf(aftermath.call, groupIds);
        // A rule has no id: its place is what it can be found by.
        return [...policies.values()].flatMap(rulesOf).map((rule) => ({ ...rule, id: ruleName(rule) }));
      });
      return findingsOf(source, back);
    },
  },
];
