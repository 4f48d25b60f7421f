import type { Effect } from "../../../effects.js";
import type { Problem } from "../../../errors.js";
import type { MutationAnswer } from "../../../requests.js";
import type { MemoryCall } from "./call.js";
import { setDiskFlag, setSwitch } from "./changes.js";
import { diskFlagEffect, protectionEffect } from "./effects.js";
import type { Decided } from "./wishes.js";

/** What was switched so that an instance can end as wished. */
export interface Prepared {
  readonly decided: Decided;
  readonly effects: readonly Effect[];
  /** Why it cannot go on, and whether that came of a request. */
  readonly problem?: Problem;
  readonly sent?: boolean;
}

/** Opens a lock, sets disk flags, then clears protections: protection last, so that it is off for as short as can be. */
export async function prepare(call: MemoryCall, decided: Decided): Promise<Prepared> {
  const { id } = decided.seen.record;
  const effects: Effect[] = [];
  const steps: readonly { readonly effect: Effect; readonly send: () => Promise<MutationAnswer> }[] = [
    ...decided.protections
      .filter((which) => which === "lock")
      .map((which) => ({
        effect: protectionEffect(call, id, which, false),
        send: () => setSwitch(call, id, which, false),
      })),
    ...decided.flags.map(({ diskId, value }) => ({
      effect: diskFlagEffect(call, id, diskId, value),
      send: () => setDiskFlag(call, id, diskId, value),
    })),
    ...decided.protections
      .filter((which) => which !== "lock")
      .map((which) => ({
        effect: protectionEffect(call, id, which, false),
        send: () => setSwitch(call, id, which, false),
      })),
  ];
  for (const { effect, send } of steps) {
    const answer = await send();
    if (answer.effect !== "not-applied") effects.push(effect);
    if (answer.effect === "applied") continue;
    return { decided, effects, problem: answer.problem, sent: answer.effect === "unknown" || answer.sent };
  }
  return { decided, effects };
}
