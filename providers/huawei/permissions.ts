import type { Operation, PermissionPolicy } from "../../src/adapter.js";
import { groupBy, unique } from "../../src/batch.js";

/** An action an operation needs; `optional`: without it a coverage line reads `denied`, nothing fails. */
type Need = Omit<PermissionPolicy["actions"][number], "operation">;

const must = (...actions: readonly string[]): readonly Need[] => actions.map((action) => ({ action, optional: false }));
const may = (...actions: readonly string[]): readonly Need[] => actions.map((action) => ({ action, optional: true }));

/** Whose account it is, IAM tells anybody; the project's id takes this, unless it is given in the options. */
const identity = must("iam:projects:listProjects");
/** What a record is made of. */
const records = [
  ...identity,
  ...must("ecs:cloudServers:listServersDetails"),
  ...may(
    "ecs:recycleBin:listServers",
    "evs:volumes:list",
    "vpc:ports:list",
    "eip:publicIps:list",
    "ecs:cloudServerFlavors:get",
    "billing:subscription:view",
  ),
];
/** A record that something is decided upon: its disks must be known, and that it is not in the bin. */
const firmRecords = [
  ...records,
  ...must("ecs:recycleBin:listServers", "evs:volumes:list", "ecs:cloudServerFlavors:get"),
];
/** What shows that an empty answer means "none". */
const control = must("vpc:securityGroups:list", "ecs:recycleBin:listServers");
const owners = must("as:groups:list", "as:instances:list", "cce:cluster:list", "cce:node:list");
/** Who uses a group: one of them unread keeps the rules. */
const groupUsers = must(
  "vpc:ports:list",
  "vpc:subNetworkInterfaces:list",
  "vpc:securityGroups:list",
  "vpc:securityGroupRules:list",
  "vpc:addressGroups:list",
  "vpc:vpcs:list",
  "vpc:subnets:list",
  "vpc:peerings:list",
  "vpc:routeTables:list",
  "vpc:routeTables:get",
  "ecs:launchTemplates:listVersions",
  "as:groups:list",
  "as:configs:list",
  "rds:instance:list",
  "sfsturbo:shares:list",
);
/** What names an address: one of them unread keeps it. */
const naming = must(
  "dns:recordset:list",
  "dns:ptr:list",
  "vpc:addressGroups:list",
  "nat:dnatRules:list",
  "nat:snatRules:list",
  "nat:privateDnatRules:list",
  "nat:transitIps:list",
  "vpc:securityGroupRules:list",
);
const copies = [
  ...must("cbr:backups:list", "evs:snapshots:list", "evs:snapshotGroups:list"),
  ...may("kms:cmk:get", "cbr:vaults:list"),
];
const jobs = may("ecs:cloudServers:showJob", "evs:jobs:get");
const lock = must("ecs:cloudServers:lock");
const disks = must(
  "ecs:cloudServers:attach",
  "ecs:cloudServers:detachVolume",
  "ecs:cloudServers:updateServerBlockDevice",
);
const metadata = must("ecs:cloudServers:setMetadata", "ecs:cloudServers:deleteMetadata");
const timer = must("ecs:cloudServers:updateAutoTerminateTime");
const tags = must("ecs:cloudServers:batchSetServerTags");
const power = must("ecs:cloudServers:stop");

/** Read for a line of the report alone. */
const report = may(
  "as:configs:list",
  "as:groups:list",
  "as:instances:list",
  "cbr:backups:list",
  "cbr:vaults:list",
  "cce:cluster:list",
  "cce:node:list",
  "ces:alarms:list",
  "deh:dedicatedHosts:list",
  "dns:ptr:list",
  "dns:recordset:list",
  "ecs:instanceScheduledEvents:list",
  "ecs:launchTemplates:listVersions",
  "ecs:recycleBin:get",
  "ecs:serverGroups:list",
  "elb:members:list",
  "elb:pools:list",
  "evs:snapshots:list",
  "ims:images:list",
  "nat:dnatRules:list",
  "nat:privateDnatRules:list",
  "nat:snatRules:list",
  "nat:transitIps:list",
  "rds:instance:list",
  "sfsturbo:shares:list",
  "vpc:addressGroups:list",
  "vpc:routeTables:get",
  "vpc:routeTables:list",
  "vpc:securityGroupRules:list",
  "vpc:securityGroups:list",
  "vpc:subNetworkInterfaces:list",
  "vpc:trafficMirrorSessions:list",
);
/** Read for what is left. */
const remains = may(
  "as:groups:list",
  "as:instances:list",
  "cbr:backups:list",
  "cbr:vaults:list",
  "dns:ptr:list",
  "dns:recordset:list",
  "elb:members:list",
  "elb:pools:list",
  "eip:publicIps:list",
  "evs:recycleBinVolumes:list",
  "evs:snapshotGroups:list",
  "evs:snapshots:list",
  "evs:volumes:list",
  "ims:images:list",
  "kms:cmk:get",
  "nat:dnatRules:list",
  "nat:privateDnatRules:list",
  "vpc:ports:list",
  "vpc:routeTables:get",
  "vpc:routeTables:list",
  "vpc:securityGroupRules:list",
);

