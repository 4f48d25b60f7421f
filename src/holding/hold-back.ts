import type { Call, OpenCall } from "../calls.js";
import { invalidRequest, type Problem } from "../errors.js";
import type { InstanceTarget } from "../instances.js";
import type { FirstLook, Seen } from "../look.js";
import { blocked } from "../outcomes.js";
import type { QuarantineOptions, QuarantineOutcome } from "../reversal.js";
import { checkSnapshotOptions } from "../snapshot-options.js";
import { collapseTargets, type Targets } from "../targets.js";
import { checkReason, checkTerminationSettings } from "../termination-options.js";

/** How one cloud holds instances back. */
export interface HoldingCloud<OneCall extends Call, One extends Seen> {
  readonly instanceIdForm: RegExp;
  /** The first look at all targets. */
  look(call: OneCall, asked: Targets): Promise<FirstLook<One>>;
  /** What keeps each of these from being held back in any way; an instance without an entry may be. */
  refusals(call: OneCall, instances: readonly One[]): Promise<ReadonlyMap<string, Problem>>;
  /** Stops instances, and waits until they are stopped. */
  stop(call: OneCall, instances: readonly One[], options: QuarantineOptions): Promise<readonly QuarantineOutcome[]>;
  /** Cuts instances off from the network. */
  isolate(call: OneCall, instances: readonly One[], runId: string): Promise<readonly QuarantineOutcome[]>;
}

/** Stops or isolates instances, so that whoever still needs one can speak up. `revert` with the effects lifts it. */
export async function holdBack<OneCall extends Call, One extends Seen>(
  open: (...parameters: Parameters<OpenCall>) => Promise<OneCall>,
  targets: readonly InstanceTarget[],
  options: QuarantineOptions,
  cloud: HoldingCloud<OneCall, One>,
): Promise<readonly QuarantineOutcome[]> {
  checkQuarantineOptions(options, cloud.instanceIdForm);
  const asked = collapseTargets(targets, cloud.instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open("all", options);
  const { sights } = await cloud.look(call, asked);
  const outcomes = new Map<string, QuarantineOutcome>();
  const there: One[] = [];
  for (const [id, sight] of sights) {
    if (sight.kind === "elsewhere") outcomes.set(id, blocked(id, sight.problem));
    else if (sight.kind === "absent") outcomes.set(id, { status: "not-found", instanceId: id, effects: [] });
    else there.push(sight.seen);
  }
  const refusals = await cloud.refusals(call, there);
  for (const [id, problem] of refusals) outcomes.set(id, blocked(id, problem));
  const ready = there.filter(({ record }) => !refusals.has(record.id));
  const held =
    options.mode === "stop"
      ? await cloud.stop(call, ready, options)
      : await cloud.isolate(call, ready, options.runId ?? crypto.randomUUID());
  for (const outcome of held) outcomes.set(outcome.instanceId, outcome);
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

/** Throws `invalid-request` for options that are malformed, before anything is sent. */
export function checkQuarantineOptions(options: QuarantineOptions, instanceId: RegExp): void {
  if (options?.mode !== "stop" && options?.mode !== "isolate") {
    throw invalidRequest(`\`mode\` is ${JSON.stringify(options?.mode)}.`, 'It is "stop" or "isolate".');
  }
  checkReason("reason", options.reason);
  const { protection, acceptDataLoss, runId } = options;
  checkTerminationSettings(
    {
      ...(protection === undefined ? {} : { protection }),
      ...(acceptDataLoss === undefined ? {} : { acceptDataLoss }),
    },
    { instanceId, diskId: /^/, cloudOptions: [] },
  );
  checkSnapshotOptions(runId === undefined ? {} : { runId }, { methods: [], cloudOptions: [], reservedTags: [] });
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
};
