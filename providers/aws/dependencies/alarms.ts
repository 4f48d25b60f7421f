import { type Finding, findingsOf } from "../../../src/findings.js";
import { collectPages } from "../../../src/paginate.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const source = "cloudwatch:DescribeAlarms";
/** Largest page of DescribeAlarms (CloudWatch API reference, MaxRecords). */
const alarmPageLimit = 100;

/** Alarms on the instances. They stay and bill, and some of them stop or end an instance by themselves. */
export const alarmSources: readonly AwsSource[] = [
  {
    kind: "alarm",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(source, await alarmsOn(survey)),
  },
];

async function alarmsOn({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const asked = new Set(instances.map(({ record }) => record.id));
  const { metric, composite } = await readAlarms(call);
  const found = metric.flatMap((alarm) => watchedBy(alarm, asked).map((id) => ({ alarm, id })));
  const ofPart = composite.flatMap((alarm) => {
    const rule = alarm.text("AlarmRule") ?? "";
    const ids = found.filter((part) => names(rule, part.alarm.need("AlarmName"))).map(({ id }) => id);
    return [...new Set(ids)].map((id) => ({ alarm, id }));
  });
  return [...found, ...ofPart].map(({ alarm, id }) => alarmFinding(alarm, id));
}

/** Composite alarms come only where they are asked for by name ("DescribeAlarms", AlarmTypes). */
async function readAlarms(
  call: AwsCall,
): Promise<{ readonly metric: readonly Wire[]; readonly composite: readonly Wire[] }> {
  const composite: Wire[] = [];
  const metric = await collectPages(source, async (next) => {
    const { body } = await call.read("cloudwatch", "DescribeAlarms", {
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
      MaxRecords: alarmPageLimit,
      ...(next ? { NextToken: next } : {}),
    });
    composite.push(...body.list("CompositeAlarms"));
    return { items: body.needList("MetricAlarms"), next: body.text("NextToken") };
  });
  return { metric, composite };
}

/** The instances an alarm's metrics are of: its own dimensions, or those of the metrics it computes with. */
function watchedBy(alarm: Wire, asked: ReadonlySet<string>): readonly string[] {
  const dimensions = [
    ...alarm.list("Dimensions"),
    ...alarm.list("Metrics").flatMap((each) => each.object("MetricStat")?.object("Metric")?.list("Dimensions") ?? []),
  ];
  const ids = dimensions.filter((one) => one.text("Name") === "InstanceId").flatMap((one) => one.text("Value") ?? []);
  return [...new Set(ids)].filter((id) => asked.has(id));
}

/** Whether a rule such as `ALARM("disk") OR ALARM(cpu)` names an alarm, by name or ARN. */
function names(rule: string, alarm: string): boolean {
  const quoted = alarm.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`[("':]${quoted}["')]`).test(rule);
}

function alarmFinding(alarm: Wire, instanceId: string): Finding {
  const name = alarm.need("AlarmName");
  const actions = [...alarm.texts("AlarmActions"), ...alarm.texts("InsufficientDataActions")];
  const acts = actions.flatMap((action) => /:ec2:(terminate|stop|reboot|recover)$/.exec(action)?.[1] ?? []);
  return {
    instanceId,
    node: { kind: "alarm", id: alarm.text("AlarmArn") ?? name, name, billing: "continues" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `The alarm ${name} watches it: it stays without data, and bills until it is deleted.${
        acts.length === 0 ? "" : ` It can ${acts.join(" and ")} the instance by itself.`
      }`,
    },
  };
}
