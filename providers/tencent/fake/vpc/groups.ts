import type { JsonObject } from "../../../../src/common.js";
import { need, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list, usualPages } from "../list.js";
import type { SecurityGroup } from "../records.js";
import { vpc } from "../service.js";
import { change, existing, type TencentActions, type TencentRequestContext, type TencentState } from "../state.js";
import { beijing, tagList } from "../times.js";

/** Product types of a recorded answer. The flat counters of the same answer cover five of them only. */
const productTypes = (
  "CDB CVM ENI CLB DCDB HSM MongoDB Mariadb Redis TBASE SQLSERVER CHC CTSDBI POSTGRES CYNOSDBPG TDAPG ELASTICSEARCH " +
  "NATGW ENDPOINT CASB CVP KONISGRAPH TDSTORE LB-WAN LB-LAN CVD EKS"
).split(" ");
/** No page states a limit, but the error list has a code for too many: the fake takes few. */
const maxGroups = 20;

/** Security groups and who uses them. */
export const groupActions: TencentActions = {
  "vpc:DescribeSecurityGroups": list<SecurityGroup>(vpc, {
    parameters: "SecurityGroupIds[100] Filters[]{Name! Values[]!} Offset Limit OrderField OrderDirection",
    set: "SecurityGroupSet",
    things: ({ groups }) => groups,
    ids: {
      parameter: "SecurityGroupIds",
      path: "SecurityGroupId",
      form: "security-group",
      malformed: "InvalidParameterValue.Malformed",
      notFound: "ResourceNotFound",
    },
    item: groupItem,
    filters: {
      "security-group-id": "SecurityGroupId",
      "project-id": "ProjectId",
      "security-group-name": "SecurityGroupName",
    },
    filterValues: 100,
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DescribeSecurityGroupAssociationStatistics": vpc.read(`SecurityGroupIds[${maxGroups}]!`, (context) => ({
    SecurityGroupAssociationStatisticsSet: groupsFor(context).map((group) => statisticsOf(context.state, group)),
  })),
  "vpc:DescribeSecurityGroupReferences": vpc.read(`SecurityGroupIds[${maxGroups}]!`, (context) => ({
    ReferredSecurityGroupSet: groupsFor(context).map(({ id }) => ({
      SecurityGroupId: id,
      ReferredSecurityGroupIds: referencesTo(context.state, id),
    })),
  })),
  "vpc:DescribeSecurityGroupLimits": vpc.read("", ({ state }) => ({
    SecurityGroupLimitSet: {
      SecurityGroupLimit: 50,
      SecurityGroupPolicyLimit: state.quotas.get("rules") ?? 100,
      ReferedSecurityGroupLimit: 10,
      SecurityGroupInstanceLimit: 2_000,
      InstanceSecurityGroupLimit: 5,
      SecurityGroupExtendedPolicyLimit: 2_000,
      SecurityGroupReferedCvmAndEniLimit: 2_000,
      SecurityGroupReferedSvcLimit: 2_000,
    },
  })),
  "vpc:CreateSecurityGroup": vpc.write("GroupName! GroupDescription! ProjectId Tags[]{Key! Value}", (context) => {
    const { state, ids, parameters, effect, now } = context;
    const id = ids.assign("security-group");
    const group: SecurityGroup = {
      id,
      name: need(parameters, "GroupName"),
      description: need(parameters, "GroupDescription"),
      isDefault: false,
      version: 0,
      ingress: [],
      egress: [],
      createdAt: now,
      tags: Object.fromEntries(records(parameters, "Tags").map((tag) => [need(tag, "Key"), text(tag, "Value") ?? ""])),
      otherUsers: {},
    };
    effect(id);
    state.groups.set(id, group);
    return { SecurityGroup: groupItem(group) };
  }),
  "vpc:DeleteSecurityGroup": vpc.write("SecurityGroupId!", (context) => {
    const { state, parameters, effect, now } = context;
    const id = need(parameters, "SecurityGroupId");
    const group = existing(state.groups, id, "InvalidSecurityGroupID.NotFound", "security group");
    if (group.isDefault) throw refusal("UnsupportedOperation", "The default security group cannot be deleted.");
    const isUsed = totalOf(usersOf(state, group)) > 0 || referencesTo(state, id).some((other) => other !== id);
    // A group is taken for some minutes after its last instance has gone.
    if (isUsed || now < (state.lingering.get(`group/${id}`) ?? 0))
      throw refusal("ResourceInUse", `The security group \`${id}\` is in use.`);
    effect(id);
    state.groups.delete(id);
    return {};
  }),
  "vpc:AssociateNetworkInterfaceSecurityGroups": vpc.write(
    "NetworkInterfaceIds[100]! SecurityGroupIds[100]!",
    (context) => changeInterfaces(context, (own, named) => [...new Set([...own, ...named])]),
  ),
  "vpc:DisassociateNetworkInterfaceSecurityGroups": vpc.write(
    "NetworkInterfaceIds[100]! SecurityGroupIds[100]!",
    (context) => changeInterfaces(context, (own, named) => own.filter((id) => !named.includes(id))),
  ),
};

