import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { listing } from "./rows.js";
import type { AliyunSource } from "./survey.js";

const source = "cms:DescribeMetricRuleList";
const groupSource = "cms:DescribeMonitorGroupInstances";
/** Reads at a time: one group each. */
const concurrency = 5;

/** Alert rules of CloudMonitor that watch the instances, and its groups that they are in. */
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
  listing("alarm", groupSource, "report", async ({ call, instances }) => {
    const asked = new Set(instances.map(({ record }) => record.id));
    const members = await readMonitorGroups(call);
    return findingsOf(
      groupSource,
      members.flatMap((member) => (asked.has(member.instanceId) ? [groupFinding(member)] : [])),
    );
  }),
];

/** A member of an application group, of whichever service. */
interface MonitorMember {
  readonly groupId: string;
  readonly name: string;
  readonly instanceId: string;
}

/** The members of all application groups: asked by instance it would be one request each. */
async function readMonitorGroups(call: AliyunCall): Promise<readonly MonitorMember[]> {
  const groups = await call.pages("cms", "DescribeMonitorGroups");
  const found = await mapConcurrent(groups, concurrency, async (group) => {
    const groupId = group.need("GroupId");
    const name = group.text("GroupName") ?? groupId;
    const rows = await call.pages("cms", "DescribeMonitorGroupInstances", { GroupId: groupId });
    return rows.map((row) => ({ groupId, name, instanceId: row.need("InstanceId") }));
  });
  return found.flat();
}

function groupFinding({ groupId, name, instanceId }: MonitorMember): Finding {
  return {
    instanceId,
    node: { kind: "alarm", id: groupId, name, billing: "none" },
    edge: {
      relation: "member",
      effect: "report",
      atTermination: "kept",
      why: `It is in the application group ${name}, whose alert rules watch it. The group stays.`,
    },
  };
}

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
