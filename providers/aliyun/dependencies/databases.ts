import { mapConcurrent } from "../../../src/batch.js";
import { lazy } from "../../../src/lazy.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { rowsOf } from "../listings.js";

/** Databases whose firewall can name instances, groups and addresses. */
export type DatabaseEngine = "rds" | "kvstore" | "dds" | "polardb";

/** A database, as far as decisions need it. */
export interface Database {
  readonly id: string;
  readonly name?: string;
}

/** A security group that a database lets in. */
export interface DatabaseGroup {
  readonly database: Database;
  readonly groupId: string;
}

/** An address or a range on a whitelist of a database. */
export interface WhitelistEntry {
  readonly database: Database;
  readonly list: string;
  readonly entry: string;
}

/** The firewalls of all databases of one engine in the region. */
export interface DatabaseAccess {
  readonly groups: () => Promise<readonly DatabaseGroup[]>;
  readonly whitelists: () => Promise<readonly WhitelistEntry[]>;
}

/** How one engine tells of its databases and of whom each lets in. */
interface Engine {
  readonly list: { readonly action: string; readonly id: string; readonly name: string };
  /** What the listing has to be asked for, one after the other. Default: once, for all. */
  readonly kinds?: (region: string) => readonly Readonly<Record<string, string>>[];
  /** The parameter that names a database. */
  readonly id: string;
  readonly groups: { readonly action: string; readonly rows: string };
  readonly whitelist: {
    readonly action: string;
    readonly rows: string;
    readonly name: string;
    readonly entries: string;
  };
}

const engines: Readonly<Record<DatabaseEngine, Engine>> = {
  rds: {
    list: { action: "DescribeDBInstances", id: "DBInstanceId", name: "DBInstanceDescription" },
    id: "DBInstanceId",
    groups: { action: "DescribeSecurityGroupConfiguration", rows: "Items.EcsSecurityGroupRelation" },
    whitelist: {
      action: "DescribeDBInstanceIPArrayList",
      rows: "Items.DBInstanceIPArray",
      name: "DBInstanceIPArrayName",
      entries: "SecurityIPList",
    },
  },
  kvstore: {
    list: { action: "DescribeInstances", id: "InstanceId", name: "InstanceName" },
    id: "InstanceId",
    groups: { action: "DescribeSecurityGroupConfiguration", rows: "Items.EcsSecurityGroupRelation" },
    whitelist: {
      action: "DescribeSecurityIps",
      rows: "SecurityIpGroups.SecurityIpGroup",
      name: "SecurityIpGroupName",
      entries: "SecurityIpList",
    },
  },
  dds: {
    list: { action: "DescribeDBInstances", id: "DBInstanceId", name: "DBInstanceDescription" },
    kinds: mongoKinds,
    id: "DBInstanceId",
    groups: { action: "DescribeSecurityGroupConfiguration", rows: "Items.RdsEcsSecurityGroupRel" },
    whitelist: {
      action: "DescribeSecurityIps",
      rows: "SecurityIpGroups.SecurityIpGroup",
      name: "SecurityIpGroupName",
      entries: "SecurityIpList",
    },
  },
  // One answer holds both.
  polardb: {
    list: { action: "DescribeDBClusters", id: "DBClusterId", name: "DBClusterDescription" },
    id: "DBClusterId",
    groups: {
      action: "DescribeDBClusterAccessWhitelist",
      rows: "DBClusterSecurityGroups.DBClusterSecurityGroup",
    },
    whitelist: {
      action: "DescribeDBClusterAccessWhitelist",
      rows: "Items.DBClusterIPArray",
      name: "DBClusterIPArrayName",
      entries: "SecurityIps",
    },
  },
};

/** Every engine whose databases are asked. */
export const databaseEngines = Object.keys(engines).filter(isEngine);

/** The API that tells which security groups a database of this engine lets in. */
export function groupSourceOf(engine: DatabaseEngine): string {
  return `${engine}:${engines[engine].groups.action}`;
}

/** The API that tells which addresses a database of this engine lets in. */
export function whitelistSourceOf(engine: DatabaseEngine): string {
  return `${engine}:${engines[engine].whitelist.action}`;
}

/** Reads at a time: firewalls are told one database each. */
const concurrency = 5;

/** Prepares the reading of one engine's firewalls. Nothing is asked twice, and nothing before it is needed. */
export function openDatabases(call: AliyunCall, engine: DatabaseEngine): DatabaseAccess {
  const { id, groups, whitelist } = engines[engine];
  const databases = lazy(() => readDatabases(call, engine));
  const ask = (action: string) =>
    lazy(async () =>
      mapConcurrent(await databases(), concurrency, async (database) => {
        const { body } = await call.read(engine, action, { [id]: database.id });
        return { database, body };
      }),
    );
  const groupAnswers = ask(groups.action);
  const whitelistAnswers = whitelist.action === groups.action ? groupAnswers : ask(whitelist.action);
  return {
    groups: lazy(async () =>
      (await groupAnswers()).flatMap(({ database, body }) =>
        rowsOf(body, groups.rows).map((row) => ({ database, groupId: row.need("SecurityGroupId") })),
      ),
    ),
    whitelists: lazy(async () =>
      (await whitelistAnswers()).flatMap(({ database, body }) =>
        rowsOf(body, whitelist.rows).flatMap((row) => entriesOf(row, database, whitelist)),
      ),
    ),
  };
}

/** All databases of one engine in the region. */
async function readDatabases(call: AliyunCall, engine: DatabaseEngine): Promise<readonly Database[]> {
  const { list, kinds } = engines[engine];
  const asked = kinds?.(call.scope.region) ?? [{}];
  const rows = await mapConcurrent(asked, concurrency, (kind) => call.pages(engine, list.action, kind));
  return rows.flat().map((row) => {
    const name = row.text(list.name);
    return { id: row.need(list.id), ...(name === undefined ? {} : { name }) };
  });
}

/**
 * Left alone the listing shows replica sets and nothing else (DescribeDBInstancesRequest, DBInstanceType). Serverless
 * instances are sold in regions of China alone, and only its documents know the word.
 */
function mongoKinds(region: string): readonly Readonly<Record<string, string>>[] {
  const types = ["replicate", "sharding", ...(region.startsWith("cn-") ? ["serverless"] : [])];
  return types.map((DBInstanceType) => ({ DBInstanceType }));
}

/** The entries of a list are one text, parted by commas. */
function entriesOf(row: Wire, database: Database, { name, entries }: Engine["whitelist"]): readonly WhitelistEntry[] {
  return (row.text(entries) ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map((entry) => ({ database, list: row.text(name) ?? "", entry }));
}

function isEngine(name: string): name is DatabaseEngine {
  return name in engines;
}
