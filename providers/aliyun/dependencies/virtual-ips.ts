import { type Finding, findingsOf } from "../../../src/findings.js";
import type { AliyunCall } from "../call.js";
import { innerTexts } from "../listings.js";
import { instanceBehind } from "./holders.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "vpc:DescribeHaVips";

/** Virtual addresses that instances share, with whoever is left to answer on them. */
export const virtualIpSources: readonly AliyunSource[] = [
  listing("virtual-ip", source, "required", async (survey) => findingsOf(source, await virtualIps(survey))),
];

/** An address that several instances share, with the instances and interfaces that can answer on it. */
export interface VirtualIp {
  readonly id: string;
  readonly ip: string;
  readonly members: readonly string[];
}

/** All virtual addresses of the region. */
export async function readVirtualIps(call: AliyunCall): Promise<readonly VirtualIp[]> {
  const rows = await call.pages("vpc", "DescribeHaVips");
  return rows.map((row) => {
    const id = row.need("HaVipId");
    // Small letters in front, unlike everywhere else (DescribeHaVipsResponseBody).
    return { id, ip: row.text("IpAddress") ?? id, members: innerTexts(row, "AssociatedInstances.associatedInstance") };
  });
}

async function virtualIps({ instances, reads }: AliyunSurvey): Promise<readonly Finding[]> {
  const behind = instanceBehind(instances);
  return (await reads.virtualIps()).flatMap((address) => {
    const { members } = address;
    const ours = [...new Set(members.flatMap((id) => behind.get(id) ?? []))];
    const others = members.filter((id) => !behind.has(id)).length;
    return ours.map((instanceId) => virtualIpFinding(address, instanceId, others));
  });
}

function virtualIpFinding({ id, ip }: VirtualIp, instanceId: string, others: number): Finding {
  return {
    instanceId,
    node: { kind: "virtual-ip", id, name: ip, billing: "none" },
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
