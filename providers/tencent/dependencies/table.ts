import type { Findings } from "../../../src/coverage.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { ownersByTag } from "../../../src/owner-tags.js";
import type { SeenInstance } from "../record.js";
import { addressListSources } from "./address-lists.js";
import { addressSources } from "./addresses.js";
import { alarmSources } from "./alarms.js";
import { attributeSources } from "./attributes.js";
import { backupSources } from "./backups.js";
import { balancerSources } from "./balancers.js";
import { capacitySources } from "./capacity.js";
import { controlled, hidesRows } from "./controls.js";
import { databaseSources } from "./databases.js";
import { diskSources } from "./disks.js";
import { dnsSources } from "./dns.js";
import { groupSources } from "./groups.js";
import { imageSources } from "./images.js";
import { interfaceSources } from "./interfaces.js";
import { natSources } from "./nat.js";
import { ownerMarks } from "./owner-tags.js";
import { clusterOwners, clusterSource, scalingOwners, scalingSource } from "./owners.js";
import { pendingSources } from "./pending.js";
import { routeSources } from "./routes.js";
import { sharedServiceSources } from "./shared-services.js";
import { snapshotSources } from "./snapshots.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const instancesSource = "cvm:DescribeInstances";

/** Every kind and source that is asked what hangs on an instance. Each has its coverage line in every report. */
export const dependencyTable: readonly TencentSource[] = controlled([
  // Without this listing there is no report at all.
  {
    kind: "instance",
    source: instancesSource,
    gate: "required",
    hidesRows: false,
    read: async () => ({ nodes: [], edges: [] }),
  },
  { kind: "protection", source: instancesSource, gate: "required", hidesRows: false, read: protection },
  ...diskSources,
  ...interfaceSources,
  ...addressSources,
  ...balancerSources,
  {
    kind: "auto-scaling-group",
    source: scalingSource,
    gate: "required",
    hidesRows,
    read: ({ call, instances }) => scalingOwners(call, instances),
  },
  // It answers a row for each instance, whether or not it is a node: one without is not known.
  { kind: "cluster-node", source: clusterSource, gate: "required", hidesRows: false, read: clusters },
  ...(["cluster-node", "stack", "managed-service", "other"] as const).map(owner),
  ...routeSources,
  ...natSources,
  ...groupSources,
  ...addressListSources,
  ...dnsSources,
  ...snapshotSources,
  ...imageSources,
  ...backupSources,
  ...pendingSources,
  ...attributeSources,
  ...capacitySources,
  ...databaseSources,
  ...sharedServiceSources,
  ...alarmSources,
]);

/** Owners that the instances' tags name. */
function owner(kind: DependencyKind): TencentSource {
  return {
    kind,
    source: instancesSource,
    // Of EMR the tag is all there is to see; the others are asked themselves, or can only be guessed.
    gate: kind === "managed-service" ? "required" : "report",
    hidesRows: false,
    read: async ({ instances }) => {
      const findings = instances.flatMap(({ record }) =>
        ownersByTag(record.id, Object.entries(record.tags), ownerMarks),
      );
      return findingsOf(
        instancesSource,
        findings.filter(({ node }) => node.kind === kind),
      );
    },
  };
}

async function clusters({ call, instances }: TencentSurvey): Promise<Findings> {
  const { untold, ...findings } = await clusterOwners(call, instances);
  if (untold.length === 0) return findings;
  const reason = "TKE does not say whether these instances are nodes of a cluster.";
  return { ...findings, partial: { reason, instanceIds: untold } };
}

async function protection({ instances }: TencentSurvey): Promise<Findings> {
  const unread = instances.filter(({ record }) => record.protection.termination === "unknown");
  const findings = findingsOf(instancesSource, instances.flatMap(protectionFindings));
  if (unread.length === 0) return findings;
  const reason = "The answer did not say whether protection is on.";
  return { ...findings, partial: { reason, instanceIds: unread.map(({ record }) => record.id) } };
}

function protectionFindings({ record }: SeenInstance): readonly Finding[] {
  const { id, protection: on } = record;
  return [
    ...(on.termination === true
      ? [
          protectionFinding(
            id,
            "termination",
            "Its termination protection is on, and CVM refuses to terminate it.",
            `Switch it off, or name ${id} in \`protection.clear\` with a reason.`,
          ),
        ]
      : []),
    ...on.locks.map((lock) =>
      protectionFinding(
        id,
        lock.raw,
        `The cloud holds it (${lock.unified}: ${lock.raw}).`,
        "This is never cleared from here: settle its cause with the cloud.",
      ),
    ),
  ];
}

function protectionFinding(instanceId: string, which: string, why: string, unblock: string): Finding {
  return {
    instanceId,
    node: { kind: "protection", id: `${instanceId}/${which}`, billing: "none" },
    edge: { relation: "attached", effect: "blocks", atTermination: "deleted", why, unblock },
  };
}
