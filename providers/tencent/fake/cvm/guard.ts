import { texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { checkForm } from "../list.js";
import type { Instance, InstanceStateName } from "../records.js";
import { existing, type TencentRequestContext } from "../state.js";

/** In what states an operation is taken; where nothing is said, in all. From the SDK's error list per operation. */
export interface OperationRules {
  /** The only states it is taken in. */
  readonly accepts?: readonly InstanceStateName[];
  /** States it is refused in, by a code that names the state. */
  readonly refuses?: readonly InstanceStateName[];
  /** States it is refused in as "in operation or special state", since no code of its list names them. */
  readonly special?: readonly InstanceStateName[];
  /** Not refused while another operation runs: it only asks. */
  readonly onlyAsks?: boolean;
}

/** States between two others. */
export const passing = ["PENDING", "STARTING", "STOPPING", "REBOOTING"] as const;
/** Rescue and live migration, on the way in and out. */
export const moving = [
  "ENTER_RESCUE_MODE",
  "EXIT_RESCUE_MODE",
  "ENTER_SERVICE_LIVE_MIGRATE",
  "EXIT_SERVICE_LIVE_MIGRATE",
] as const;

/** The instances a request names, all of them fit for the operation: one that is not refuses the whole request. */
export function instancesFor(context: TencentRequestContext, rules: OperationRules): readonly Instance[] {
  const ids = [...new Set(texts(context.parameters, "InstanceIds"))];
  for (const id of ids) checkForm("instance", id, "InvalidInstanceId.Malformed");
  const instances = ids.map((id) => existing(context.state.instances, id, "InvalidInstanceId.NotFound", "instance"));
  for (const instance of instances) checkInstance(instance, rules);
  return instances;
}

function checkInstance(instance: Instance, { accepts, refuses = [], special = [], onlyAsks }: OperationRules): void {
  const { id, state, restrictState, busyCode, operation } = instance;
  if (restrictState === "PROTECTIVELY_ISOLATED")
    throw refusal("UnsupportedOperation.InstanceStateBanning", `The instance \`${id}\` is banned. Contact support.`);
  if (special.includes(state))
    throw refusal("InvalidInstance.NotSupported", `The instance \`${id}\` does not support this operation now.`);
  if (refuses.includes(state) || (accepts && !accepts.includes(state)))
    throw refusal(stateCode(state), `The instance \`${id}\` is in the state ${state}.`);
  if (onlyAsks) return;
  if (busyCode !== undefined) throw refusal(busyCode, `The instance \`${id}\` is in operation.`);
  if (operation?.state === "OPERATING")
    throw refusal("OperationDenied.InstanceOperationInProgress", `${operation.name} is in progress on \`${id}\`.`);
}

/** `ENTER_RESCUE_MODE` is refused as `UnsupportedOperation.InstanceStateEnterRescueMode`. */
function stateCode(state: InstanceStateName): string {
  const words = state.toLowerCase().split("_");
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return `UnsupportedOperation.InstanceState${name}`;
}

/** One request, one way of paying. */
export function checkOneChargeType(instances: readonly Instance[], code: string): void {
  if (new Set(instances.map(({ chargeType }) => chargeType)).size > 1)
    throw refusal(code, "The instances are charged in different ways.");
}

/** Centre and edge zones do not go together in one request. Edge zones are named like `ap-changsha-ec-1`. */
export function checkOneZoneType(instances: readonly Instance[]): void {
  if (new Set(instances.map(({ zone }) => /-ec-\d+$/.test(zone))).size > 1)
    throw refusal("UnsupportedOperation.InstanceMixedZoneType", "Instances of centre and edge zones are mixed.");
}

/** What another product operates is released there. */
export function checkApplication(instances: readonly Instance[]): void {
  for (const { id, application } of instances) {
    if (application === undefined) continue;
    const suffix = application.toLowerCase() === "emr" ? "Emr" : "";
    throw refusal(
      `FailedOperation.InvalidInstanceApplicationRole${suffix}`,
      `The instance \`${id}\` belongs to ${application}.`,
    );
  }
}
