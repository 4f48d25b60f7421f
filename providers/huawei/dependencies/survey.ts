import type { DependencySource } from "../../../src/coverage.js";
import type { ProtectionCheck } from "../../../src/dependencies.js";
import { lazy } from "../../../src/lazy.js";
import type { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import type { SeenInstances } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { type Backup, readBackups } from "./backups.js";
import { type Database, readDatabases } from "./databases.js";
import { type FileSystem, readFileSystems } from "./file-systems.js";
import { type GroupUsers, knownMembers, readGroupUsers, readSubInterfaces } from "./group-users.js";
import { readImages } from "./images.js";
import { readScalingGroups, type ScalingGroup } from "./scaling-groups.js";
import { readSecurityGroups, type SecurityGroup } from "./security-groups.js";
import { type LegacySnapshot, readLegacySnapshots, readStandardSnapshots, type StandardSnapshot } from "./snapshots.js";

/** What every row of the table works on: the servers asked about, and reads that several rows share. */
export interface HuaweiSurvey {
  readonly call: HuaweiCall;
  /** The servers that are there, those in the bin included. */
  readonly instances: readonly SeenInstance[];
  readonly seen: SeenInstances;
  readonly protectionCheck: ProtectionCheck;
  readonly reads: SharedReads;
}

/** Reads that several rows need. Each goes out once, when the first of them asks. */
export interface SharedReads {
  readonly scalingGroups: () => Promise<readonly ScalingGroup[]>;
  readonly securityGroups: () => Promise<ReadonlyMap<string, SecurityGroup>>;
  readonly groupUsers: () => Promise<GroupUsers>;
  readonly databases: () => Promise<readonly Database[]>;
  readonly fileSystems: () => Promise<readonly FileSystem[]>;
  readonly subInterfaces: () => Promise<readonly Wire[]>;
  readonly legacySnapshots: () => Promise<readonly LegacySnapshot[]>;
  readonly standardSnapshots: () => Promise<readonly StandardSnapshot[]>;
  readonly images: () => Promise<readonly Wire[]>;
  readonly backups: () => Promise<readonly Backup[]>;
}

/** One row of the table. */
export type HuaweiSource = DependencySource<HuaweiSurvey>;

/** Prepares a survey. Sends nothing. */
export function openSurvey(call: HuaweiCall, seen: SeenInstances, protectionCheck: ProtectionCheck): HuaweiSurvey {
  const instances = [...seen.byId.values()].filter(({ record }) => record.state.unified !== "gone");
  const groupIds = [...new Set(instances.flatMap(({ record }) => record.securityGroupIds))];
  const known = knownMembers(instances.map(({ record }) => record));
  const scalingGroups = lazy(() => readScalingGroups(call));
  const databases = lazy(() => readDatabases(call));
  const fileSystems = lazy(() => readFileSystems(call));
  const subInterfaces = lazy(() => readSubInterfaces(call));
  const shared = { scalingGroups, databases, fileSystems, subInterfaces };
  return {
    call,
    instances,
    seen,
    protectionCheck,
    reads: {
      ...shared,
      securityGroups: lazy(() => readSecurityGroups(call)),
      groupUsers: lazy(() => readGroupUsers(call, groupIds, known, shared)),
      legacySnapshots: lazy(() => readLegacySnapshots(call)),
      standardSnapshots: lazy(() => readStandardSnapshots(call)),
      images: lazy(() => readImages(call)),
      backups: lazy(() => readBackups(call)),
    },
  };
}
