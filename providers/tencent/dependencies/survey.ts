import { unique } from "../../../src/batch.js";
import type { DependencySource, Findings } from "../../../src/coverage.js";
import { lazy } from "../../../src/lazy.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import type { Copy } from "../copies.js";
import type { SeenWithGaps } from "../instances.js";
import { type GroupPolicies, readPoliciesOf, readSecurityGroups, type SecurityGroup } from "../policies.js";
import type { SeenInstance } from "../record.js";
import { readAddressTemplates } from "./address-templates.js";
import { type Controls, openControls } from "./controls.js";
import { type GroupUsers, readGroupUsers } from "./group-users.js";
import { readSnapshotsOf } from "./snapshots.js";

/** What every row of the table works on: the instances asked about, and reads that several rows share. */
export interface TencentSurvey {
  readonly call: TencentCall;
  readonly instances: readonly SeenInstance[];
  readonly seen: SeenWithGaps;
  readonly controls: Controls;
  readonly reads: SharedReads;
}

/** Reads that several rows need. Each goes out once, when the first of them asks. */
export interface SharedReads {
  readonly securityGroups: () => Promise<ReadonlyMap<string, SecurityGroup>>;
  readonly policies: () => Promise<ReadonlyMap<string, GroupPolicies>>;
  readonly groupUsers: () => Promise<GroupUsers>;
  readonly snapshots: () => Promise<readonly Copy[]>;
  readonly addressTemplates: () => Promise<readonly Wire[]>;
}

/** One row of the table. */
export type TencentSource = DependencySource<TencentSurvey>;

/** Prepares a survey. Sends nothing. */
export function openSurvey(call: TencentCall, seen: SeenWithGaps): TencentSurvey {
  const instances = [...seen.byId.values()];
  const securityGroups = lazy(() => readSecurityGroups(call));
  const ownGroups = unique(instances.flatMap(({ record }) => record.securityGroupIds));
  // A disk that says it has no snapshot is not asked about.
  const copied = instances.flatMap(({ facts }) => [...facts.disks.values()].filter(mayHaveSnapshots));
  return {
    call,
    instances,
    seen,
    controls: openControls(call),
    reads: {
      securityGroups,
      // Any group can name an address, and there is no way to ask which ones do.
      policies: lazy(async () => await readPoliciesOf(call, [...(await securityGroups()).keys()])),
      groupUsers: lazy(() => readGroupUsers(call, ownGroups)),
      addressTemplates: lazy(() => readAddressTemplates(call)),
      snapshots: lazy(() => readSnapshotsOf(call, unique(copied.map(({ id }) => id)))),
    },
  };
}

function mayHaveSnapshots({ snapshotCount }: { readonly snapshotCount?: number }): boolean {
  return snapshotCount !== 0;
}

/** What was matched by address misses addresses of interfaces that could not be read. */
export function byAddress({ seen }: TencentSurvey, findings: Findings): Findings {
  const problem = seen.unread.interfaces;
  if (!problem) return findings;
  return { ...findings, partial: { reason: `Not all addresses of the instances are known. ${problem.message}` } };
}
