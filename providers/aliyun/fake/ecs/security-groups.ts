import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { addGroup } from "../build.js";
import { amongIds, checkForm, is, isFlag, matching, sentTags, tagged, tagList } from "../lists.js";
import type { AliyunActions, AliyunRequestContext, AliyunState, Rule, SecurityGroup } from "../state.js";
import { ecsPage, tokenPage } from "../wire/pages.js";
import { need, text, texts } from "../wire/read.js";
import { seconds } from "../wire/times.js";

/** The group a request names. */
export function namedGroup({ state, input }: AliyunRequestContext): SecurityGroup {
  return existingGroup(state, need(input, "SecurityGroupId"));
}

function existingGroup(state: AliyunState, id: string): SecurityGroup {
  checkForm("security-group", id, "InvalidSecurityGroupId.Malformed");
  const group = state.groups.get(id);
  if (!group) throw refusal("InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.", 404);
  return group;
}

/** Groups that a service made cannot be changed by hand. */
export function checkUnmanaged({ id, serviceManaged }: SecurityGroup): void {
  if (serviceManaged)
    throw refusal(
      "InvalidOperation.ResourceManagedByCloudProduct",
      `The security group ${id} has been managed by a cloud product.`,
      403,
    );
}

function describeSecurityGroups({ state, input, scope }: AliyunRequestContext): JsonObject {
  const found = matching<SecurityGroup>(state.groups.values(), input, {
    SecurityGroupId: is(({ id }) => id),
    SecurityGroupIds: amongIds("security-group", "InvalidParameter", ({ id }) => id),
    SecurityGroupName: is(({ name }) => name),
    SecurityGroupType: is(({ type }) => type),
    VpcId: is(({ vpcId }) => vpcId),
    ServiceManaged: isFlag(({ serviceManaged }) => serviceManaged),
    Tag: tagged(({ tags }) => tags),
  });
  const { rows, fields } = ecsPage(input, found, 100);
  const row = (group: SecurityGroup): JsonObject => ({
    SecurityGroupId: group.id,
    SecurityGroupName: group.name,
    Description: group.description,
    SecurityGroupType: group.type,
    VpcId: group.vpcId,
    ServiceManaged: group.serviceManaged,
    CreationTime: seconds(group.createdAt),
    // Deprecated: counts are not filled in.
    EcsCount: 0,
    AvailableInstanceAmount: 0,
    RuleCount: group.rules.length,
    GroupToGroupRuleCount: group.rules.filter(
      ({ fields: { SourceGroupId, DestGroupId } }) => SourceGroupId || DestGroupId,
    ).length,
    ResourceGroupId: "",
    Tags: tagList(group.tags),
  });
  return { ...fields, RegionId: scope.region, SecurityGroups: { SecurityGroup: rows.map(row) } };
}

function describeSecurityGroupAttribute(context: AliyunRequestContext): JsonObject {
  const { input, scope, state } = context;
  const group = namedGroup(context);
  const direction = text(input, "Direction") ?? "all";
  if (!["all", "ingress", "egress"].includes(direction)) throw refusal("InvalidParamter", "Invalid Parameter");
  const found = group.rules.filter((each) => direction === "all" || each.direction === direction);
  const { rows, fields } = tokenPage(input, found, { size: "MaxResults", usual: 500, least: 10, most: 1000 });
  return {
    ...fields,
    RegionId: scope.region,
    SecurityGroupId: group.id,
    SecurityGroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    InnerAccessPolicy: group.type === "normal" ? "Accept" : "Drop",
    Permissions: { Permission: rows.map((each) => ruleRow(state, each)) },
  };
}

/** A rule as it is listed: every field a text, also the priority; what is absent is empty. */
function ruleRow(state: AliyunState, { id, direction, createdAt, fields }: Rule): JsonObject {
  return {
    SecurityGroupRuleId: id,
    Direction: direction,
    CreateTime: seconds(createdAt),
    ...fields,
    SourceGroupName: state.groups.get(fields.SourceGroupId)?.name ?? "",
    DestGroupName: state.groups.get(fields.DestGroupId)?.name ?? "",
    SourcePrefixListName: state.prefixLists.get(fields.SourcePrefixListId)?.name ?? "",
    DestPrefixListName: state.prefixLists.get(fields.DestPrefixListId)?.name ?? "",
    PortRangeListName: "",
  };
}

