import type { DependencyRef } from "../../src/dependencies.js";
import { releaseItems } from "../../src/release/release.js";
import type { DependencyReleaseOutcome, ReleaseDependenciesOptions } from "../../src/reversal.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { instanceIdForm } from "./instances.js";
import { releaseAddresses } from "./release/address.js";
import { deleteDisks } from "./release/disk.js";
import { releaseFromScalingGroups } from "./release/scaling-group.js";
import { releaseTargets } from "./release/targets.js";

/** Frees what holds instances, and later what they leave. */
export async function releaseDependencies(
  open: OpenAliyunCall,
  given: readonly DependencyRef[],
  options: ReleaseDependenciesOptions = {},
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseItems<AliyunCall>(
    {
      open,
      instanceId: instanceIdForm,
      // In the order in which it has to be: traffic first, what cannot come back last.
      releasers: {
        "load-balancer-target": releaseTargets,
        "auto-scaling-group": releaseFromScalingGroups,
        "public-address": releaseAddresses,
        disk: deleteDisks,
      },
    },
    given,
    options,
  );
}