/** What each operation needs, the undo of its effects included. */
const needs: Readonly<Record<Operation, readonly Need[]>> = {
  whoAmI: identity,
  findInstances: records,
  listDependencies: [...records, ...report],
  verifyDeleted: [...identity, ...must("ecs:cloudServers:listServersDetails"), ...control, ...remains],
  findOwnArtifacts: [...identity, ...copies, ...must("cbr:vaults:list", "vpc:securityGroups:list")],
  snapshot: [
    ...firmRecords,
    ...control,
    ...copies,
    ...jobs,
    ...must("cbr:vaults:list", "cbr:vaults:backup"),
    ...may("cbr:vaults:addResources", "cbr:vaults:create", "cbr:vaults:get", "evs:snapshotGroups:create"),
  ],
  releaseSecurityRules: [
    ...records,
    ...control,
    ...groupUsers,
    ...must("vpc:securityGroupRules:delete", "vpc:securityGroupRules:create"),
  ],
  terminate: [
    ...firmRecords,
    ...control,
    ...owners,
    ...copies,
    ...jobs,
    ...lock,
    ...disks,
    ...power,
    ...timer,
    ...must("ecs:cloudServers:deleteServers", "ecs:recycleBin:get", "evs:volumes:delete"),
    // Asked only where a caller chose to return a subscription, or to empty the bin.
    ...may(
      "billing:subscription:unsubscribe",
      "billing:order:view",
      "ecs:recycleBin:deleteServer",
      "evs:recyclePolicy:get",
    ),
    ...may("ecs:cloudServers:batchSetServerTags"),
  ],
  quarantine: [
    ...firmRecords,
    ...control,
    ...owners,
    ...jobs,
    ...power,
    ...lock,
    ...must(
      "vpc:ports:list",
      "vpc:ports:update",
      "vpc:securityGroups:create",
      "vpc:securityGroups:delete",
      "vpc:securityGroupRules:list",
      "vpc:securityGroupRules:delete",
      "vpc:securityGroupRules:create",
    ),
  ],
  releaseDependencies: [
    ...firmRecords,
    ...control,
    ...owners,
    ...copies,
    ...naming,
    ...jobs,
    ...must(
      "as:instances:batchOperate",
      "eip:publicIps:list",
      "eip:publicIps:delete",
      "elb:members:create",
      "elb:members:delete",
      "elb:members:list",
      "elb:pools:list",
      "evs:volumes:delete",
    ),
    ...may("eip:publicIps:disassociateInstance", "elb:members:put"),
  ],
  revert: [
    ...firmRecords,
    ...control,
    ...groupUsers,
    ...owners,
    ...jobs,
    ...power,
    ...lock,
    ...disks,
    ...timer,
    ...tags,
    ...metadata,
    ...must(
      "as:instances:batchOperate",
      "elb:members:create",
      "elb:members:list",
      "elb:pools:list",
      "vpc:ports:update",
      "vpc:securityGroups:delete",
      "vpc:securityGroupRules:create",
    ),
    ...may(
      "eip:publicIps:associateInstance",
      "elb:members:put",
      "cbr:backups:delete",
      "cbr:backups:list",
      "cbr:policies:list",
      "cbr:vaults:delete",
      "cbr:vaults:list",
      "evs:snapshotGroups:delete",
      "evs:snapshots:delete",
    ),
  ],
  tagInstances: [...records, ...control, ...tags],
  recover: [
    ...records,
    ...control,
    ...jobs,
    ...may("ecs:recycleBin:revertServer", "evs:recycleBinVolumes:list", "evs:recycleBinVolumes:revert"),
  ],
  removeArtifacts: [
    ...identity,
    ...control,
    ...copies,
    ...must(
      "cbr:backups:delete",
      "evs:snapshotGroups:delete",
      "evs:snapshots:delete",
      "vpc:securityGroups:delete",
      "vpc:ports:list",
    ),
    ...may("cbr:policies:list", "cbr:vaults:delete"),
  ],
};

/** Every operation there is. */
const allOperations = Object.keys(needs) as readonly Operation[];

/**
 * The identity policy these operations need, the undo of their effects included. Sends nothing. Resources are not narrowed:
 * most of these listings know none. Narrow the policy by attaching it to the project: what is granted for an enterprise
 * project alone does not cover listings of the whole project.
 */
export function permissions(operations: readonly Operation[] = allOperations): PermissionPolicy {
  const actions = unique(operations).flatMap((operation) => needsOf(operation));
  const names = unique(actions.map(({ action }) => action)).toSorted();
  return {
    cloud: "huawei",
    document: { Version: "5.0", Statement: [{ Effect: "Allow", Action: names }] },
    actions,
  };
}

function needsOf(operation: Operation): PermissionPolicy["actions"] {
  const byAction = groupBy(needs[operation], ({ action }) => action);
  return [...byAction].map(([action, told]) => ({
    operation,
    action,
    // What is needed once is needed.
    optional: told.every(({ optional }) => optional),
  }));
}