function groupsFor({ state, parameters }: TencentRequestContext): readonly SecurityGroup[] {
  return texts(parameters, "SecurityGroupIds").map((id) =>
    existing(state.groups, id, "ResourceNotFound", "security group"),
  );
}

/** "Does not support the primary interface": its groups are its instance's. */
function changeInterfaces(
  context: TencentRequestContext,
  groupsOf: (own: readonly string[], named: readonly string[]) => readonly string[],
): JsonObject {
  const { state, parameters, effect } = context;
  const named = groupsFor(context).map(({ id }) => id);
  const interfaces = texts(parameters, "NetworkInterfaceIds").map((id) =>
    existing(state.interfaces, id, "ResourceNotFound", "network interface"),
  );
  for (const { id, primary } of interfaces)
    if (primary) throw refusal("UnsupportedOperation", `\`${id}\` is a primary network interface.`);
  for (const { id, groupIds } of interfaces) {
    effect(id);
    change(state.interfaces, id, { groupIds: groupsOf(groupIds, named) });
  }
  return {};
}

/** Users by product type. A primary interface counts as its instance; an instance in the bin still counts. */
function usersOf(state: TencentState, { id, otherUsers }: SecurityGroup): ReadonlyMap<string, number> {
  const users = new Map(productTypes.map((type) => [type, 0]));
  const add = (type: string, number: number) => users.set(type, (users.get(type) ?? 0) + number);
  add("CVM", [...state.instances.values()].filter(({ groupIds }) => groupIds.includes(id)).length);
  add("ENI", [...state.interfaces.values()].filter(({ groupIds }) => groupIds.includes(id)).length);
  for (const { product, groupIds } of state.databases.values()) if (groupIds.includes(id)) add(product, 1);
  for (const { groupIds } of state.loadBalancers.values())
    if (groupIds.includes(id)) {
      add("CLB", 1);
    }
  for (const [type, number] of Object.entries(otherUsers)) add(type, number);
  return users;
}

function totalOf(users: ReadonlyMap<string, number>): number {
  return [...users.values()].reduce((sum, number) => sum + number, 0);
}

/** Groups with a rule whose source is this one. */
function referencesTo(state: TencentState, id: string): readonly string[] {
  return [...state.groups.values()]
    .filter(({ ingress, egress }) => [...ingress, ...egress].some(({ groupId }) => groupId === id))
    .map((group) => group.id);
}

function statisticsOf(state: TencentState, group: SecurityGroup): JsonObject {
  const users = usersOf(state, group);
  return {
    SecurityGroupId: group.id,
    CVM: users.get("CVM") ?? 0,
    CDB: users.get("CDB") ?? 0,
    ENI: users.get("ENI") ?? 0,
    SG: referencesTo(state, group.id).length,
    CLB: users.get("CLB") ?? 0,
    InstanceStatistics: [...users].map(([InstanceType, InstanceCount]) => ({ InstanceType, InstanceCount })),
    TotalCount: totalOf(users),
  };
}

function groupItem(group: SecurityGroup): JsonObject {
  return {
    SecurityGroupId: group.id,
    SecurityGroupName: group.name,
    SecurityGroupDesc: group.description,
    ProjectId: "0",
    IsDefault: group.isDefault,
    CreatedTime: beijing(group.createdAt),
    TagSet: tagList(group.tags),
    UpdateTime: beijing(group.createdAt),
  };
}
