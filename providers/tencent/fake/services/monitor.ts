import type { JsonObject } from "../../../../src/common.js";
import { isRecord, need, number, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { pageOf, usualPages } from "../list.js";
import type { AlarmPolicy } from "../records.js";
import { plain } from "../service.js";
import { change, existing, join, leave, type TencentActions, type TencentRequestContext } from "../state.js";

/** "Dimensions": with the correspondence asked for, at most 20 objects; without a stated limit otherwise. */
const maxDimensions = 20;

/** Alarm policies, and the instances bound to them. The binding of a dead instance stays. */
export const alarmActions: TencentActions = {
  "monitor:DescribeAlarmPolicies": plain.read(
    "Module=monitor! PageNumber:n PageSize:n PolicyName MonitorTypes[] Namespaces[] Dimensions ReceiverUids[]:n " +
      "ReceiverGroups[]:n PolicyType[] Field Order ProjectIds[]:n NoticeIds[] RuleTypes[] Enable[]:n " +
      "NotBindingNoticeRule:n InstanceGroupId:n NeedCorrespondence:n TriggerTasks[10]{Type! TaskConfig!} " +
      "OneClickPolicyType[] NotBindAll:n NotInstanceGroup:n Tags[]{Key! Value!} PromInsId ReceiverOnCallFormIDs[] " +
      "NoticeContentTmplIDs[] IsPredefined:n",
    describePolicies,
  ),
  "monitor:DescribeBindingPolicyObjectList": plain.read(
    "Module=monitor! GroupId:n! PolicyId Limit:n Offset:n " +
      "Dimensions[]{RegionId:n! Region! Dimensions! EventDimensions!}",
    (context) => {
      const { state, parameters } = context;
      const { bindings } = policyFor(context);
      const [start, end] = pageOf(parameters, usualPages, plain.wording);
      return {
        List: bindings.slice(start, end).map(({ uniqueId, instanceId }) => ({
          UniqueId: uniqueId,
          Dimensions: dimensionsOf(instanceId),
          IsShielded: 0,
          Region: state.region,
        })),
        Total: bindings.length,
        NoShieldedSum: bindings.length,
        InstanceGroup: null,
      };
    },
  ),
  "monitor:UnBindingPolicyObject": plain.write(
    "Module=monitor! GroupId:n! UniqueId[]! InstanceGroupId:n PolicyId EbSubject EbEventFlag:n",
    (context) => {
      const { state, parameters, effect } = context;
      const policy = policyFor(context);
      const wanted = texts(parameters, "UniqueId");
      for (const { uniqueId, instanceId } of policy.bindings) {
        if (!wanted.includes(uniqueId)) continue;
        effect(instanceId);
        leave(state, "alarm", policy.id, instanceId);
      }
      const bindings = policy.bindings.filter(({ uniqueId }) => !wanted.includes(uniqueId));
      change(state.alarmPolicies, policy.id, { bindings });
      return {};
    },
  ),
  "monitor:BindingPolicyObject": plain.write(
    "Module=monitor! GroupId:n PolicyId InstanceGroupId:n " +
      "Dimensions[]{Region! RegionId:n Dimensions EventDimensions} EbSubject EbEventFlag:n",
    (context) => {
      const { state, ids, parameters, effect } = context;
      const policy = policyFor(context);
      const added = records(parameters, "Dimensions").flatMap((one) => {
        const instanceId = instanceIn(text(one, "Dimensions") ?? "");
        if (instanceId === undefined) throw refusal("FailedOperation", "The dimensions name no instance.");
        if (policy.bindings.some((other) => other.instanceId === instanceId)) return [];
        effect(instanceId);
        join(state, "alarm", policy.id, instanceId);
        return [{ uniqueId: ids.assign("binding"), instanceId }];
      });
      change(state.alarmPolicies, policy.id, { bindings: [...policy.bindings, ...added] });
      return {};
    },
  ),
};

function describePolicies({ state, parameters }: TencentRequestContext): JsonObject {
  const sent = text(parameters, "Dimensions");
  if (
    sent !== undefined &&
    (texts(parameters, "MonitorTypes").length === 0 || texts(parameters, "Namespaces").length === 0)
  )
    throw refusal("FailedOperation", "`Dimensions` needs `MonitorTypes` and `Namespaces`.");
  const wanted = sent === undefined ? undefined : instancesIn(sent);
  const withCorrespondence = number(parameters, "NeedCorrespondence") === 1;
  if (withCorrespondence && (wanted?.length ?? 0) > maxDimensions)
    throw refusal("FailedOperation", `At most ${maxDimensions} objects with their correspondence.`);
  const size = number(parameters, "PageSize") ?? 20;
  const page = number(parameters, "PageNumber") ?? 1;
  if (size < 1 || size > 100 || page < 1) throw refusal("FailedOperation", "`PageSize` is between 1 and 100.");
  const found = [...state.alarmPolicies.values()].filter(
    ({ bindings }) => wanted === undefined || bindings.some(({ instanceId }) => wanted.includes(instanceId)),
  );
  const items = found.slice((page - 1) * size, page * size).map((policy) => {
    const bound = policy.bindings.map(({ instanceId }) => instanceId).filter((id) => wanted?.includes(id));
    return {
      ...policyItem(policy),
      ...(withCorrespondence
        ? { FilterDimensionsParam: JSON.stringify(bound.map((value) => [{ name: "unInstanceId", value }])) }
        : {}),
    };
  });
  return { TotalCount: found.length, Policies: items };
}

function policyFor({ state, parameters }: TencentRequestContext): AlarmPolicy {
  return existing(state.alarmPolicies, need(parameters, "PolicyId"), "ResourceNotFound", "alarm policy");
}

function policyItem({ id, name, bindings }: AlarmPolicy): JsonObject {
  return {
    PolicyId: id,
    PolicyName: name,
    Remark: "",
    MonitorType: "MT_QCE",
    Enable: 1,
    UseSum: bindings.length,
    ProjectId: 0,
    Namespace: "cvm_device",
    InstanceSum: bindings.length,
    InstanceGroupId: 0,
    IsBindAll: 0,
  };
}

function dimensionsOf(instanceId: string): string {
  return JSON.stringify({ unInstanceId: instanceId });
}

/** `[[{"name":"unInstanceId","value":"ins-…"}]]`: a list of objects, each a list of dimensions. */
function instancesIn(sent: string): readonly string[] {
  const parsed: unknown = parse(sent);
  if (!Array.isArray(parsed)) throw refusal("FailedOperation", "`Dimensions` is no list.");
  return parsed.flatMap((object: unknown) => {
    if (!Array.isArray(object)) throw refusal("FailedOperation", "`Dimensions` is no list of lists.");
    return object.flatMap((one: unknown) => (isRecord(one) && one.name === "unInstanceId" ? need(one, "value") : []));
  });
}

function instanceIn(sent: string): string | undefined {
  const parsed = parse(sent);
  return isRecord(parsed) ? text(parsed, "unInstanceId") : undefined;
}

function parse(sent: string): unknown {
  try {
    return JSON.parse(sent);
  } catch {
    throw refusal("FailedOperation", "`Dimensions` is no JSON.");
  }
}
