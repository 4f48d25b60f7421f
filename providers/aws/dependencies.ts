import { survey } from "../../src/coverage.js";
import type { DependencyReport, ListDependenciesOptions } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { collapseTargets, foreignRecord } from "../../src/targets.js";
import type { OpenAwsCall } from "./call.js";
import { nothing } from "./dependencies/hides-rows.js";
import { type AwsSource, openSurvey } from "./dependencies/survey.js";
import { dependencyTable } from "./dependencies/table.js";
import { instanceIdForm, readInstances } from "./instances.js";
import { withProtection } from "./protection.js";

/** What hangs on the instances, and what was not looked at. A source that fails is a coverage line, not an exception. */
export async function listDependencies(
  open: OpenAwsCall,
  targets: readonly InstanceTarget[],
  options: ListDependenciesOptions = {},
): Promise<DependencyReport> {
  const { ids, sightings } = collapseTargets(targets, instanceIdForm);
  if (ids.length === 0) return { instances: [], nodes: [], edges: [], coverage: [] };
  const call = await open("reads", options);
  for (const record of sightings.values()) {
    const problem = foreignRecord(record, call.scope);
    if (problem) throw new DecommissionError(problem);
  }
  const seen = await readInstances(call, ids);
  const context = openSurvey(call, seen, options.protectionCheck ?? "before");
  const table = context.instances.length === 0 ? dependencyTable.map(leftOut) : dependencyTable;
  const found = await survey(table, context, options);
  const readsProtection = context.protectionCheck === "before" && !options.skip?.includes("protection");
  const protection = readsProtection && context.instances.length > 0 ? await context.reads.protection() : undefined;
  return {
    instances: ids.map((id) => {
      const record = seen.byId.get(id)?.record;
      if (!record) return { status: "not-found", instanceId: id };
      return { status: "found", record: protection ? withProtection(record, protection) : record };
    }),
    ...found,
  };
}

/** Nothing is asked about nobody, and the line says so. */
function leftOut(row: AwsSource): AwsSource {
  return { ...row, read: async () => ({ ...nothing, skipped: "None of the instances asked about is there." }) };
}
