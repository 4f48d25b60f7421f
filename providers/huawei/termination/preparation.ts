import type { Effect } from "../../../src/effects.js";
import type { InstanceDisk } from "../../../src/instances.js";
import type { MutationAnswer } from "../../../src/requests.js";
import { diskFlagEffect, lockEffect, setDiskFlag, setLock } from "../attributes.js";
import type { HuaweiCall } from "../call.js";
import { detachDisk, detachEffect } from "../disks.js";
import type { Verdict } from "../power.js";
import type { SeenInstance } from "../record.js";
import { diskChanges, type Wishes } from "./wishes.js";

/** What was changed so that a server can end as wished. */
export interface Preparation {
  /** What stands, or may stand: given back when the termination does not happen. */
  readonly effects: readonly Effect[];
  /** Why it cannot go on. */
  readonly stopped?: Extract<Verdict, { readonly kind: "refused" | "unsent" }>;
}

/**
 * Takes a user's lock off, then sees to it that the disks stay that are to stay. The lock goes first, since ECS refuses
 * everything else while it is on (Ecs.0605). Ends at the first change that is not known to have been made.
 */
export async function prepare(call: HuaweiCall, seen: SeenInstance, wishes: Wishes): Promise<Preparation> {
  const { id, protection } = seen.record;
  const effects: Effect[] = [];
  const settle = (answer: MutationAnswer, changed: readonly Effect[]): Preparation["stopped"] => {
    if (answer.effect !== "not-applied") effects.push(...changed);
    if (answer.effect === "applied") return undefined;
    const unsent = answer.effect === "not-applied" && !answer.sent;
    return { kind: unsent ? "unsent" : "refused", problem: answer.problem };
  };
  if (wishes.cleared.has(id) && protection.termination === true) {
    const changed = [lockEffect(call, id, false)];
    const stopped = settle(await setLock(call, id, false, changed), changed);
    if (stopped) return { effects, stopped };
  }
  for (const { disk, how } of diskChanges(seen, wishes)) {
    const changed = [changeEffect(call, id, disk, how)];
    const answer =
      how === "unflag"
        ? await setDiskFlag(call, id, disk.id, false, changed)
        : await detachDisk(call, id, disk.id, changed);
    const stopped = settle(answer, changed);
    if (stopped) return { effects, stopped };
  }
  return { effects };
}

function changeEffect(call: HuaweiCall, id: string, disk: InstanceDisk, how: "unflag" | "detach"): Effect {
  return how === "unflag" ? diskFlagEffect(call, id, disk, false) : detachEffect(call, id, disk);
}
