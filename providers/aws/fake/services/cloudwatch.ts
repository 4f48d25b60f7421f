import type { JsonObject } from "../../../../src/common.js";
import { page } from "../paging.js";
import { type AwsRequestContext, resourcesOf } from "../state.js";
import { texts } from "../wire/read.js";
import { service } from "./service.js";

/** Composite alarms are left out unless `AlarmTypes` names them (DescribeAlarms). */
function describeAlarms(context: AwsRequestContext): JsonObject {
  const { parameters, state } = context;
  const types = parameters.AlarmTypes === undefined ? ["MetricAlarm"] : texts(parameters, "AlarmTypes");
  const names = texts(parameters, "AlarmNames");
  const chosen = resourcesOf(state, "alarm").filter(
    ({ id, wire }) => types.includes(String(wire.type)) && (names.length === 0 || names.includes(id)),
  );
  const spec = { token: "NextToken", size: "MaxRecords", usual: 50, most: 100, invalid: "InvalidNextToken" };
  const { things, next } = page(context, chosen, spec);
  const of = (type: string) =>
    things.filter(({ wire }) => wire.type === type).map(({ wire: { type: _, ...alarm } }) => alarm);
  return { MetricAlarms: of("MetricAlarm"), CompositeAlarms: of("CompositeAlarm"), ...next };
}

/** Alarms. */
export const cloudwatch = service(
  { name: "cloudwatch", signedAs: "monitoring", protocol: "json", target: "GraniteServiceVersion20100801" },
  {
    DescribeAlarms: {
      parameters:
        "AlarmNames[] AlarmNamePrefix AlarmTypes[] ChildrenOfAlarmName ParentsOfAlarmName StateValue ActionPrefix MaxRecords:n NextToken",
      handle: describeAlarms,
    },
  },
);
