import type { DependencyKind } from "../../../src/dependencies.js";
import { DecommissionError } from "../../../src/errors.js";
import { addressListSources } from "./address-lists.js";
import { alarmSources } from "./alarms.js";
import { attributeSources } from "./attributes.js";
import { backupSources } from "./backups.js";
import { classicBalancerSources } from "./classic-balancers.js";
import { clusterOwners, nodesSource } from "./clusters.js";
import { commitmentSources } from "./commitments.js";
import { databaseAccessSources } from "./database-access.js";
import { diskSources } from "./disks.js";
import { dnsSources } from "./dns.js";
import { fileSystemSources } from "./file-systems.js";
import { groupSources } from "./groups.js";
import { imageSources } from "./images.js";
import { interfaceSources } from "./interfaces.js";
import { natRuleSources } from "./nat-rules.js";
import { interfacesSource, membersSource, operators, scalingOwners, tagOwners } from "./owners.js";
import { pendingSources } from "./pending.js";
import { protectionSources } from "./protection.js";
import { routeSources } from "./routes.js";
import { listing, ownWord } from "./rows.js";
import { scheduleSources } from "./schedules.js";
import { serverGroupSources } from "./server-groups.js";
import { snapshotSources } from "./snapshots.js";
import type { AliyunSource } from "./survey.js";
import { virtualIpSources } from "./virtual-ips.js";

const instancesSource = "ecs:DescribeInstances";

/** Every kind and source that is asked what hangs on an instance. Each has its coverage line in every report. */
export const dependencyTable: readonly AliyunSource[] = [
  // Without this listing there is no report at all.
  ownWord("instance", instancesSource, "required", async () => ({ nodes: [], edges: [] })),
  ...protectionSources,
  ...diskSources,
  ...interfaceSources,
  ...serverGroupSources,
  ...classicBalancerSources,
  listing("auto-scaling-group", membersSource, "required", ({ call, instances, reads }) =>
    scalingOwners(call, instances, reads.scalingGroups),
  ),
  ownWord("auto-scaling-group", "ess:DescribeScalingGroups", "report", async ({ reads }) => {
    await reads.scalingGroups();
    // What they say of their minimum sizes is part of the members' own line.
    return { nodes: [], edges: [] };
  }),
  listing("cluster-node", nodesSource, "required", ({ call, instances, reads }) =>
    clusterOwners(call, instances, reads.clusters),
  ),
  ...(["cluster-node", "stack", "managed-service", "other"] as const).map(ownerByTag),
  ownWord("managed-service", interfacesSource, "required", async ({ instances, seen }) => {
    if (seen.unread.interfaces) throw new DecommissionError(seen.unread.interfaces);
    return operators(instances);
  }),
  ...routeSources,
  ...virtualIpSources,
  ...natRuleSources,
  ...groupSources,
  ...addressListSources,
  ...databaseAccessSources,
  ...dnsSources,
  ...snapshotSources,
  ...imageSources,
  ...backupSources,
  ...pendingSources,
  ...attributeSources,
  ...scheduleSources,
  ...alarmSources,
  ...fileSystemSources,
  ...commitmentSources,
];

/** Owners that the instances' tags name. */
function ownerByTag(kind: DependencyKind): AliyunSource {
  return ownWord(kind, instancesSource, kind === "other" ? "report" : "required", async ({ instances }) => {
    const told = tagOwners(instances);
    return {
      nodes: told.nodes.filter((node) => node.kind === kind),
      edges: told.edges.filter((edge) => edge.node.kind === kind),
    };
  });
}
