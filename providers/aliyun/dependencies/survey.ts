import type { DependencySource } from "../../../src/coverage.js";
import { lazy } from "../../../src/lazy.js";
import type { AliyunCall } from "../call.js";
import type { Controls } from "../controls.js";
import type { Copy } from "../copies.js";
import type { SeenInstances } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { type Cluster, readClusters } from "./clusters.js";
import { type DatabaseAccess, type DatabaseEngine, openDatabases } from "./databases.js";
import { type GroupUsers, readGroupUsers } from "./group-users.js";
import { networksOf } from "./holders.js";
import { type NatGateway, readNatGateways } from "./nat-rules.js";
import { readScalingGroups, type ScalingGroup } from "./scaling-groups.js";
import { readSecurityGroups, type SecurityGroup } from "./security-groups.js";
import { readSnapshotsOf } from "./snapshots.js";
import { readVirtualIps, type VirtualIp } from "./virtual-ips.js";

/** What every row of the table works on: the instances asked about, and reads that several rows share. */
export interface AliyunSurvey {
  readonly call: AliyunCall;
  readonly instances: readonly SeenInstance[];
  readonly seen: SeenInstances;
  readonly reads: SharedReads;
}

/** Reads that several rows need. Each goes out once, when the first of them asks. */
export interface SharedReads {
  readonly scalingGroups: () => Promise<ReadonlyMap<string, ScalingGroup>>;
  readonly securityGroups: () => Promise<ReadonlyMap<string, SecurityGroup>>;
  readonly groupUsers: () => Promise<GroupUsers>;
  readonly snapshots: () => Promise<readonly Copy[]>;
  readonly databases: (engine: DatabaseEngine) => DatabaseAccess;
  readonly clusters: () => Promise<readonly Cluster[]>;
  readonly virtualIps: () => Promise<readonly VirtualIp[]>;
  readonly natGateways: () => Promise<readonly NatGateway[]>;
}

/** One row of the table. */
export type AliyunSource = DependencySource<AliyunSurvey>;

/** Prepares a survey. Sends nothing. */
export function openSurvey(call: AliyunCall, seen: SeenInstances, controls: Controls): AliyunSurvey {
  const instances = [...seen.byId.values()];
  const groupIds = [...new Set(instances.flatMap(({ record }) => record.securityGroupIds))];
  const opened = new Map<DatabaseEngine, DatabaseAccess>();
  const databases = (engine: DatabaseEngine) => {
    const access = opened.get(engine) ?? openDatabases(call, engine);
    opened.set(engine, access);
    return access;
  };
  const clusters = lazy(() => readClusters(call));
  return {
    call,
    instances,
    seen,
    reads: {
      scalingGroups: lazy(() => readScalingGroups(call)),
      securityGroups: lazy(() => readSecurityGroups(call)),
      groupUsers: lazy(() => readGroupUsers(call, groupIds, { databases, clusters, controls })),
      snapshots: lazy(() => readSnapshotsOf(call, instances)),
      databases,
      clusters,
      virtualIps: lazy(() => readVirtualIps(call)),
      natGateways: lazy(() => readNatGateways(call, networksOf(instances))),
    },
  };
}
