import type { DependencySource } from "../../../src/coverage.js";
import type { ProtectionCheck } from "../../../src/dependencies.js";
import { lazy } from "../../../src/lazy.js";
import type { Wire } from "../../../src/wire.js";
import { type AwsCall, surveyCall } from "../call.js";
import type { Copy } from "../copies.js";
import type { SeenInstances } from "../instances.js";
import { type ProtectionReading, readProtection } from "../protection.js";
import type { SeenInstance } from "../record.js";
import { type GroupUsers, readGroupUsers } from "./group-users.js";
import { diskIdsOf } from "./holders.js";
import { readImagesOf } from "./images.js";
import { readScalingGroups, type ScalingGroup } from "./scaling-groups.js";
import { readSecurityGroups, type SecurityGroup } from "./security-groups.js";
import { readSnapshotsOf } from "./snapshots.js";

/** What every row of the table works on: the instances asked about, and reads that several rows share. */
export interface AwsSurvey {
  readonly call: AwsCall;
  /** The instances that are there and not terminated. */
  readonly instances: readonly SeenInstance[];
  readonly seen: SeenInstances;
  readonly protectionCheck: ProtectionCheck;
  readonly reads: SharedReads;
}

/** Reads that several rows need. Each goes out once, when the first of them asks. */
export interface SharedReads {
  readonly protection: () => Promise<ProtectionReading>;
  readonly scalingGroups: () => Promise<readonly ScalingGroup[]>;
  readonly securityGroups: () => Promise<ReadonlyMap<string, SecurityGroup>>;
  readonly groupUsers: () => Promise<GroupUsers>;
  readonly snapshots: () => Promise<readonly Copy[]>;
  readonly images: () => Promise<readonly Wire[]>;
}

/** One row of the table. */
export type AwsSource = DependencySource<AwsSurvey>;

/** Prepares a survey. Sends nothing. */
export function openSurvey(given: AwsCall, seen: SeenInstances, protectionCheck: ProtectionCheck): AwsSurvey {
  const call = surveyCall(given);
  const instances = [...seen.byId.values()].filter(({ record }) => record.state.unified !== "gone");
  const groupIds = new Set(instances.flatMap(({ record }) => record.securityGroupIds));
  const scalingGroups = lazy(() => readScalingGroups(call));
  const securityGroups = lazy(() => readSecurityGroups(call));
  return {
    call,
    instances,
    seen,
    protectionCheck,
    reads: {
      protection: lazy(() => readProtection(call, instances)),
      scalingGroups,
      securityGroups,
      groupUsers: lazy(async () => {
        const groups = await securityGroups();
        const ours = [...groupIds].map((id) => ({ id, name: groups.get(id)?.name ?? id }));
        return await readGroupUsers(call, ours, { scalingGroups });
      }),
      snapshots: lazy(() => readSnapshotsOf(call, diskIdsOf(instances))),
      images: lazy(() =>
        readImagesOf(
          call,
          instances.map(({ record }) => record.id),
        ),
      ),
    },
  };
}