/** Groups of this account and of others whose rules name a group. */
export function referencesTo(state: AliyunState, id: string, accountId: string) {
  const own = [...state.groups.values()].filter(
    (group) =>
      group.id !== id && group.rules.some(({ fields }) => fields.SourceGroupId === id || fields.DestGroupId === id),
  );
  return [
    ...own.map((group) => ({ groupId: group.id, accountId })),
    ...(state.groups.get(id)?.foreignReferences ?? []),
  ];
}

/** Two lists deep, as in the SDK's model; the JSON examples of the page leave one level out. Only groups that are named. */
function describeSecurityGroupReferences({ state, input, scope }: AliyunRequestContext): JsonObject {
  const asked = texts(input, "SecurityGroupId") ?? [];
  const references = asked.flatMap((id) => {
    const found = referencesTo(state, existingGroup(state, id).id, scope.accountId);
    if (found.length === 0) return [];
    const ReferencingSecurityGroup = found.map(({ groupId, accountId }) => ({
      SecurityGroupId: groupId,
      AliUid: accountId,
    }));
    return [{ SecurityGroupId: id, ReferencingSecurityGroups: { ReferencingSecurityGroup } }];
  });
  return { SecurityGroupReferences: { SecurityGroupReference: references } };
}

function createSecurityGroup(context: AliyunRequestContext): JsonObject {
  const { input, state, ids } = context;
  const vpcId = text(input, "VpcId") ?? "";
  if (!state.vpcs.has(vpcId)) throw refusal("InvalidVpcId.NotFound", "Specified VPC does not exist.", 404);
  const type = text(input, "SecurityGroupType") ?? "normal";
  if (type !== "normal" && type !== "enterprise")
    throw refusal("InvalidParameter", 'The specified parameter "SecurityGroupType" is not valid.');
  const made = addGroup(context, {
    id: ids.assign("security-group"),
    name: text(input, "SecurityGroupName") ?? "",
    description: text(input, "Description") ?? "",
    vpcId,
    type,
    tags: sentTags(input),
  });
  context.effect(made.id);
  return { SecurityGroupId: made.id };
}

/** A group goes only when nothing is in it and nothing names it. Interfaces of an instance just released linger. */
function deleteSecurityGroup(context: AliyunRequestContext): undefined {
  const { state, scope } = context;
  const group = namedGroup(context);
  checkUnmanaged(group);
  const used = [...state.interfaces.values()].some(({ groupIds }) => groupIds.includes(group.id));
  if (used || referencesTo(state, group.id, scope.accountId).length > 0)
    throw refusal("DependencyViolation", "There is still instance(s) in the specified security group.", 403);
  state.groups.delete(group.id);
  context.effect(group.id);
}

/** Security groups as such. */
export const securityGroups: AliyunActions = {
  "ecs:DescribeSecurityGroups": read(
    `RegionId! SecurityGroupId SecurityGroupIds:j100 SecurityGroupName SecurityGroupType VpcId ServiceManaged:b
     Tag[20]{Key! Value} MaxResults:n NextToken PageNumber:n PageSize:n`,
    describeSecurityGroups,
  ),
  "ecs:DescribeSecurityGroupAttribute": read(
    "RegionId! SecurityGroupId! Direction NicType MaxResults:n NextToken",
    describeSecurityGroupAttribute,
  ),
  "ecs:DescribeSecurityGroupReferences": read("RegionId! SecurityGroupId[10]!", describeSecurityGroupReferences, {
    codes: { SecurityGroupId: ["InvalidSecurityGroupId.Malformed", 400] },
  }),
  "ecs:CreateSecurityGroup": write(
    "RegionId! VpcId SecurityGroupName Description SecurityGroupType Tag[20]{Key! Value} ClientToken",
    createSecurityGroup,
  ),
  "ecs:DeleteSecurityGroup": write("RegionId! SecurityGroupId!", deleteSecurityGroup),
};
