import type { Findings } from "../../../src/coverage.js";

/**
 * Whether a service hides rows from a scoped principal instead of denying the request. None of these does: a user whose
 * permissions end at an enterprise project is refused a listing that names none (`enterprise_project_id` of ECS, EVS,
 * VPC, EIP and others), and IAM projects are part of the path.
 */
export const hidesRows = false;

/** Nothing found. */
export const nothing: Findings = { nodes: [], edges: [] };
