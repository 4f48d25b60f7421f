import { survey } from "../../src/coverage.js";
import type { DependencyReport, ListDependenciesOptions } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { collapseTargets, foreignRecord } from "../../src/targets.js";
import type { OpenHuaweiCall } from "./call.js";
import { nothing } from "./dependencies/hides-rows.js";
import { type HuaweiSource, openSurvey } from "./dependencies/survey.js";
import { dependencyTable } from "./dependencies/table.js";
import { instanceIdForm, readInstances } from "./instances.js";

/** What hangs on the servers, and what was not looked at. A source that fails is a coverage line, not an exception. */
export async function listDependencies(
  open: OpenHuaweiCall,
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
  // A server that is missing may be in a bin that could not be looked into: "not found" would be a guess.
  if (seen.unread.bin) throw new DecommissionError(seen.unread.bin);
  const context = openSurvey(call, seen, options.protectionCheck ?? "before");
  const table = context.instances.length === 0 ? dependencyTable.map(leftOut) : dependencyTable;
  const found = await survey(table, context, options);
  return {
    instances: ids.map((id) => {
      const record = seen.byId.get(id)?.record;
      return record ? { status: "found", record } : { status: "not-found", instanceId: id };
    }),
    ...found,
  };
}

/** Nothing is asked about nobody, and the line says so. */
function leftOut(row: HuaweiSource): HuaweiSource {
  return { ...row, read: async () => ({ ...nothing, skipped: "None of the servers asked about is there." }) };
}
