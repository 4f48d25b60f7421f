import { invalidRequest, type Problem } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked } from "../../src/outcomes.js";
import type { QuarantineOptions, QuarantineOutcome } from "../../src/reversal.js";
import { checkSnapshotOptions } from "../../src/snapshot-options.js";
import { collapseTargets } from "../../src/targets.js";
import { checkReason, checkTerminationSettings } from "../../src/termination-options.js";
import type { OpenAwsCall } from "./call.js";
import { readOwners } from "./dependencies/owners.js";
import { instanceIdForm } from "./instances.js";
import { lookAt } from "./look.js";
import { isolateInstances } from "./quarantine/isolate.js";
import { commonRefusal } from "./quarantine/judge.js";
import { stopInstances } from "./quarantine/stop.js";
import type { SeenInstance } from "./record.js";

/** Stops or isolates instances, so that whoever still needs one can speak up. `revert` with the effects lifts it. */
export async function quarantine(
  open: OpenAwsCall,
  targets: readonly InstanceTarget[],
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  checkQuarantineOptions(options);
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open("all", options);
  const { sights } = await lookAt(call, asked);
  const outcomes = new Map<string, QuarantineOutcome>();
  const there: SeenInstance[] = [];
  for (const [id, sight] of sights) {
    if (sight.kind === "elsewhere") outcomes.set(id, blocked(id, sight.problem));
    else if (sight.kind === "absent") outcomes.set(id, { status: "not-found", instanceId: id, effects: [] });
    else there.push(sight.seen);
  }
  const owners = await readOwners(call, there);
  const ready = there.filter((seen) => {
    const problem = commonRefusal(seen, owners);
    if (problem) outcomes.set(seen.record.id, blocked(seen.record.id, problem));
    return !problem;
  });
  const held =
    options.mode === "stop"
      ? await stopInstances(call, open, ready, options)
      : await isolateInstances(call, ready, options.runId ?? crypto.randomUUID());
  for (const outcome of held) outcomes.set(outcome.instanceId, outcome);
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

function checkQuarantineOptions(options: QuarantineOptions): void {
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
    { instanceId: instanceIdForm, diskId: /^/, cloudOptions: [] },
  );
  checkSnapshotOptions(runId === undefined ? {} : { runId }, { methods: [], cloudOptions: [], reservedTags: [] });
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
};
