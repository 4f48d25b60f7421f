import { checkDataDecision } from "../../../data-gate.js";
import type { DependencyRef } from "../../../dependencies.js";
import { problemOf } from "../../../errors.js";
import { blocked, refused, undetermined } from "../../../outcomes.js";
import { pollUntil } from "../../../poll.js";
import type { DependencyReleaseOutcome, ReleaseDependenciesOptions } from "../../../reversal.js";
import type { MemoryCall, OpenMemoryCall } from "./call.js";
import { change } from "./changes.js";
import { effectFor } from "./effects.js";
import { deleteDisk, releaseAddress } from "./leavings.js";
import { changeOf, done, type Result, type Step, stop } from "./release-step.js";
import { problemFor } from "./wishes.js";

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
