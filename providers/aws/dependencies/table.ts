import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { addressListSources } from "./address-lists.js";
import { addressSources } from "./addresses.js";
import { alarmSources } from "./alarms.js";
import { attributeSources } from "./attributes.js";
import { backupSources } from "./backups.js";
import { capacitySources } from "./capacity.js";
import { classicBalancerSources } from "./classic-balancers.js";
import { commitmentSources } from "./commitments.js";
import { containerSources } from "./containers.js";
import { diskSources } from "./disks.js";
import { dnsSources } from "./dns.js";
import { groupSources } from "./groups.js";
import { hidesRows } from "./hides-rows.js";
import { imageSources } from "./images.js";
import { interfaceSources } from "./interfaces.js";
import { managementSources } from "./management.js";
import { mirrorSources } from "./mirrors.js";
import { membersSource, operators, scalingOwners, spotOwners, spotSource, tagOwners } from "./owners.js";
import { pendingSources } from "./pending.js";
import { routeSources } from "./routes.js";
import { sharedServiceSources } from "./shared-services.js";
import { snapshotSources } from "./snapshots.js";
import type { AwsSource, AwsSurvey } from "./survey.js";
import { targetGroupSources } from "./target-groups.js";

const instancesSource = "ec2:DescribeInstances";
const protectionSource = "ec2:DescribeInstanceAttribute";

/** Every kind and source that is asked what hangs on an instance. Each has its coverage line in every report. */
export const dependencyTable: readonly AwsSource[] = [
  // Without this listing there is no report at all.
  {
    kind: "instance",
    source: instancesSource,
    gate: "required",
    hidesRows,
    read: async () => ({ nodes: [], edges: [] }),
  },
  { kind: "protection", source: protectionSource, gate: "required", hidesRows, read: protection },
  ...diskSources,
  ...interfaceSources,
  ...addressSources,
  ...targetGroupSources,
  ...classicBalancerSources,
  { kind: "auto-scaling-group", source: membersSource, gate: "required", hidesRows, read: scaling },
  { kind: "spot-request", source: spotSource, gate: "required", hidesRows, read: spot },
  ...(["fleet", "cluster-node", "stack", "managed-service", "other"] as const).map(owner),
  ...containerSources,
  ...routeSources,
  ...groupSources,
  ...addressListSources,
  ...dnsSources,
  ...snapshotSources,
  ...imageSources,
  ...backupSources,
  ...pendingSources,
  ...attributeSources,
  ...capacitySources,
  ...commitmentSources,
  ...sharedServiceSources,
  ...alarmSources,
  ...managementSources,
  ...mirrorSources,
];

/** Owners that the instances' tags, or EC2 itself, name. */
function owner(kind: DependencyKind): AwsSource {
  return {
    kind,
    source: instancesSource,
    gate: kind === "other" ? "report" : "required",
    hidesRows,
    read: async ({ instances }) => {
      const told = [tagOwners(instances), operators(instances)];
      return {
        nodes: told.flatMap(({ nodes }) => nodes).filter((node) => node.kind === kind),
        edges: told.flatMap(({ edges }) => edges).filter((edge) => edge.node.kind === kind),
      };
    },
  };
}

async function scaling({ call, instances, reads }: AwsSurvey): Promise<Findings> {
  // Without the groups their minimum sizes are not known; membership is what counts.
  const groups = await reads.scalingGroups().catch((error: unknown) => {
    if (DecommissionError.isInstance(error) && error.code !== "aborted") return [];
    throw error;
  });
  return await scalingOwners(call, instances, groups);
}

async function spot({ call, instances }: AwsSurvey): Promise<Findings> {
  const findings = await spotOwners(call, instances);
  const known = new Set(findings.edges.map(({ instanceId }) => instanceId));
  const silent = instances.filter(({ record }) => record.billing.unified === "spot" && !known.has(record.id));
  if (silent.length === 0) return findings;
  return {
    ...findings,
    partial: {
      reason: "No Spot request is listed for these Spot instances, so whether one launches another is not known.",
      instanceIds: silent.map(({ record }) => record.id),
    },
  };
}

async function protection({ instances, protectionCheck, reads }: AwsSurvey): Promise<Findings> {
  if (protectionCheck === "by-cloud") {
    return { nodes: [], edges: [], skipped: "Left to the cloud, which refuses to terminate a protected instance." };
  }
  const reading = await reads.protection();
  const unread = instances.flatMap(({ record }) => {
    const found = reading.byId.get(record.id);
    return found === undefined || found.termination === "unknown" || found.stop === "unknown" ? [record.id] : [];
  });
  const [problem] = reading.unread.values();
  if (problem && unread.length === instances.length) throw new DecommissionError(problem);
  const findings = findingsOf(
    protectionSource,
    instances.flatMap(({ record }) => {
      const found = reading.byId.get(record.id);
      return [
        ...(found?.termination === true ? [protectionFinding(record.id, "termination")] : []),
        ...(found?.stop === true ? [protectionFinding(record.id, "stop")] : []),
      ];
    }),
  );
  if (unread.length === 0) return findings;
  const reasons = unique([...reading.unread.values()].map(({ message }) => message));
  const reason = reasons.length === 0 ? "The answer did not say whether protection is on." : reasons.join(" ");
  return { ...findings, partial: { reason, instanceIds: unread } };
}

function protectionFinding(instanceId: string, which: "termination" | "stop"): Finding {
  return {
    instanceId,
    node: { kind: "protection", id: `${instanceId}/${which}`, billing: "none" },
    edge: {
      relation: "attached",
      effect: "blocks",
      atTermination: "deleted",
      why: `Its ${which} protection is on, and EC2 refuses to terminate it.`,
      unblock: `Switch it off, or name ${instanceId} in \`protection.clear\` with a reason.`,
    },
  };
}
