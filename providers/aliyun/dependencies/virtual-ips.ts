import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { innerTexts } from "../listings.js";
import { instanceBehind } from "./holders.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "vpc:DescribeHaVips";

/** Virtual addresses that instances share, with whoever is left to answer on them. */
export const virtualIpSources: readonly AliyunSource[] = [
  listing("virtual-ip", source, "required", async (survey) => findingsOf(source, await virtualIps(survey))),
];

async function virtualIps({ call, instances }: AliyunSurvey): Promise<readonly Finding[]> {
  const behind = instanceBehind(instances);
  const rows = await call.pages("vpc", "DescribeHaVips");
  return rows.flatMap((row) => {
    // Small letters in front, unlike everywhere else (DescribeHaVipsResponseBody).
    const members = innerTexts(row, "AssociatedInstances.associatedInstance");
    const ours = [...new Set(members.flatMap((id) => behind.get(id) ?? []))];
    const others = members.filter((id) => !behind.has(id)).length;
    return ours.map((instanceId) => virtualIpFinding(row, instanceId, others));
  });
}

function virtualIpFinding(row: Wire, instanceId: string, others: number): Finding {
  const ip = row.text("IpAddress") ?? row.need("HaVipId");
  return {
    instanceId,
    node: { kind: "virtual-ip", id: row.need("HaVipId"), name: ip, billing: "none" },
    edge: {
      relation: "member",
      atTermination: "kept",
      ...(others === 0
        ? {
            effect: "blocks",
            why: `Nobody else answers on the virtual address ${ip}: what is sent there is lost.`,
            unblock: "Bind another instance to it, or unbind this one.",
          }
        : { effect: "report", why: `It shares the virtual address ${ip} with ${others} others, who take over.` }),
    },
  };
}
