import type { Findings } from "../../../src/coverage.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { SeenInstance } from "../record.js";
import { readRecycleBin } from "../recycled.js";
import { addressListSources } from "./address-lists.js";
import { addressSources } from "./addresses.js";
import { alarmSources } from "./alarms.js";
import { attributeSources } from "./attributes.js";
import { backupSources } from "./backups.js";
import { balancerSources } from "./balancers.js";
import { commitmentSources } from "./commitments.js";
import { diskSources } from "./disks.js";
import { dnsSources } from "./dns.js";
import { groupSources } from "./groups.js";
import { hidesRows, nothing } from "./hides-rows.js";
import { imageSources } from "./images.js";
import { interfaceSources } from "./interfaces.js";
import { natSources } from "./nat.js";
import { ownerSources } from "./owners.js";
import { placementSources } from "./placement.js";
import { routeSources } from "./routes.js";
import { sharedServiceSources } from "./shared-services.js";
import { snapshotSources } from "./snapshots.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const serverSource = "ecs:ListServersDetails";
const binSource = "ecs:ShowRecycleBin";

/** Every kind and source that is asked what hangs on a server. Each has its coverage line in every report. */
export const dependencyTable: readonly HuaweiSource[] = [
  // Without this listing there is no report at all.
  { kind: "instance", source: serverSource, gate: "required", hidesRows, read: async () => nothing },
  { kind: "protection", source: serverSource, gate: "required", hidesRows, read: protection },
  ...diskSources,
  ...interfaceSources,
  ...addressSources,
  ...balancerSources,
  ...ownerSources,
  ...routeSources,
  ...natSources,
  ...attributeSources,
  ...groupSources,
  ...addressListSources,
  ...dnsSources,
  ...snapshotSources,
  ...imageSources,
  ...backupSources,
  ...placementSources,
  ...sharedServiceSources,
  ...alarmSources,
  ...commitmentSources,
  { kind: "recycle-bin", source: binSource, gate: "report", hidesRows, read: recycleBin },
];

/** It comes with the servers themselves, so it is read whatever `protectionCheck` says. */
async function protection({ instances }: HuaweiSurvey): Promise<Findings> {
  const silent = instances.filter(({ record }) => record.protection.termination === "unknown");
  return {
    ...findingsOf(serverSource, instances.flatMap(protections)),
    ...(silent.length === 0
      ? {}
      : {
          partial: {
            reason: "The answer did not say whether the server is locked.",
            instanceIds: silent.map(({ record }) => record.id),
          },
        }),
  };
}

function protections({ record }: SeenInstance): readonly Finding[] {
  const finding = (id: string, why: string, unblock: string): Finding => ({
    instanceId: record.id,
    node: { kind: "protection", id: `${record.id}/${id}`, billing: "none" },
    edge: { relation: "attached", effect: "blocks", atTermination: "deleted", why, unblock },
  });
  return [
    ...(record.protection.termination === true
      ? [
          finding(
            "lock",
            "Somebody locked it, and ECS refuses to delete it (Ecs.0605).",
            `Unlock it, or name ${record.id} in \`protection.clear\` with a reason.`,
          ),
        ]
      : []),
    ...record.protection.locks.map(({ unified, raw, orderId }) =>
      finding(
        unified,
        `It is held (${raw}).`,
        orderId === undefined ? "Settle its cause with the cloud." : `Finish or cancel order ${orderId} first.`,
      ),
    ),
  ];
}

/** Whether deleted servers wait in the project's bin, and for how long. */
async function recycleBin({ call, instances }: HuaweiSurvey): Promise<Findings> {
  const bin = await readRecycleBin(call);
  const age = bin.minimumAgeDays === undefined ? "" : `, if it is at least ${bin.minimumAgeDays} days old`;
  const why = `The project's recycle bin keeps a deleted server ${bin.retentionHours ?? "some"} hours${age}; its disks bill meanwhile.`;
  return {
    ...findingsOf(
      binSource,
      bin.enabled === true
        ? instances.map(
            ({ record }): Finding => ({
              instanceId: record.id,
              node: { kind: "recycle-bin", id: "servers", billing: "none" },
              edge: { relation: "references", effect: "report", atTermination: "kept", why },
            }),
          )
        : [],
    ),
    ...(bin.enabled === "unknown" ? { partial: { reason: "The answer did not say whether the bin is on." } } : {}),
  };
}
