import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import { is, matching } from "./lists.js";
import type { Database } from "./owners.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { numberedPage, tokenPage } from "./wire/pages.js";
import { need, number, text, texts } from "./wire/read.js";
import { seconds } from "./wire/times.js";

/** What each engine calls the id of a database. */
const idNames: Readonly<Record<Database["engine"], string>> = {
  rds: "DBInstanceId",
  redis: "InstanceId",
  mongodb: "DBInstanceId",
  polardb: "DBClusterId",
};

function named({ state, input }: AliyunRequestContext, engine: Database["engine"]): Database {
  const name = idNames[engine];
  const database = state.databases.get(need(input, name));
  if (database?.engine !== engine)
    throw refusal(`Invalid${name}.NotFound`, "The specified instance is not found.", 404);
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
  const database = named(context, "rds");
  const DBInstanceIPArray = [
    {
      DBInstanceIPArrayName: "default",
      DBInstanceIPArrayAttribute: "",
      SecurityIPType: "IPv4",
      SecurityIPList: listOf(database),
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
  const database = named(context, "redis");
  const SecurityIpGroup = [
    {
      SecurityIpGroupName: "default",
      SecurityIpGroupAttribute: "",
      SecurityIpList: listOf(database),
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

/** Thirty, fifty or a hundred rows, and no other number. */
const pageSizes = [30, 50, 100];

function wholePage(input: JsonObject): void {
  const size = number(input, "PageSize") ?? 30;
  if (!pageSizes.includes(size)) throw refusal("InvalidParameter", 'The specified parameter "PageSize" is not valid.');
}

/** Replica sets alone, unless another kind is asked for. All that are seeded are replica sets. */
function describeMongoInstances({ state, input, scope }: AliyunRequestContext): JsonObject {
  wholePage(input);
  const kind = text(input, "DBInstanceType") ?? "replicate";
  const own = [...state.databases.values()].filter(({ engine }) => engine === "mongodb" && kind === "replicate");
  const found = matching<Database>(own, input, { DBInstanceId: is(({ id }) => id), VpcId: is(({ vpcId }) => vpcId) });
  const { rows, fields } = numberedPage(input, found, 100, 30);
  const DBInstance = rows.map(({ id, createdAt }) => ({
    DBInstanceId: id,
    DBInstanceDescription: "",
    DBInstanceStatus: "Running",
    DBInstanceType: "replicate",
    Engine: "MongoDB",
    ChargeType: "PostPaid",
    NetworkType: "VPC",
    RegionId: scope.region,
    CreationTime: seconds(createdAt),
    MongosList: { MongosAttribute: [] },
    ShardList: { ShardAttribute: [] },
    Tags: { Tag: [] },
  }));
  return { ...fields, DBInstances: { DBInstance } };
}

function describeMongoWhitelist(context: AliyunRequestContext): JsonObject {
  const list = listOf(named(context, "mongodb"));
  const SecurityIpGroup = [{ SecurityIpGroupName: "default", SecurityIpGroupAttribute: "", SecurityIpList: list }];
  return { SecurityIps: list, SecurityIpGroups: { SecurityIpGroup } };
}

function describeMongoGroups(context: AliyunRequestContext): JsonObject {
  const { groupIds } = named(context, "mongodb");
  const RdsEcsSecurityGroupRel = groupIds.map((SecurityGroupId) => ({
    SecurityGroupId,
    RegionId: context.scope.region,
    NetType: "vpc",
  }));
  return { Items: { RdsEcsSecurityGroupRel } };
}

function describePolarClusters({ state, input, scope }: AliyunRequestContext): JsonObject {
  wholePage(input);
  const ids = texts(input, "DBClusterIds");
  const found = [...state.databases.values()].filter(
    ({ engine, id }) => engine === "polardb" && (!ids || ids.includes(id)),
  );
  const { rows, fields } = numberedPage(input, found, 100, 30);
  const DBCluster = rows.map(({ id, vpcId, createdAt }) => ({
    DBClusterId: id,
    DBClusterDescription: "",
    DBClusterStatus: "Running",
    DBClusterNetworkType: "VPC",
    DBType: "MySQL",
    Engine: "POLARDB",
    PayType: "Postpaid",
    RegionId: scope.region,
    VpcId: vpcId,
    CreateTime: seconds(createdAt),
    DBNodes: { DBNode: [] },
    Tags: { Tag: [] },
  }));
  const { PageNumber = 1 } = fields;
  return { PageNumber, PageRecordCount: rows.length, TotalRecordCount: found.length, Items: { DBCluster } };
}

/** Addresses and groups in one answer. */
function describePolarAccess(context: AliyunRequestContext): JsonObject {
  const database = named(context, "polardb");
  const DBClusterIPArray = [
    { DBClusterIPArrayName: "default", DBClusterIPArrayAttribute: "", SecurityIps: listOf(database) },
  ];
  const DBClusterSecurityGroup = database.groupIds.map((SecurityGroupId) => ({
    SecurityGroupId,
    SecurityGroupName: "",
  }));
  return { Items: { DBClusterIPArray }, DBClusterSecurityGroups: { DBClusterSecurityGroup } };
}

/** One that nobody added to lets in nobody. */
function listOf({ whitelist }: Database): string {
  return whitelist.length === 0 ? "127.0.0.1" : whitelist.join(",");
}

/** Databases of four engines, as far as their firewalls name instances. */
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
  "dds:DescribeDBInstances": read(
    "RegionId DBInstanceId DBInstanceType DBNodeType VpcId PageNumber:n PageSize:n",
    describeMongoInstances,
  ),
  "dds:DescribeSecurityIps": read("DBInstanceId! ShowHDMIps:b", describeMongoWhitelist),
  "dds:DescribeSecurityGroupConfiguration": read("DBInstanceId!", describeMongoGroups),
  "polardb:DescribeDBClusters": read("RegionId! DBClusterIds:c50 PageNumber:n PageSize:n", describePolarClusters),
  "polardb:DescribeDBClusterAccessWhitelist": read("DBClusterId!", describePolarAccess),
};
