import { commitmentFinding } from "../../../src/commitment-finding.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { SeenInstance } from "../record.js";
import { allOrNothing, listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const reservedSource = "ecs:DescribeReservedInstances";
const plansSource = "bss:QuerySavingsPlansInstance";

/** Commitments that may cover the instances. They are discounts: ending an instance neither needs nor ends them. */
export const commitmentSources: readonly AliyunSource[] = [
  listing("commitment", reservedSource, "report", async (survey) =>
    findingsOf(reservedSource, await reservedInstances(survey)),
  ),
  allOrNothing("commitment", plansSource, "report", async (survey) =>
    findingsOf(plansSource, await savingsPlans(survey)),
  ),
];

/** One of a zone covers its own type there, one of the region all sizes of its family ("Scope", DescribeReservedInstances). */
async function reservedInstances({ call, instances }: AliyunSurvey): Promise<readonly Finding[]> {
  const rows = await call.pages("ecs", "DescribeReservedInstances", { Status: ["Active"] });
  return rows.flatMap((row) => {
    const type = row.text("InstanceType") ?? "";
    const zone = row.text("Scope") === "Zone" ? row.text("ZoneId") : undefined;
    const fits = ({ record, facts }: SeenInstance) =>
      zone === undefined
        ? familyOf(facts.instanceType) === familyOf(type)
        : record.zone === zone && facts.instanceType === type;
    return covered(instances)
      .filter(fits)
      .map(({ record }) =>
        commitmentFinding(record.id, row.need("ReservedInstanceId"), row.text("ExpiredTime"), "reserved instance"),
      );
  });
}

/** Plans of the account, whatever their region. A general one covers any instance, one for ECS a family in its region. */
async function savingsPlans({ call, instances }: AliyunSurvey): Promise<readonly Finding[]> {
  const rows = await call.pages("bss", "QuerySavingsPlansInstance", { Status: "NORMAL" });
  return rows.flatMap((row) =>
    covered(instances)
      .filter((seen) => planFits(row, seen))
      .map(({ record }) => commitmentFinding(record.id, row.need("InstanceId"), row.text("EndTime"), "savings plan")),
  );
}

function planFits(row: Wire, { record, facts }: SeenInstance): boolean {
  if (row.text("SavingsType")?.toLowerCase() === "universal") return true;
  const region = row.text("Region");
  if (region !== undefined && region !== record.region) return false;
  // A package of families is called by a name of its own: whether it holds this one is not told.
  const family = row.text("InstanceFamily");
  return family?.startsWith("ecs.") !== true || family === familyOf(facts.instanceType);
}

/** Subscriptions and preemptible instances are covered by neither ("Savings plans overview", ECS user guide). */
function covered(instances: readonly SeenInstance[]): readonly SeenInstance[] {
  return instances.filter(({ record }) => record.billing.unified === "on-demand");
}

/** `ecs.g7.large` is of the family `ecs.g7`. */
function familyOf(instanceType: string): string {
  return instanceType.split(".").slice(0, 2).join(".");
}
