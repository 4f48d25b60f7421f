import { mapConcurrent } from "../../../src/batch.js";
import type { AliyunCall } from "../call.js";

/** Databases whose firewall can name instances, groups and addresses. */
export type DatabaseEngine = "rds" | "kvstore";

/** A database, as far as decisions need it. */
export interface Database {
  readonly id: string;
  readonly name?: string;
}

/** Reads at a time: firewalls are told one database each. */
const concurrency = 5;

/** All databases of one engine in the region. */
export async function readDatabases(call: AliyunCall, engine: DatabaseEngine): Promise<readonly Database[]> {
  const rds = engine === "rds";
  const rows = await call.pages(engine, rds ? "DescribeDBInstances" : "DescribeInstances");
  return rows.map((row) => {
    const name = row.text(rds ? "DBInstanceDescription" : "InstanceName");
    return { id: row.need(rds ? "DBInstanceId" : "InstanceId"), ...(name === undefined ? {} : { name }) };
  });
}

/** A security group that a database lets in. */
export interface DatabaseGroup {
  readonly database: Database;
  readonly groupId: string;
}

/** Security groups that databases let in. */
export async function readDatabaseGroups(
  call: AliyunCall,
  engine: DatabaseEngine,
  databases: readonly Database[],
): Promise<readonly DatabaseGroup[]> {
  const found = await mapConcurrent(databases, concurrency, async (database) => {
    const rows = await call.pages(engine, "DescribeSecurityGroupConfiguration", idOf(engine, database));
    return rows.map((row) => ({ database, groupId: row.need("SecurityGroupId") }));
  });
  return found.flat();
}

/** Addresses and ranges on the whitelists of databases. */
export async function readWhitelists(
  call: AliyunCall,
  engine: DatabaseEngine,
  databases: readonly Database[],
): Promise<readonly { readonly database: Database; readonly list: string; readonly entry: string }[]> {
  const { action, list, entries } = whitelists[engine];
  const found = await mapConcurrent(databases, concurrency, async (database) => {
    const rows = await call.pages(engine, action, idOf(engine, database));
    return rows.flatMap((row) =>
      // One text, parted by commas.
      (row.text(entries) ?? "")
        .split(",")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== "")
        .map((entry) => ({ database, list: row.text(list) ?? "", entry })),
    );
  });
  return found.flat();
}

const whitelists = {
  rds: { action: "DescribeDBInstanceIPArrayList", list: "DBInstanceIPArrayName", entries: "SecurityIPList" },
  kvstore: { action: "DescribeSecurityIps", list: "SecurityIpGroupName", entries: "SecurityIpList" },
} as const;

function idOf(engine: DatabaseEngine, { id }: Database): Readonly<Record<string, string>> {
  return engine === "rds" ? { DBInstanceId: id } : { InstanceId: id };
}
