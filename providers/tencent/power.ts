import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceState } from "../../src/instances.js";
import { settleByReading } from "../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../src/requests.js";
import type { TencentCall } from "./call.js";
import { readStates } from "./instances.js";

/** Starting or stopping instances. */
export type PowerAction = "StartInstances" | "StopInstances";

const reached: Readonly<Record<PowerAction, ReadonlySet<InstanceState>>> = {
  StartInstances: new Set(["pending", "running"]),
  StopInstances: new Set(["stopping", "stopped"]),
};

/** What became of one instance of a change of power. */
export type PowerVerdict =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused" | "unsent" | "unclear"; readonly problem: Problem };

/**
 * Starts or stops several instances. A stop asks the guest alone (`SOFT`) and keeps the charges: without them it would
 * lose an ordinary public address, and refuse most of what follows ("StopInstances", cvm 2017-03-12).
 */
export async function changePower(
  call: TencentCall,
  ids: readonly string[],
  action: PowerAction,
  effectsOf: (id: string) => readonly Effect[],
): Promise<ReadonlyMap<string, PowerVerdict>> {
  const how = action === "StopInstances" ? { StopType: "SOFT", StoppedMode: "KEEP_CHARGING" } : {};
  const answer = await call.requests.mutate({
    service: "cvm",
    action,
    parameters: { InstanceIds: [...ids], ...how },
    instanceIds: ids,
    effects: ids.flatMap(effectsOf),
    partial: true,
    confirm: (lost) => confirm(call, ids, reached[action], lost),
  });
  return verdictsOf(ids, answer);
}

/** `InstanceState` alone: the operation reads SUCCESS while the state still changes (recorded). */
async function confirm(
  call: TencentCall,
  ids: readonly string[],
  states: ReadonlySet<InstanceState>,
  { notBefore }: LostAnswer,
) {
  const changing = new Set<string>();
  await settleByReading(call.requests, notBefore, async () => {
    const { byId } = await readStates(call, ids);
    for (const [id, { record }] of byId) if (states.has(record.state.unified)) changing.add(id);
    return ids.every((id) => changing.has(id));
  });
  const instances = ids.map((instanceId) => ({
    instanceId,
    effect: changing.has(instanceId) ? ("applied" as const) : ("not-applied" as const),
  }));
  const all = changing.size === ids.length ? ("applied" as const) : ("not-applied" as const);
  return { effect: changing.size === 0 || all === "applied" ? all : ("unknown" as const), instances };
}

function verdictsOf(ids: readonly string[], answer: MutationAnswer): ReadonlyMap<string, PowerVerdict> {
  const effects = new Map((answer.instances ?? []).map(({ instanceId, effect }) => [instanceId, effect]));
  return new Map(
    ids.map((id): [string, PowerVerdict] => {
      const effect = effects.get(id) ?? answer.effect;
      const { problem } = answer;
      if (effect === "applied" || !problem) return [id, { kind: "accepted" }];
      if (effect === "unknown") return [id, { kind: "unclear", problem }];
      return [id, { kind: answer.effect === "not-applied" && !answer.sent ? "unsent" : "refused", problem }];
    }),
  );
}
