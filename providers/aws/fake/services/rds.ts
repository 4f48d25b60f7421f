import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import { type AwsRequestContext, type Resource, resourcesOf } from "../state.js";
import { text, texts } from "../wire/read.js";
import { service } from "./service.js";

const filters = "Filters[Filter]{Name! Values[Value]!}";

/** No filter on security groups: everything has to be listed. At least 20 and at most 100 a page. */
function list(kind: string, identifier: string, notFound: string, wrap: (items: readonly JsonObject[]) => JsonObject) {
  return (context: AwsRequestContext): JsonObject => {
    const id = text(context.parameters, identifier);
    const all = resourcesOf(context.state, kind).filter((one) => id === undefined || one.id === id);
    // RDS answers 404 where EC2 answers 400, and its code is not the exception's name.
    if (id !== undefined && all.length === 0) throw refusal(notFound, `${id} not found.`, 404);
    const spec = {
      token: "Marker",
      size: "MaxRecords",
      usual: 100,
      least: 20,
      most: 100,
      invalid: "InvalidParameterValue",
    };
    const { things, next } = page(context, all, spec);
    return { ...wrap(things.map((one) => item(context, one, identifier))), ...next };
  };
}

function item({ scope }: AwsRequestContext, { id, wire, kind }: Resource, identifier: string): JsonObject {
  const groups = texts(wire, "groupIds").map((VpcSecurityGroupId) => ({ VpcSecurityGroupId, Status: "active" }));
  const word = kind === "db-cluster" ? "cluster" : "db";
  const status = kind === "db-cluster" ? "Status" : "DBInstanceStatus";
  const arn = kind === "db-cluster" ? "DBClusterArn" : "DBInstanceArn";
  return {
    [identifier]: id,
    Engine: "postgres",
    [status]: "available",
    VpcSecurityGroups: { "VpcSecurityGroupMembership[]": groups },
    [arn]: `arn:aws:rds:${scope.region}:${scope.accountId}:${word}:${id}`,
  };
}

/** Databases: they share a security group with instances, nothing else links them. */
export const rds = service(
  { name: "rds", protocol: "query", version: "2014-10-31", namespace: "http://rds.amazonaws.com/doc/2014-10-31/" },
  {
    DescribeDBInstances: {
      parameters: `DBInstanceIdentifier ${filters} MaxRecords:n Marker`,
      handle: list("db-instance", "DBInstanceIdentifier", "DBInstanceNotFound", (items) => ({
        DBInstances: { "DBInstance[]": items },
      })),
    },
    DescribeDBClusters: {
      parameters: `DBClusterIdentifier ${filters} MaxRecords:n Marker IncludeShared:b`,
      handle: list("db-cluster", "DBClusterIdentifier", "DBClusterNotFoundFault", (items) => ({
        DBClusters: { "DBCluster[]": items },
      })),
    },
  },
);
