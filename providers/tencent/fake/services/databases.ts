import type { JsonObject } from "../../../../src/common.js";
import { need, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list } from "../list.js";
import type { Database } from "../records.js";
import { plain } from "../service.js";
import { existing, type TencentActions, type TencentState } from "../state.js";
import { beijing } from "../times.js";

/** Databases, as far as they use security groups. Other products show in the statistics of a group only. */
export const databaseActions: TencentActions = {
  "cdb:DescribeDBInstances": list<Database>(plain, {
    parameters:
      "ProjectId:n InstanceTypes[]:n Vips[] Status[]:n Offset:n Limit:n SecurityGroupId PayTypes[]:n InstanceNames[] " +
      "TaskStatus[]:n EngineVersions[] VpcIds[]:n ZoneIds[]:n SubnetIds[]:n CdbErrors[]:n OrderBy OrderDirection " +
      "WithSecurityGroup:n WithExCluster:n ExClusterId InstanceIds[] InitFlag:n WithDr:n WithRo:n WithMaster:n " +
      "DeployGroupIds[] TagKeysForSearch[] CageIds[] TagValues[] UniqueVpcIds[] UniqSubnetIds[] Tags[]{Key! Value!} " +
      "ProxyVips[] ProxyIds[] EngineTypes[] QueryClusterInfo:b",
    set: "Items",
    things: (state, { parameters }) => {
      if (parameters.SecurityGroupId !== undefined && parameters.WithSecurityGroup !== 1)
        throw refusal("InvalidParameter", "`SecurityGroupId` needs `WithSecurityGroup` to be 1.");
      return databasesOf(state, "CDB");
    },
    ids: { parameter: "InstanceIds", path: "InstanceId" },
    item: ({ id, vpcId, createdAt }, { state }) => ({
      InstanceId: id,
      InstanceName: id,
      Status: 1,
      PayType: 1,
      InstanceType: 1,
      TaskStatus: 0,
      Region: state.region,
      UniqVpcId: vpcId,
      VpcId: state.vpcs.get(vpcId)?.number ?? 0,
      CreateTime: beijing(createdAt),
      DeadlineTime: "0000-00-00 00:00:00",
    }),
    pages: { usual: 20, most: 2_000 },
    chooses: (_, { parameters }, { groupIds }) => {
      const group = parameters.SecurityGroupId;
      return typeof group !== "string" || groupIds.includes(group);
    },
  }),
  "cdb:DescribeDBSecurityGroups": plain.read(
    "InstanceId! ForReadonlyInstance:b OpResourceId",
    ({ state, parameters }) => {
      const id = need(parameters, "InstanceId");
      const database = existing(databasesOf(state, "CDB"), id, "InvalidParameter", "database");
      return {
        Groups: database.groupIds.map((groupId) => ({
          ...groupOf(state, groupId),
          ProjectId: 0,
          Inbound: [],
          Outbound: [],
        })),
      };
    },
  ),
  "redis:DescribeInstances": list<Database>(plain, {
    parameters:
      "Limit:n Offset:n InstanceId OrderBy OrderType:n VpcIds[] SubnetIds[] SearchKey ProjectIds[]:n InstanceName " +
      "UniqVpcIds[] UniqSubnetIds[] RegionIds[]:n Status[]:n TypeVersion:n EngineName AutoRenew[]:n BillingMode Type:n " +
      "SearchKeys[] TypeList[]:n MonitorVersion InstanceTags[]{TagKey! TagValue!} TagKeys[] ProductVersions[] " +
      "InstanceIds[] AzMode",
    set: "InstanceSet",
    things: (state) => databasesOf(state, "Redis"),
    ids: { parameter: "InstanceIds", path: "InstanceId" },
    item: ({ id, vpcId, createdAt }) => ({
      InstanceId: id,
      InstanceName: id,
      Status: 2,
      UniqVpcId: vpcId,
      Createtime: beijing(createdAt),
      BillingMode: 0,
    }),
    pages: { usual: 20, most: 1_000 },
    chooses: ({ InstanceId }, { parameters }) =>
      parameters.InstanceId === undefined || parameters.InstanceId === InstanceId,
  }),
  "redis:DescribeInstanceSecurityGroup": plain.read("InstanceIds[100]!", ({ state, parameters }) => ({
    InstanceSecurityGroupsDetail: texts(parameters, "InstanceIds").flatMap((InstanceId) => {
      const database = databasesOf(state, "Redis").get(InstanceId);
      if (!database) return [];
      const SecurityGroupDetails = database.groupIds.map((id) => ({
        ...groupOf(state, id),
        ProjectId: 0,
        InboundRule: [],
        OutboundRule: [],
      }));
      return [{ InstanceId, SecurityGroupDetails }];
    }),
  })),
};

function databasesOf(state: TencentState, product: string): ReadonlyMap<string, Database> {
  return new Map([...state.databases].filter(([, database]) => database.product === product));
}

function groupOf({ groups }: TencentState, id: string): JsonObject {
  const group = groups.get(id);
  return {
    SecurityGroupId: id,
    SecurityGroupName: group?.name ?? "",
    SecurityGroupRemark: group?.description ?? "",
    CreateTime: beijing(group?.createdAt ?? 0),
  };
}
