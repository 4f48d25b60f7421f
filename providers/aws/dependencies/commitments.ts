import { commitmentFinding } from "../../../src/commitment-finding.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const reservedSource = "ec2:DescribeReservedInstances";
const plansSource = "savingsplans:DescribeSavingsPlans";
/** Largest page of DescribeSavingsPlans (Savings Plans API reference, maxResults). */
const planPageLimit = 1000;

/** Commitments that may cover the instances. They are discounts: ending an instance neither needs nor ends them. */
export const commitmentSources: readonly AwsSource[] = [
  {
    kind: "commitment",
    source: reservedSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(reservedSource, await reservedInstances(survey)),
  },
  {
    kind: "commitment",
    source: plansSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(plansSource, await savingsPlans(survey)),
  },
];

/** It has no pages (EC2 API reference, DescribeReservedInstances). */
async function reservedInstances({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const parameters = { Filters: [{ Name: "state", Values: ["active"] }] };
  const { body } = await call.read("ec2", "DescribeReservedInstances", parameters);
  return body.needList("ReservedInstances").flatMap((row) => {
    const family = familyOf(row.text("InstanceType") ?? "");
    return covered(instances)
      .filter(({ facts }) => familyOf(facts.instanceType) === family)
      .map(({ record }) =>
        commitmentFinding(record.id, row.need("ReservedInstancesId"), row.date("End"), "Reserved Instances"),
      );
  });
}

async function savingsPlans({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const parameters = { states: ["active"], maxResults: planPageLimit };
  const rows = await call.pages("savingsplans", "DescribeSavingsPlans", parameters, "savingsPlans");
  return rows.flatMap((row) => {
    const family = row.text("ec2InstanceFamily");
    return covered(instances)
      .filter(({ facts }) => family === undefined || familyOf(facts.instanceType) === family)
      .map(({ record }) => commitmentFinding(record.id, row.need("savingsPlanId"), row.date("end"), "Savings Plan"));
  });
}

/** Spot instances are covered by neither ("How Reserved Instance discounts are applied", EC2 User Guide). */
function covered(instances: readonly SeenInstance[]): readonly SeenInstance[] {
  return instances.filter(({ record }) => record.billing.unified === "on-demand");
}

/** A reservation of a region covers other sizes of its family as well. */
function familyOf(instanceType: string): string {
  return instanceType.split(".")[0] ?? "";
}
