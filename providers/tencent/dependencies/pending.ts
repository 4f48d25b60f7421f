import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { beijingTime } from "../times.js";
import { hidesRows } from "./controls.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const instances = "cvm:DescribeInstances";
const timers = "cvm:DescribeInstancesActionTimer";
const orders = "billing:DescribeDealsByCond";
/** Above 200 a page the orders leave out what they are about ("ResourceId", billing 2018-07-09, Deal). */
const orderPageLimit = 200;
/** How far back orders are looked for: a query should not span more than three months ("EndTime"). */
const orderDays = 89;

/** What is under way or due: operations, orders that are not finished, and timed releases. */
export const pendingSources: readonly TencentSource[] = [
  {
    kind: "pending-operation",
    source: instances,
    gate: "required",
    hidesRows: false,
    read: async (survey) => findingsOf(instances, survey.instances.flatMap(operationOf)),
  },
  {
    kind: "pending-operation",
    source: orders,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(orders, await openOrders(survey)),
  },
  {
    kind: "schedule",
    source: timers,
    // With one running the cloud refuses to terminate, and what may not be read may be there.
    gate: "required",
    hidesRows,
    read: async ({ seen, instances: asked }) => {
      if (seen.unread.timers) throw new DecommissionError(seen.unread.timers);
      return findingsOf(timers, asked.flatMap(timerOf));
    },
  },
];

/** States in which CVM refuses to terminate until they have passed, or until somebody ends them. */
const passing = /^(PENDING|STARTING|REBOOTING|STOPPING)$/;
const modes = /RESCUE|MIGRATE/;

function operationOf({ record, facts }: SeenInstance): readonly Finding[] {
  const { raw } = record.state;
  const isMode = modes.test(raw);
  if (facts.operationState !== "OPERATING" && !passing.test(raw) && !isMode) return [];
  return [
    {
      instanceId: record.id,
      node: { kind: "pending-operation", id: `${record.id}/${facts.operation ?? raw}`, billing: "none" },
      edge: {
        relation: "attached",
        effect: "blocks",
        atTermination: "unknown",
        why: isMode ? `It is in ${raw}.` : `${facts.operation ?? "An operation"} is under way (${raw}).`,
        unblock: isMode ? "End that mode first." : "Wait until it has ended.",
      },
    },
  ];
}

function timerOf({ record }: SeenInstance): readonly Finding[] {
  const { id, scheduledReleaseAt } = record;
  if (scheduledReleaseAt === undefined) return [];
  return [
    {
      instanceId: id,
      node: { kind: "schedule", id: `${id}/release`, billing: "none" },
      edge: {
        relation: "attached",
        effect: "blocks",
        atTermination: "deleted",
        why: `It is due to be released at ${scheduledReleaseAt}, and the cloud refuses to terminate it before.`,
        unblock: "Delete that timer first, or leave the release to it.",
      },
    },
  ];
}

/** Orders of these instances that are not paid, or not carried out: with one open CVM refuses to end the instance. */
async function openOrders({ call, instances }: TencentSurvey): Promise<readonly Finding[]> {
  const asked = new Set(instances.map(({ record }) => record.id));
  return (await readOpenOrders(call)).flatMap((order) =>
    order
      .texts("ResourceId")
      .filter((id) => asked.has(id))
      .map((instanceId) => orderFinding(order, instanceId)),
  );
}

/** Not paid, paid and not carried out, being carried out, being paid ("StatusSet", billing 2018-07-09). */
const openStatuses = [1, 2, 3, 12];

/** This listing counts pages, not items, in its offset. */
async function readOpenOrders(call: TencentCall): Promise<readonly Wire[]> {
  const now = call.requests.clock.now();
  const window = {
    StartTime: beijingTime(now - orderDays * 86_400_000),
    EndTime: beijingTime(now + 86_400_000),
    StatusSet: openStatuses,
  };
  const found: Wire[] = [];
  for (let page = 0; ; page++) {
    const parameters = { ...window, Offset: page, Limit: orderPageLimit };
    const { body } = await call.read("billing", "DescribeDealsByCond", parameters);
    const orders = body.needList("Deals");
    found.push(...orders);
    if (orders.length === 0 || found.length >= (body.number("TotalCount") ?? 0)) return found;
  }
}

function orderFinding(order: Wire, instanceId: string): Finding {
  const id = order.need("OrderId");
  return {
    instanceId,
    node: { kind: "pending-operation", id, billing: "unknown" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `The order ${id} (${order.text("Action") ?? "unknown"}) of it is not finished.`,
      unblock: "Pay it, cancel it, or wait until it is carried out.",
    },
  };
}
