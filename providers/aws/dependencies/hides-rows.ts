import type { Findings } from "../../../src/coverage.js";

/**
 * Whether a service hides rows from a scoped principal instead of denying the request. None of these does: their
 * listings take no resource in a policy, or demand all of them ("Actions, resources, and condition keys" of each
 * service, Service Authorization Reference), so a principal that may not see everything is refused.
 */
export const hidesRows = false;

/** Nothing found. */
export const nothing: Findings = { nodes: [], edges: [] };
