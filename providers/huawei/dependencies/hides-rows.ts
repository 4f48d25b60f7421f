import { isoNow } from "../../../src/clock.js";
import type { Findings } from "../../../src/coverage.js";
import type { ControlRead } from "../../../src/dependencies.js";
import type { HuaweiSurvey } from "./survey.js";

/**
 * Whether a service hides rows from a scoped principal instead of denying the request. These do not: a listing that names
 * no enterprise project is decided by what is granted for the whole project, and who holds less is refused
 * (`enterprise_project_id` of ELB's listings says so; for the others it is their condition key `g:EnterpriseProjectId`,
 * which such a request does not carry). IAM projects are part of the path.
 */
export const hidesRows = false;

/**
 * AS is the exception: it answers a user of some enterprise projects with the groups of those ("Querying AS Groups",
 * enterprise_project_id), so an empty answer needs a control.
 */
export const hidesScalingGroups = true;

/**
 * What shows that an empty answer of AS means "none": another group that these credentials see, or the project's default
 * security group, which is in the enterprise project that nobody is held to by accident.
 */
export async function scalingControl({
  call,
  reads,
}: Pick<HuaweiSurvey, "call" | "reads">): Promise<Pick<Findings, "control">> {
  const at = isoNow(call.requests.clock);
  const [group] = await reads.scalingGroups();
  if (group) return { control: { by: "row", row: "other", id: group.id, at } };
  const byDefault = [...(await reads.securityGroups()).values()].find(({ isDefault }) => isDefault);
  const control: ControlRead | undefined = byDefault && { by: "row", row: "default-group", id: byDefault.id, at };
  return control ? { control } : {};
}

/** Nothing found. */
export const nothing: Findings = { nodes: [], edges: [] };
