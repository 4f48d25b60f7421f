import { unique } from "../../../batch.js";
import { invalidRequest } from "../../../errors.js";
import type { CallerIdentity, InstanceRecord, InstanceSelector } from "../../../instances.js";
import type { CallOptions } from "../../../options.js";
import { checkSelector, fitsSelector } from "../../../selector.js";
import type { Artifact } from "../../../snapshots.js";
import type { OpenMemoryCall } from "./call.js";
import { artifactOf, readOwnCopies } from "./copies.js";
import { instanceIdForm } from "./look.js";
import { readInstances, readInstancesBy } from "./record.js";

/** Whose credentials these are. */
export async function whoAmI(open: OpenMemoryCall, options?: CallOptions): Promise<CallerIdentity> {
  return (await open("reads", options)).identity;
}

/** Instances that match, each with its disks. */
export async function* findInstances(
  open: OpenMemoryCall,
  selector: InstanceSelector,
  options?: CallOptions,
): AsyncGenerator<InstanceRecord> {
  checkSelector(selector, instanceIdForm);
  const call = await open("reads", options);
  const { byId } = selector.ids
    ? await readInstances(call, unique(selector.ids))
    : await readInstancesBy(call, selector.tags);
  for (const { record } of byId.values()) if (fitsSelector(record, selector)) yield record;
}

/** What this library made here. */
export async function* findOwnArtifacts(
  open: OpenMemoryCall,
  selector: { readonly runId?: string; readonly expiredBefore?: string },
  options?: CallOptions,
): AsyncGenerator<Artifact> {
  const { runId, expiredBefore } = selector;
  if (runId === "") throw invalidRequest("`runId` is empty.", "Leave it out to see all that was made.");
  if (expiredBefore !== undefined && Number.isNaN(Date.parse(expiredBefore))) {
    throw invalidRequest("`expiredBefore` is no time.", "Write it as 2030-01-31T08:00:00Z.");
  }
  const call = await open("reads", options);
  for (const copy of await readOwnCopies(call, runId === undefined ? {} : { runId })) {
    const artifact = artifactOf(call, copy);
    if (expiredBefore !== undefined && !(Date.parse(artifact.expiresAt ?? "") < Date.parse(expiredBefore))) continue;
    yield artifact;
  }
}
