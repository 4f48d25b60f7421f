import { holdBack } from "../../src/holding/hold-back.js";
import type { InstanceTarget } from "../../src/instances.js";
import type { QuarantineOptions, QuarantineOutcome } from "../../src/reversal.js";
import type { OpenHuaweiCall } from "./call.js";
import { instanceIdForm } from "./instances.js";
import { lookAt } from "./look.js";
import { readOwners } from "./owners.js";
import { isolateInstances } from "./quarantine/isolate.js";
import { commonRefusal } from "./quarantine/judge.js";
import { stopInstances } from "./quarantine/stop.js";

/** Stops or isolates servers, so that whoever still needs one can speak up. `revert` with the effects lifts it. */
export async function quarantine(
  open: OpenHuaweiCall,
  targets: readonly InstanceTarget[],
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  return await holdBack(open, targets, options, {
    instanceIdForm,
    look: lookAt,
    refusals: async (call, instances) => {
      const owners = await readOwners(call, instances);
      return new Map(
        instances.flatMap((seen) => {
          const problem = commonRefusal(seen, owners);
          return problem ? [[seen.record.id, problem] as const] : [];
        }),
      );
    },
    stop: stopInstances,
    isolate: isolateInstances,
  });
}
