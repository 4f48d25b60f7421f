import { invalidRequest } from "./errors.js";
import type { InstanceRecord, InstanceSelector } from "./instances.js";

/**
 * Throws `invalid-request` for a selector that names nothing, or whose values are empty: what a script passes when a
 * variable is not set must never select everything.
 */
export function checkSelector(selector: InstanceSelector, idForm: RegExp): void {
  const hint = "Name at least one id or one tag; states only narrow them.";
  if (typeof selector !== "object" || selector === null) throw invalidRequest("The selector is missing.", hint);
  const { ids, tags, states } = selector;
  if (ids === undefined && Object.keys(tags ?? {}).length === 0) throw invalidRequest("The selector is empty.", hint);
  if (ids !== undefined && (!Array.isArray(ids) || ids.length === 0)) {
    throw invalidRequest("`ids` of the selector is empty.", hint);
  }
  for (const id of ids ?? []) {
    if (typeof id !== "string" || !idForm.test(id)) {
      throw invalidRequest(`${JSON.stringify(id)} is not an instance id.`, `An id looks like ${idForm.source}.`);
    }
  }
  for (const [key, value] of Object.entries(tags ?? {})) {
    if (key !== "" && typeof value === "string" && value !== "") continue;
    throw invalidRequest(`The tag ${JSON.stringify(key)} of the selector has no value.`, "Give every tag its value.");
  }
  if (states !== undefined && (!Array.isArray(states) || states.length === 0)) {
    throw invalidRequest("`states` of the selector is empty.", "Leave it out to take every state.");
  }
}

/** Whether a record fits. Compared exactly, since clouds honour wildcards and some ignore case. */
export function fitsSelector(record: InstanceRecord, selector: InstanceSelector): boolean {
  if (selector.states && !selector.states.includes(record.state.unified)) return false;
  if (selector.ids && !selector.ids.includes(record.id)) return false;
  return Object.entries(selector.tags ?? {}).every(([key, value]) => record.tags[key] === value);
}
