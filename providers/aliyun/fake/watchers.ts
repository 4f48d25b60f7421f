import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { tokenPage } from "./wire/pages.js";
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

/** No groups are seeded, so an instance is in none. */
function describeMonitorGroups({ input }: AliyunRequestContext): JsonObject {
  return {
    Total: 0,
    PageNumber: number(input, "PageNumber") ?? 1,
    PageSize: number(input, "PageSize") ?? 30,
    Resources: { Resource: [] },
  };
}

function describePolicyBindings({ state, input }: AliyunRequestContext): JsonObject {
  const ids = texts(input, "DataSourceIds");
  const policyId = text(input, "PolicyId");
  const all = [...state.policyBindings].map(([id, binding]) => ({ id, ...binding }));
  const found = all.filter(
    (binding) => (!ids || ids.includes(binding.instanceId)) && (!policyId || binding.policyId === policyId),
  );
  const { rows, fields } = tokenPage(input, found, { size: "MaxResults", usual: 10, least: 10, most: 100 });
  const PolicyBindings = rows.map((binding) => ({
    PolicyId: binding.policyId,
    PolicyBindingId: `pb-${binding.instanceId}`,
    SourceType: "UDM_ECS",
    DataSourceId: binding.instanceId,
    Disabled: false,
    CreatedTime: Math.floor(binding.createdAt / 1000),
  }));
  return { ...fields, MaxResults: number(input, "MaxResults") ?? 10, TotalCount: found.length, PolicyBindings };
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

/** Services that watch over instances and their data: CloudMonitor, Cloud Backup, Key Management. */
export const watchers: AliyunActions = {
  "cms:DescribeMetricRuleList": read("RegionId RuleIds:c20 Namespace Page:n PageSize:n1-100", describeMetricRules),
  "cms:DescribeMonitorGroups": read("RegionId InstanceId PageNumber:n PageSize:n1-100", describeMonitorGroups),
  "hbr:DescribePolicyBindings": read(
    "PolicyId SourceType DataSourceIds:j100 MaxResults:n NextToken",
    describePolicyBindings,
  ),
  "kms:DescribeKey": read("KeyId!", describeKey),
};
