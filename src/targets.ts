import { type Scope, sameScope } from "./common.js";
import { invalidRequest, type Problem } from "./errors.js";
import { type InstanceRecord, type InstanceTarget, isRecord } from "./instances.js";

/** The targets of a call, each once. */
export interface Targets {
  /** Instance ids in the order first asked. */
  readonly ids: readonly string[];
  /** What was seen earlier, by id. Of several records of one instance the newest counts. */
  readonly sightings: ReadonlyMap<string, InstanceRecord>;
}

/**
 * Collapses duplicates. Throws `invalid-request` for an id that cannot be one of this cloud's, since a typo must
 * not be taken for an instance that is gone.
 */
export function collapseTargets(targets: readonly InstanceTarget[], idForm: RegExp): Targets {
  if (!Array.isArray(targets)) throw invalidRequest("The targets are no list.", "Pass ids or records in an array.");
  const ids = new Set<string>();
  const sightings = new Map<string, InstanceRecord>();
  for (const target of targets) {
    const id = isRecord(target) ? target.id : target;
    if (typeof id !== "string" || !idForm.test(id)) {
      throw invalidRequest(`${JSON.stringify(id)} is not an instance id.`, `An id looks like ${idForm.source}.`);
    }
    ids.add(id);
    if (!isRecord(target)) continue;
    const known = sightings.get(id);
    if (!known || known.seenAt < target.seenAt) sightings.set(id, target);
  }
  return { ids: [...ids], sightings };
}

/** What is wrong with a record that was seen elsewhere; `undefined` when it is of this scope. */
export function foreignRecord(record: InstanceRecord, scope: Scope): Problem | undefined {
  if (sameScope(record, scope)) return undefined;
  return {
    code: "wrong-account",
    message: `${record.id} was seen in ${placeOf(record)}, these credentials act in ${placeOf(scope)}.`,
    hint: "Use the credentials, region and project in which the instance was seen.",
    cloud: scope.cloud,
    instanceIds: [record.id],
  };
}

function placeOf(scope: Scope): string {
  return [scope.cloud, scope.accountId, scope.region, scope.project].filter((part) => part !== undefined).join("/");
}
