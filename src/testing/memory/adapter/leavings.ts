import { absenceGapMs } from "../../../absence.js";
import { openDataGate } from "../../../data-gate.js";
import type { DependencyRef } from "../../../dependencies.js";
import type { Problem } from "../../../errors.js";
import type { InstanceRecord } from "../../../instances.js";
import type { ReleaseDependenciesOptions } from "../../../reversal.js";
import type { MemoryCall } from "./call.js";
import { rereadProofs } from "./copies.js";
import { effectFor } from "./effects.js";
import { lookAt } from "./look.js";
import { changeOf, done, type Step, stop } from "./release-step.js";
import { problemFor } from "./wishes.js";

/** Why what an instance left must stay: it stands, or nothing shows that it is gone. */
async function notGone(
  call: MemoryCall,
  item: DependencyRef,
  sightings: readonly InstanceRecord[],
): Promise<Problem | undefined> {
  const { instanceId } = item;
  const known = new Map(sightings.filter((record) => record.id === instanceId).map((record) => [record.id, record]));
  const sight = (await lookAt(call, [instanceId], known)).get(instanceId);
  if (sight?.kind === "elsewhere") return sight.problem;
  if (sight?.kind === "absent" && sight.verdict.kind === "proved") return undefined;
  const standing = sight?.kind === "seen";
  const message = standing ? "is still there." : "is not there, but nothing shows that it ever was.";
  return problemFor(instanceId, "wrong-state", message, "Pass what was seen of it as `sightings`, once it is gone.");
}

/** An address goes only once its instance is gone, if nobody uses or names it. */
export async function releaseAddress(
  call: MemoryCall,
  item: DependencyRef,
  options: ReleaseDependenciesOptions,
): Promise<Step> {
  const problem = await notGone(call, item, options.sightings ?? []);
  if (problem) return stop(item, problem);
  const read = async () => (await call.pages("ListAddresses")).find((row) => row.text("id") === item.id);
  const row = await read();
  if (!row) return done(item, "already-released");
  const named = await nameOf(call, row.need("ip"));
  if (named) {
    return stop(
      item,
      problemFor(
        item.instanceId,
        "dependency",
        `left ${row.need("ip")}, which ${named} still names.`,
        "Change that first.",
      ),
    );
  }
  await call.requests.wait(absenceGapMs);
  const again = await read();
  if (!again || again.text("ip") !== row.text("ip")) return done(item, "already-released");
  if (row.has("interfaceId") || again.has("interfaceId")) {
    return stop(
      item,
      problemFor(item.instanceId, "wrong-state", "left an address that is in use.", "Disassociate it first."),
    );
  }
  const effect = effectFor(call, item.instanceId, {
    kind: "address-released",
    resource: { kind: item.kind, id: item.id },
    undo: { impossible: "An address that was given up can be anybody's." },
  });
  return {
    change: changeOf("ReleaseAddress", { id: item.id }, item, effect, async () => (await read()) === undefined),
  };
}

/** What still names an address. */
async function nameOf(call: MemoryCall, ip: string): Promise<string | undefined> {
  for (const kind of ["dns-record", "address-list", "nat-rule"]) {
    const row = (await call.pages("ListReferences", { kind })).find((one) => one.texts("members").includes(ip));
    if (row) return `the ${kind} ${row.need("id")}`;
  }
  return undefined;
}

/** A disk goes only once its instance is gone, with a decision about its data. */
export async function deleteDisk(
  call: MemoryCall,
  item: DependencyRef,
  options: ReleaseDependenciesOptions,
): Promise<Step> {
  const problem = await notGone(call, item, options.sightings ?? []);
  if (problem) return stop(item, problem);
  const read = async () => (await call.pages("ListDisks", { ids: [item.id] }))[0];
  const row = await read();
  if (!row) return done(item, "already-released");
  if (row.list("attachments").length > 0) {
    return stop(item, problemFor(item.instanceId, "wrong-state", "left a disk that is attached.", "Detach it first."));
  }
  const loss = await lossOf(call, item, row.number("sizeGiB") ?? "unknown", options);
  if (loss) return stop(item, loss);
  const effect = effectFor(call, item.instanceId, {
    kind: "disk-deleted",
    resource: { kind: "disk", id: item.id },
    undo: { impossible: "A disk that was deleted is gone." },
  });
  return { change: changeOf("DeleteDisk", { id: item.id }, item, effect, async () => (await read()) === undefined) };
}

/** Why a free disk must stay because of its data. A copy from before its last detach is no copy of what is on it. */
async function lossOf(
  call: MemoryCall,
  item: DependencyRef,
  sizeGiB: number | "unknown",
  { data, acceptDataLoss, sightings = [] }: ReleaseDependenciesOptions,
): Promise<Problem | undefined> {
  const record = sightings.find((one) => one.id === item.instanceId);
  if (!record)
    return problemFor(item.instanceId, "missing-snapshot-proof", "was never seen.", "Pass it as a sighting.");
  const disk = {
    id: item.id,
    role: "data",
    sizeGiB,
    encrypted: "unknown",
    ephemeral: false,
    deletedWithInstance: true,
  } as const;
  const claimed = data && "proofs" in data ? data.proofs : [];
  const reread = await rereadProofs(call, claimed);
  const detachedAt = Date.parse(record.seenAt);
  const fresh = new Map([...reread].filter(([, proof]) => Date.parse(proof.pointInTime) > detachedAt));
  const gate = openDataGate({
    data: data ?? { proofs: [] },
    acceptDataLoss,
    targetIds: new Set([item.instanceId]),
    scope: call.scope,
    clock: call.requests.clock,
    reread: fresh,
  });
  return gate.judge({ ...record, disks: [disk] });
}
