import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import { is, matching } from "./lists.js";
import type { Database } from "./owners.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { numberedPage, tokenPage } from "./wire/pages.js";
import { need, number, text, texts } from "./wire/read.js";
import { seconds } from "./wire/times.js";

function named({ state, input }: AliyunRequestContext, engine: Database["engine"]): Database {
  const database = state.databases.get(need(input, engine === "rds" ? "DBInstanceId" : "InstanceId"));
  if (database?.engine !== engine)
    throw engine === "rds"
      ? refusal("InvalidDBInstanceId.NotFound", "The specified instance is not found.", 404)
      : refusal("InvalidInstanceId.NotFound", "The instance not in current vpc.", 404);
  return database;
}

/** Thirty rows unless others are asked for; counts are called as nowhere else. */
function describeRdsInstances({ state, input, scope }: AliyunRequestContext): JsonObject {
  const own = [...state.databases.values()].filter(({ engine }) => engine === "rds");
  const found = matching<Database>(own, input, { DBInstanceId: is(({ id }) => id), VpcId: is(({ vpcId }) => vpcId) });
  const byToken = number(input, "MaxResults") !== undefined || text(input, "NextToken") !== undefined;
  const { rows, fields } = byToken
    ? tokenPage(input, found, { size: "MaxResults", usual: 30, most: 100 })
    : numberedPage(input, found, 100, 30);
  return {
    PageNumber: fields.PageNumber ?? 1,
    PageRecordCount: rows.length,
    TotalRecordCount: found.length,
    NextToken: fields.NextToken ?? "",
    Items: {
      DBInstance: rows.map(({ id, vpcId, createdAt }) => ({
        DBInstanceId: id,
        DBInstanceDescription: "",
        DBInstanceStatus: "Running",
        DBInstanceType: "Primary",
        Engine: "MySQL",
        PayType: "Postpaid",
        RegionId: scope.region,
        VpcId: vpcId,
        CreateTime: seconds(createdAt),
      })),
    },
  };
}

function describeRdsWhitelist(context: AliyunRequestContext): JsonObject {
  const { whitelist } = named(context, "rds");
  const DBInstanceIPArray = [
    {
      DBInstanceIPArrayName: "default",
      DBInstanceIPArrayAttribute: "",
      SecurityIPType: "IPv4",
      SecurityIPList: whitelist.length === 0 ? "127.0.0.1" : whitelist.join(","),
    },
  ];
  return { Items: { DBInstanceIPArray } };
}

function describeRdsGroups(context: AliyunRequestContext): JsonObject {
  const { id, groupIds } = named(context, "rds");
  const EcsSecurityGroupRelation = groupIds.map((SecurityGroupId) => ({
    SecurityGroupId,
    RegionId: context.scope.region,
    NetworkType: "vpc",
    SecurityGroupName: "",
  }));
  return { DBInstanceName: id, Items: { EcsSecurityGroupRelation } };
}

function describeRedisInstances({ state, input, scope }: AliyunRequestContext): JsonObject {
  const ids = texts(input, "InstanceIds");
  const own = [...state.databases.values()].filter(
    ({ engine, id }) => engine === "redis" && (!ids || ids.includes(id)),
  );
  const { rows, fields } = numberedPage(
    input,
    matching<Database>(own, input, { VpcId: is(({ vpcId }) => vpcId) }),
    50,
    30,
  );
  const KVStoreInstance = rows.map(({ id, vpcId, createdAt }) => ({
    InstanceId: id,
    InstanceName: "",
    InstanceStatus: "Normal",
    ChargeType: "PostPaid",
    NetworkType: "VPC",
    RegionId: scope.region,
    VpcId: vpcId,
    CreateTime: seconds(createdAt),
    Tags: { Tag: [] },
  }));
  return { ...fields, Instances: { KVStoreInstance } };
}

function describeRedisWhitelist(context: AliyunRequestContext): JsonObject {
  const { whitelist } = named(context, "redis");
  const SecurityIpGroup = [
    {
      SecurityIpGroupName: "default",
      SecurityIpGroupAttribute: "",
      SecurityIpList: whitelist.length === 0 ? "127.0.0.1" : whitelist.join(","),
    },
  ];
  return { SecurityIpGroups: { SecurityIpGroup } };
}

function describeRedisGroups(context: AliyunRequestContext): JsonObject {
  const { groupIds } = named(context, "redis");
  const EcsSecurityGroupRelation = groupIds.map((SecurityGroupId) => ({
    SecurityGroupId,
    RegionId: context.scope.region,
    NetType: "vpc",
  }));
  return { Items: { EcsSecurityGroupRelation } };
}

/** Relational and Redis databases, as far as their firewalls name instances. */
export const databases: AliyunActions = {
  "rds:DescribeDBInstances": read(
    "RegionId! DBInstanceId VpcId MaxResults:n NextToken PageNumber:n PageSize:n",
    describeRdsInstances,
  ),
  "rds:DescribeDBInstanceIPArrayList": read("DBInstanceId! WhitelistNetworkType", describeRdsWhitelist),
  "rds:DescribeSecurityGroupConfiguration": read("DBInstanceId!", describeRdsGroups),
  "kvstore:DescribeInstances": read("RegionId InstanceIds:c30 VpcId PageNumber:n PageSize:n", describeRedisInstances),
  "kvstore:DescribeSecurityIps": read("InstanceId!", describeRedisWhitelist),
  "kvstore:DescribeSecurityGroupConfiguration": read("InstanceId!", describeRedisGroups),
};
