import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { hidesRows } from "./controls.js";
import type { TencentSource } from "./survey.js";

const source = "monitor:DescribeAlarmPolicies";
/** Objects one request takes when it asks which policy is whose ("NeedCorrespondence", monitor 2018-07-24). */
const dimensionBatch = 20;
const pageLimit = 100;

/** Alarm policies that watch the instances. A binding outlives its instance. */
export const alarmSources: readonly TencentSource[] = [
  {
    kind: "alarm",
    source,
    gate: "report",
    hidesRows,
    read: async ({ call, instances }) => {
      const ids = instances.map(({ record }) => record.id);
      return findingsOf(source, (await readAlarms(call, ids)).map(alarmFinding));
    },
  },
];

/** An alarm policy that is bound to an instance. */
export interface BoundAlarm {
  readonly instanceId: string;
  readonly id: string;
  readonly name: string;
}

/** The alarm policies bound to these instances, the dead ones among them included. */
export async function readAlarms(call: TencentCall, ids: readonly string[]): Promise<readonly BoundAlarm[]> {
  const pieces = await Promise.all(
    chunk(ids, dimensionBatch).map(async (piece) => {
      const rows = await policiesOf(call, piece);
      return rows.flatMap((row) => {
        const id = row.need("PolicyId");
        const name = row.text("PolicyName") ?? id;
        const bound = boundTo(row);
        // Where the correspondence is not told, any of those asked about may be meant.
        return (bound ?? piece).filter((one) => piece.includes(one)).map((instanceId) => ({ instanceId, id, name }));
      });
    }),
  );
  return pieces.flat();
}

/** This listing counts its pages from 1. */
async function policiesOf(call: TencentCall, ids: readonly string[]): Promise<readonly Wire[]> {
  const parameters = {
    Module: "monitor",
    MonitorTypes: ["MT_QCE"],
    Namespaces: ["cvm_device"],
    Dimensions: JSON.stringify(ids.map((value) => [{ name: "unInstanceId", value }])),
    NeedCorrespondence: 1,
    PageSize: pageLimit,
  };
  const found: Wire[] = [];
  for (let page = 1; ; page++) {
    const { body } = await call.read("monitor", "DescribeAlarmPolicies", { ...parameters, PageNumber: page });
    const rows = body.needList("Policies");
    found.push(...rows);
    if (rows.length === 0 || found.length >= (body.number("TotalCount") ?? 0)) return found;
  }
}

/** The instances a policy is told to be bound to; `undefined` where it is not told, or told in another form. */
function boundTo(row: Wire): readonly string[] | undefined {
  const told = row.text("FilterDimensionsParam");
  if (told === undefined) return undefined;
  const ids = told.match(/\bins-[0-9a-z]{8,}\b/g);
  return ids === null ? undefined : [...new Set(ids)];
}

function alarmFinding({ instanceId, id, name }: BoundAlarm): Finding {
  return {
    instanceId,
    node: { kind: "alarm", id, name, billing: "none" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "It watches the instance. The binding stays, and the policy may tell that no data comes any more.",
    },
  };
}
