import type { Problem } from "../../src/errors.js";
import { holdBack } from "../../src/holding/hold-back.js";
import type { InstanceTarget } from "../../src/instances.js";
import type { QuarantineOptions, QuarantineOutcome } from "../../src/reversal.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { readOwners } from "./dependencies/owners.js";
import { instanceIdForm } from "./instances.js";
import { lookAt } from "./look.js";
import { isolateInstances } from "./quarantine/isolate.js";
import { commonRefusal } from "./quarantine/judge.js";
import { stopInstances } from "./quarantine/stop.js";
import type { SeenInstance } from "./record.js";

/** Stops or isolates instances, so that whoever still needs one can speak up. `revert` with the effects lifts it. */
export async function quarantine(
  open: OpenAliyunCall,
  targets: readonly InstanceTarget[],
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  return await holdBack<AliyunCall, SeenInstance>(open, targets, options, {
    instanceIdForm,
    look: lookAt,
    refusals,
    stop: stopInstances,
    isolate: isolateInstances,
  });
}

async function refusals(call: AliyunCall, instances: readonly SeenInstance[]): Promise<ReadonlyMap<string, Problem>> {
  const owners = await readOwners(call, instances);
  return new Map(
    instances.flatMap((seen): readonly [string, Problem][] => {
      const problem = commonRefusal(seen, owners);
      return problem ? [[seen.record.id, problem]] : [];
    }),
  );
}
