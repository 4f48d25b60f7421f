import { survey } from "../../../coverage.js";
import type { DependencyReport, ListDependenciesOptions } from "../../../dependencies.js";
import { DecommissionError } from "../../../errors.js";
import type { InstanceTarget } from "../../../instances.js";
import { lazy } from "../../../lazy.js";
import { foreignRecord } from "../../../targets.js";
import type { MemoryCall, OpenMemoryCall } from "./call.js";
import { readProtection } from "./changes.js";
import { dependencyTable, type SurveyContext } from "./dependency-table.js";
import { targetsOf } from "./look.js";
import { readInstances } from "./record.js";

/** What hangs on the instances, and what was not looked at. */
export async function listDependencies(
  open: OpenMemoryCall,
  targets: readonly InstanceTarget[],
  options: ListDependenciesOptions = {},
): Promise<DependencyReport> {
  const { ids, sightings } = targetsOf(targets);
  if (ids.length === 0) return { instances: [], nodes: [], edges: [], coverage: [] };
  const call = await open("reads", options);
  for (const record of sightings.values()) {
    const problem = foreignRecord(record, call.scope);
    if (problem) throw new DecommissionError(problem);
  }
  const { byId } = await readInstances(call, ids);
  const context = surveyContext(call, [...byId.values()], options);
  const found = await survey(dependencyTable, context, options);
  const protection =
    context.byCloud || options.skip?.includes("protection") ? new Map() : await settled(context.protection());
  return {
    instances: ids.map((id) => {
      const record = byId.get(id)?.record;
      if (!record) return { status: "not-found", instanceId: id };
      return { status: "found", record: { ...record, protection: { ...record.protection, ...protection.get(id) } } };
    }),
    ...found,
  };
}

/** What the sources of the table share: each listing is read once, whoever needs it. */
export function surveyContext(
  call: MemoryCall,
  seen: SurveyContext["seen"],
  options: ListDependenciesOptions,
): SurveyContext {
  const ids = seen.map(({ record }) => record.id);
  return {
    call,
    seen,
    byCloud: options.protectionCheck === "by-cloud",
    protection: lazy(() => readProtection(call, ids)),
    addresses: lazy(() => call.pages("ListAddresses")),
  };
}

/** The protections, or none where they could not be read: the coverage says so. */
async function settled<T>(reading: Promise<ReadonlyMap<string, T>>): Promise<ReadonlyMap<string, T>> {
  try {
    return await reading;
  } catch {
    return new Map();
  }
}
