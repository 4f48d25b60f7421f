import type { Findings } from "../../../src/coverage.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceLock } from "../../../src/instances.js";
import { ownWord } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "ecs:DescribeInstances";

/** Release protection and the cloud's own locks. Both stand in the instance's own row, so reading them costs nothing. */
export const protectionSources: readonly AliyunSource[] = [ownWord("protection", source, "required", protection)];

async function protection({ instances }: AliyunSurvey): Promise<Findings> {
  const findings = findingsOf(
    source,
    instances.flatMap(({ record }) => [
      ...(record.protection.termination === true ? [deletionProtection(record.id)] : []),
      ...record.protection.locks.map((lock) => lockFinding(record.id, lock)),
    ]),
  );
  const silent = instances.filter(({ record }) => record.protection.termination === "unknown");
  if (silent.length === 0) return findings;
  return {
    ...findings,
    partial: {
      reason: "The answer did not say whether release protection is on.",
      instanceIds: silent.map(({ record }) => record.id),
    },
  };
}

function deletionProtection(instanceId: string): Finding {
  return protectionFinding(
    instanceId,
    "deletion-protection",
    "Its release protection is on, and ECS refuses to release it.",
    `Switch it off, or name ${instanceId} in \`protection.clear\` with a reason.`,
  );
}

/** What each lock means, and what ends it ("LockReason", DescribeInstances). */
const locks: Readonly<Record<InstanceLock["unified"], readonly [why: string, unblock: string]>> = {
  user: ["Somebody locked it.", "Unlock it first."],
  order: ["An order holds it.", "Finish or cancel the order first."],
  security: [
    "The cloud locked it for security. No disk of it can be saved, and all of them go with it whatever their flags say.",
    "Settle the cause with the cloud: nothing is forced from here.",
  ],
  overdue: ["It is locked for an overdue payment.", "Settle the account first."],
  refunded: [
    "It was unsubscribed and waits for its release.",
    "Nothing is left to do: the cloud releases it by itself.",
  ],
  reclaim: ["The cloud is taking this preemptible instance back.", "Nothing is left to do: it goes within minutes."],
  platform: [
    "Its dedicated host is locked for an overdue payment.",
    "Settle the payment for the host before anything on it.",
  ],
  unknown: ["The cloud locked it for a reason that is not documented.", "Find out the reason from the cloud first."],
};

function lockFinding(instanceId: string, { unified, raw }: InstanceLock): Finding {
  const [why, unblock] = locks[unified];
  return protectionFinding(instanceId, `lock-${raw === "" ? unified : raw}`, why, unblock);
}

function protectionFinding(instanceId: string, which: string, why: string, unblock: string): Finding {
  return {
    instanceId,
    node: { kind: "protection", id: `${instanceId}/${which}`, billing: "none" },
    edge: { relation: "attached", effect: "blocks", atTermination: "deleted", why, unblock },
  };
}
