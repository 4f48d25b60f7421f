import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { idLimit } from "../instances.js";
import { listing, ownWord } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const timers = "ecs:DescribeInstances";
const renewals = "ecs:DescribeInstanceAutoRenewAttribute";

/** What the cloud will do by itself: release an instance at its time, or pay for it once more. */
export const scheduleSources: readonly AliyunSource[] = [
  ownWord("schedule", timers, "report", async ({ instances }) =>
    findingsOf(
      timers,
      instances.flatMap(({ record }) =>
        record.scheduledReleaseAt === undefined ? [] : [timerFinding(record.id, record.scheduledReleaseAt)],
      ),
    ),
  ),
  listing("schedule", renewals, "report", async (survey) => findingsOf(renewals, await autoRenewals(survey))),
];

function timerFinding(instanceId: string, at: string): Finding {
  return {
    instanceId,
    node: { kind: "schedule", id: `${instanceId}/auto-release`, billing: "none" },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "deleted",
      why: `The cloud releases it by itself at ${at}, protected or not.`,
    },
  };
}

/** Asked for subscriptions alone: the request fails for any other. */
async function autoRenewals({ call, instances }: AliyunSurvey): Promise<readonly Finding[]> {
  const prepaid = instances.filter(({ record }) => record.billing.unified === "prepaid").map(({ record }) => record.id);
  const pieces = await Promise.all(
    chunk(prepaid, idLimit).map((piece) =>
      call.pages("ecs", "DescribeInstanceAutoRenewAttribute", { InstanceId: piece.join(",") }, piece.length),
    ),
  );
  return pieces
    .flat()
    .filter((row) => row.text("RenewalStatus") === "AutoRenewal" || row.flag("AutoRenewEnabled") === true)
    .map((row): Finding => {
      const instanceId = row.need("InstanceId");
      return {
        instanceId,
        node: { kind: "schedule", id: `${instanceId}/auto-renewal`, billing: "continues" },
        edge: {
          relation: "attached",
          effect: "report",
          atTermination: "deleted",
          why: "It renews itself, and is charged for nine days before it expires.",
        },
      };
    });
}
