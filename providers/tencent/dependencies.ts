import { survey } from "../../src/coverage.js";
import type { DependencyReport, ListDependenciesOptions } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { collapseTargets, foreignRecord } from "../../src/targets.js";
import type { OpenTencentCall } from "./call.js";
import { nothing } from "./dependencies/controls.js";
import { openSurvey, type TencentSource } from "./dependencies/survey.js";
import { dependencyTable } from "./dependencies/table.js";
import { instanceIdForm, readWithGaps } from "./instances.js";

/** What hangs on the instances, and what was not looked at. A source that fails is a coverage line, not an exception. */
export async function listDependencies(
  open: OpenTencentCall,
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
  const seen = await readWithGaps(call, ids);
  const table = seen.byId.size === 0 ? dependencyTable.map(leftOut) : dependencyTable;
  const found = await survey(table, openSurvey(call, seen), options);
  return {
    instances: ids.map((id) => {
      const record = seen.byId.get(id)?.record;
      return record ? { status: "found", record } : { status: "not-found", instanceId: id };
    }),
    ...found,
  };
}

/** Nothing is asked about nobody, and the line says so. */
function leftOut(row: TencentSource): TencentSource {
  return { ...row, read: async () => ({ ...nothing, skipped: "None of the instances asked about is there." }) };
}
