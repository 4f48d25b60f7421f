import { findingsOf } from "../../../src/findings.js";
import { rulesThatCameBack } from "../../../src/rules/came-back.js";
import { readRulesOf } from "../dependencies/security-groups.js";
import type { AftermathSource } from "./survey.js";

const source = "ecs:DescribeSecurityGroupAttribute";

/** Rules that were taken away and came back, as infrastructure as code makes them. */
export const ruleSources: readonly AftermathSource[] = [
  {
    kind: "security-rule",
    source,
    gate: "report",
    hidesRows: true,
    read: async ({ call, ...aftermath }) =>
      findingsOf(source, await rulesThatCameBack(aftermath, (groupIds) => readRulesOf(call, groupIds))),
  },
];
