import type { DependencyRef } from "../../src/dependencies.js";
import { releaseItems } from "../../src/release/release.js";
import type { DependencyReleaseOutcome, ReleaseDependenciesOptions } from "../../src/reversal.js";
import type { OpenTencentCall } from "./call.js";
import { instanceIdForm } from "./instances.js";
import { releaseAddresses } from "./release/address.js";
import { deleteDisks } from "./release/disk.js";
import { releaseFromScalingGroups } from "./release/scaling-group.js";
import { releaseTargets } from "./release/targets.js";

/** How each kind is let go, in the order in which it has to be: traffic first, what cannot come back last. */
const releasers = {
  "load-balancer-target": releaseTargets,
  "auto-scaling-group": releaseFromScalingGroups,
  "public-address": releaseAddresses,
  disk: deleteDisks,
};

/** Frees what holds instances, and later what they leave. */
export async function releaseDependencies(
  open: OpenTencentCall,
  given: readonly DependencyRef[],
  options: ReleaseDependenciesOptions = {},
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseItems({ open, instanceId: instanceIdForm, releasers }, given, options);
}
