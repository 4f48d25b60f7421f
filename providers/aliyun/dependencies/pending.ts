import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { idLimit } from "../instances.js";
import { innerList } from "../listings.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "ecs:DescribeInstancesFullStatus";

/** System events: what the cloud does to an instance, or is about to. */
export const pendingSources: readonly AliyunSource[] = [
  listing("pending-operation", source, "required", async (survey) => findingsOf(source, await eventsOn(survey))),
];

async function eventsOn({ call, instances }: AliyunSurvey): Promise<readonly Finding[]> {
  const ids = instances.map(({ record }) => record.id);
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) =>
      call.pages("ecs", "DescribeInstancesFullStatus", { InstanceId: [...piece] }, piece.length),
    ),
  );
  return pieces.flat().flatMap((row) => {
    const instanceId = row.need("InstanceId");
    const events = innerList(row, "ScheduledSystemEventSet.ScheduledSystemEventType");
    return events.map((event) => eventFinding(event, instanceId));
  });
}

/** An event that runs is work under way; one that is only planned is told ("EventCycleStatus", DescribeInstancesFullStatus). */
function eventFinding(event: Wire, instanceId: string): Finding {
  const type = event.object("EventType")?.text("Name") ?? "a system event";
  const status = event.object("EventCycleStatus")?.text("Name") ?? "unknown";
  const notBefore = event.text("NotBefore");
  const planned = status === "Scheduled" || status === "Inquiring";
  return {
    instanceId,
    node: { kind: "pending-operation", id: event.need("EventId"), name: type, billing: "none" },
    edge: {
      relation: "references",
      atTermination: "unknown",
      ...(planned
        ? { effect: "report", why: `The cloud plans ${type}${notBefore === undefined ? "" : ` from ${notBefore}`}.` }
        : {
            effect: "blocks",
            why: `${type} is under way (${status}).`,
            unblock: "Wait until that has ended.",
          }),
    },
  };
}
