import { survey } from "../../src/coverage.js";
import type { DependencyReport, ListDependenciesOptions } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { collapseTargets, foreignRecord } from "../../src/targets.js";
import type { OpenAliyunCall } from "./call.js";
import { openControls, withControls } from "./controls.js";
import { type AliyunSource, openSurvey } from "./dependencies/survey.js";
import { dependencyTable } from "./dependencies/table.js";
import { instanceIdForm, readInstances } from "./instances.js";

/** What hangs on the instances, and what was not looked at. A source that fails is a coverage line, not an exception. */
export async function listDependencies(
  open: OpenAliyunCall,
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
  const [first] = seen.byId.keys();
  const controls = openControls(call, first);
  const context = openSurvey(call, seen, controls);
  const table = dependencyTable.map((row) => (first === undefined ? leftOut(row) : withControls(row, controls)));
  return {
    instances: ids.map((id) => {
      const record = seen.byId.get(id)?.record;
      return record ? { status: "found", record } : { status: "not-found", instanceId: id };
    }),
    ...(await survey(table, context, options)),
  };
}

/** Nothing is asked about nobody, and the line says so. */
function leftOut(row: AliyunSource): AliyunSource {
  const skipped = "None of the instances asked about is there.";
  return { ...row, read: async () => ({ nodes: [], edges: [], skipped }) };
}
