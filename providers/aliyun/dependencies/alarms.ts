import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { listing } from "./rows.js";
import type { AliyunSource } from "./survey.js";

const source = "cms:DescribeMetricRuleList";

/** Alert rules of CloudMonitor that watch the instances. */
export const alarmSources: readonly AliyunSource[] = [
  listing("alarm", source, "report", async ({ call, instances }) => {
    const asked = new Set(instances.map(({ record }) => record.id));
    const rules = await readAlarms(call);
    return findingsOf(
      source,
      rules.flatMap((rule) =>
        [...new Set(watchedBy(rule))].filter((id) => asked.has(id)).map((id) => alarmFinding(rule, id)),
      ),
    );
  }),
];

/** All alert rules on instances. A filter takes one instance at a time. */
export async function readAlarms(call: AliyunCall): Promise<readonly Wire[]> {
  return await call.pages("cms", "DescribeMetricRuleList", { Namespace: "acs_ecs_dashboard" });
}

/** The instances a rule names. They stand in a JSON text, whose form is not documented beyond its examples. */
export function watchedBy(rule: Wire): readonly string[] {
  return [...(rule.text("Resources") ?? "").matchAll(/"(i-[0-9a-z]+)"/g)].map(([, id]) => id ?? "");
}

function alarmFinding(rule: Wire, instanceId: string): Finding {
  const name = rule.text("RuleName") ?? rule.need("RuleId");
  return {
    instanceId,
    node: { kind: "alarm", id: rule.need("RuleId"), name, billing: "none" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `The alert rule ${name} watches it, and stays without data.`,
    },
  };
}
