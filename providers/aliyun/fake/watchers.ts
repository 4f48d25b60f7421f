import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { numberedPage } from "./wire/pages.js";
import { need, number, text, texts } from "./wire/read.js";

/** Ten rules unless others are asked for; the total is a text; the instances stand in a JSON text. */
function describeMetricRules({ state, input }: AliyunRequestContext): JsonObject {
  const ids = texts(input, "RuleIds");
  const namespace = text(input, "Namespace");
  const found = [...state.metricRules.values()].filter(
    ({ id }) => (!ids || ids.includes(id)) && (!namespace || namespace === "acs_ecs_dashboard"),
  );
  const page = number(input, "Page") ?? 1;
  const size = number(input, "PageSize") ?? 10;
  const Alarm = found.slice((page - 1) * size, page * size).map(({ id, name, instanceIds }) => ({
    RuleId: id,
    RuleName: name,
    Namespace: "acs_ecs_dashboard",
    MetricName: "CPUUtilization",
    EnableState: true,
    AlertState: "OK",
    GroupId: "",
    ContactGroups: "",
    Dimensions: "",
    Resources: JSON.stringify(instanceIds.map((instanceId) => ({ instanceId }))),
  }));
  return { Total: String(found.length), Alarms: { Alarm } };
}

/** Application groups; thirty rows unless others are asked for. */
function describeMonitorGroups({ state, input }: AliyunRequestContext): JsonObject {
  const instanceId = text(input, "InstanceId");
  const found = [...state.monitorGroups.values()].filter(
    ({ instanceIds }) => !instanceId || instanceIds.includes(instanceId),
  );
  const { rows, fields } = numberedPage(input, found, 100, 30);
  const Resource = rows.map(({ id, name, createdAt }) => ({
    GroupId: Number(id),
    GroupName: name,
    Type: "custom",
    BindUrl: "",
    ServiceId: "",
    GmtCreate: createdAt,
    GmtModified: createdAt,
    ContactGroups: { ContactGroup: [] },
    Tags: { Tag: [] },
  }));
  return { ...counts(fields), Resources: { Resource } };
}

function describeMonitorMembers({ state, input, scope }: AliyunRequestContext): JsonObject {
  const group = state.monitorGroups.get(need(input, "GroupId"));
  if (!group) throw refusal("ResourceNotFound", "The specified resource is not found.", 404);
  const { rows, fields } = numberedPage(input, group.instanceIds, 100);
  const Resource = rows.map((InstanceId, index) => ({
    Id: index + 1,
    InstanceId,
    InstanceName: "",
    Category: "ECS",
    RegionId: scope.region,
  }));
  return { ...counts(fields), Resources: { Resource } };
}

/** The count of all is called otherwise here. */
function counts({ TotalCount = 0, ...fields }: JsonObject): JsonObject {
  return { ...fields, Total: TotalCount };
}

/** Keys of disks. Whether one can still open anything shows in its state. */
function describeKey({ state, input, scope }: AliyunRequestContext): JsonObject {
  const id = need(input, "KeyId");
  const keyState = state.keys.get(id);
  if (!keyState) throw refusal("Forbidden.KeyNotFound", "The specified Key is not found.", 404);
  return {
    KeyMetadata: {
      KeyId: id,
      Arn: `acs:kms:${scope.region}:${scope.accountId}:key/${id}`,
      KeyState: keyState,
      KeyUsage: "ENCRYPT/DECRYPT",
      Origin: "Aliyun_KMS",
      DeleteDate: "",
    },
  };
}

/** Services that watch over instances and their data: CloudMonitor, Key Management. */
export const watchers: AliyunActions = {
  "cms:DescribeMetricRuleList": read("RegionId RuleIds:c20 Namespace Page:n PageSize:n1-100", describeMetricRules),
  "cms:DescribeMonitorGroups": read("RegionId InstanceId PageNumber:n PageSize:n1-100", describeMonitorGroups),
  "cms:DescribeMonitorGroupInstances": read(
    "RegionId GroupId! Category InstanceIds Keyword PageNumber:n PageSize:n1-100",
    describeMonitorMembers,
  ),
  "kms:DescribeKey": read("KeyId!", describeKey),
};
