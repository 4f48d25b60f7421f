import { absenceGapMs } from "../../../absence.js";
import { checkDataDecision, openDataGate } from "../../../data-gate.js";
import type { DependencyRef } from "../../../dependencies.js";
import type { Effect } from "../../../effects.js";
import { type Problem, problemOf } from "../../../errors.js";
import type { InstanceRecord } from "../../../instances.js";
import { blocked, refused, undetermined } from "../../../outcomes.js";
import { pollUntil } from "../../../poll.js";
import type { DependencyReleaseOutcome, ReleaseDependenciesOptions } from "../../../reversal.js";
import type { MemoryCall, OpenMemoryCall } from "./call.js";
import { type Change, change } from "./changes.js";
import { rereadProofs } from "./copies.js";
import { effectFor } from "./effects.js";
import { lookAt } from "./look.js";
import { problemFor } from "./wishes.js";

/** What became of one item; the item itself is added by the caller. */
type Result = DependencyReleaseOutcome extends infer Outcome
  ? Outcome extends unknown
    ? Omit<Outcome, "item">
    : never
  : never;

/** What is to be sent for an item: a change, once all that speaks against it was asked. */
type Step = { readonly result: Result } | { readonly change: Change; readonly drained?: () => Promise<boolean> };

const drainPace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 15 * 60_000 };

/** Frees what holds instances, and later what they leave. */
export async function releaseDependencies(
  open: OpenMemoryCall,
  items: readonly DependencyRef[],
  options: ReleaseDependenciesOptions = {},
): Promise<readonly DependencyReleaseOutcome[]> {
  if (options.data !== undefined) checkDataDecision(options.data);
  const unique = new Map(items.map((item) => [`${item.kind}/${item.id}/${item.instanceId}`, item]));
  if (unique.size === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const outcomes: DependencyReleaseOutcome[] = [];
  for (const item of unique.values()) {
    const changed = outcomes.some((outcome) => outcome.status === "released" || outcome.status === "unknown");
    outcomes.push({ item, ...(await releaseOne(call, item, options, changed)) });
  }
  return outcomes;
}

async function releaseOne(
  call: MemoryCall,
  item: DependencyRef,
  options: ReleaseDependenciesOptions,
  changed: boolean,
): Promise<Result> {
  const { instanceId } = item;
  let step: Step;
  try {
    step = await stepOf(call, item, options);
  } catch (error) {
    // Until something was changed, a call that cannot run throws; afterwards it answers for each.
    if (!changed) throw error;
    return { ...refused(instanceId, problemOf(error)) };
  }
  if ("result" in step) return step.result;
  if (options.dryRun) return { status: "would-release", instanceId, effects: [] };
  const answer = await change(call, step.change);
  const { effects } = step.change;
  if (answer.effect === "unknown") return undetermined(instanceId, answer.problem, effects);
  if (answer.effect === "not-applied")
    return answer.sent ? refused(instanceId, answer.problem) : blocked(instanceId, answer.problem);
  const { drained } = step;
  if (drained) {
    const giveUpAfterMs = options.drainTimeoutMs ?? drainPace.giveUpAfterMs;
    await pollUntil(call.requests, { ...drainPace, giveUpAfterMs }, drained, (done) => done);
  }
  return { status: "released", instanceId, effects };
}

async function stepOf(call: MemoryCall, item: DependencyRef, options: ReleaseDependenciesOptions): Promise<Step> {
  switch (item.kind) {
    case "load-balancer-target":
      return await deregister(call, item);
    case "auto-scaling-group":
      return await detach(call, item);
    case "public-address":
      return await releaseAddress(call, item, options);
    case "disk":
      return await deleteDisk(call, item, options);
    default:
      return stop(
        item,
        problemFor(
          item.instanceId,
          "unsupported",
          `has a ${item.kind} that is not released from here.`,
          "Release it by hand.",
        ),
      );
  }
}

function stop({ instanceId }: DependencyRef, problem: Problem): Step {
  return { result: blocked(instanceId, problem) };
}

function done({ instanceId }: DependencyRef, status: "already-released" | "not-found"): Step {
  return { result: { status, instanceId, effects: [] } };
}

async function deregister(call: MemoryCall, item: DependencyRef): Promise<Step> {
  const [ownerId = ""] = item.id.split("/");
  const registered = async () => {
    const rows = await call.pages("ListTargets");
    return rows.some((row) => row.text("ownerId") === ownerId && row.text("instanceId") === item.instanceId);
  };
  if (!(await registered())) return done(item, "already-released");
  const effect = effectFor(call, item.instanceId, {
    kind: "registration-removed",
    resource: { kind: item.kind, id: item.id },
    undo: {
      action: "rejoin",
      node: { kind: item.kind, id: item.id },
      instanceId: item.instanceId,
      detail: { ownerId },
    },
  });
  const isSo = async () => !(await registered());
  return {
    change: changeOf("DeregisterTarget", { ownerId, instanceId: item.instanceId }, item, effect, isSo),
    drained: isSo,
  };
}

async function detach(call: MemoryCall, item: DependencyRef): Promise<Step> {
  const member = async () => {
    const row = (await call.pages("ListScalingGroups")).find((one) => one.text("id") === item.id);
    return row?.texts("members").includes(item.instanceId) ?? false;
  };
  if (!(await member())) return done(item, "already-released");
  const node = { kind: item.kind, id: item.id };
  const effect = effectFor(call, item.instanceId, {
    kind: "membership-removed",
    resource: node,
    undo: { action: "rejoin", node, instanceId: item.instanceId, detail: {} },
  });
  const parameters = { ownerId: item.id, instanceId: item.instanceId };
  return { change: changeOf("DetachInstance", parameters, item, effect, async () => !(await member())) };
}

function changeOf(
  action: string,
  parameters: Change["parameters"],
  { instanceId }: DependencyRef,
  effect: Effect,
  isSo: Change["isSo"],
): Change {
  return { action, parameters, instanceIds: [instanceId], effects: [effect], isSo };
}

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

async function releaseAddress(
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

async function deleteDisk(call: MemoryCall, item: DependencyRef, options: ReleaseDependenciesOptions): Promise<Step> {
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
