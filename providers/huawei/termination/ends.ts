import { mapConcurrent } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import { type Problem, problemOf } from "../../../src/errors.js";
import { undetermined } from "../../../src/outcomes.js";
import { pollUntil } from "../../../src/poll.js";
import { deleteDisk, deletionEffect, readVolume } from "../disks.js";
import { readStates, type SeenInstances } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { fateOf, recoverableFrom } from "./fate.js";
import { acceptedOutcome, recycledOutcome, terminationEffect } from "./outcomes.js";
import { purgeFromBin } from "./purge.js";
import type { Leaving, Sending } from "./sending.js";
import { disksToDelete } from "./wishes.js";

/** A server that the cloud took. */
export interface Taken extends Leaving {
  readonly requestId?: string;
  readonly orderIds: readonly string[];
}

/** After a job's or an order's success "the instance may still exist" for a while (Terraform's provider). */
const pace = { firstDelayMs: 3_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };
const concurrency = 4;

/** Waits until servers that were taken are gone or in the bin, finishes what was wished of them, and tells their outcomes. */
export async function settleEnds(sending: Sending, taken: readonly Taken[]): Promise<void> {
  if (taken.length === 0) return;
  const ids = taken.map(({ seen }) => seen.record.id);
  const last = await watchEnds(sending, ids);
  await mapConcurrent(taken, concurrency, async (one) => {
    const { id } = one.seen.record;
    sending.outcomes.set(id, await settleOne(sending, one, last));
  });
}

/** How the servers were last seen; `undefined` where they could not be looked at. */
async function watchEnds({ call }: Sending, ids: readonly string[]): Promise<SeenInstances | undefined> {
  const isOver = (seen: SeenInstance | undefined) => !seen || ["recycled", "gone"].includes(seen.record.state.unified);
  try {
    const { last } = await pollUntil(
      call.requests,
      pace,
      () => readStates(call, ids),
      ({ byId }) => ids.every((id) => isOver(byId.get(id))),
    );
    return last;
  } catch (error) {
    // The cloud took the request; that its end could not be watched takes nothing from that.
    if (!call.requests.stopped()) call.requests.emit({ type: "warning", problem: problemOf(error) });
    return undefined;
  }
}

async function settleOne(sending: Sending, one: Taken, last: SeenInstances | undefined) {
  const { call, bin, wishes } = sending;
  const { id } = one.seen.record;
  const now = last?.byId.get(id);
  const fate = fateOf(one.seen, bin, call.requests.clock.now());
  // Where the bin cannot be looked into, what it was foretold to take is not called gone.
  const binned = now?.record.state.unified === "recycled" || (!now && last?.unread.bin && fate.bin === "takes");
  const effects = [...one.effects, terminationEffect(call, id, binned === true)];
  if (now && ["running", "stopped"].includes(now.record.state.unified) && !call.requests.stopped()) {
    return undetermined(id, stillThere(id, now.record.state.raw), effects);
  }
  if (!binned) {
    const deleted = last && !now ? await deleteDisks(sending, one) : [];
    return acceptedOutcome(id, [...effects, ...deleted], one);
  }
  if (wishes.options.recycleBin === "purge") {
    const purged = await purgeFromBin(call, id);
    return { ...purged, effects: [...effects, ...purged.effects] };
  }
  return recycledOutcome(id, recoverableFrom(bin, call.requests.clock.now()), effects, one);
}

function stillThere(id: string, state: string): Problem {
  return {
    code: "wrong-state",
    message: `The deletion of ${id} was taken, and it is still ${state}.`,
    hint: "Read it again later, then decide anew.",
    cloud: "huawei",
  };
}

/**
 * Deletes the disks that were to go with a server which is gone, each by its id: the flag of the whole batch said "keep".
 * Whether the cloud has heeded each disk's own flag is documented nowhere, so what is gone already is left out.
 */
async function deleteDisks({ call, wishes }: Sending, { seen }: Leaving): Promise<readonly Effect[]> {
  const { id } = seen.record;
  const effects: Effect[] = [];
  for (const disk of disksToDelete(seen, wishes)) {
    try {
      const volume = await pollUntil(
        call.requests,
        pace,
        () => readVolume(call, disk.id),
        (found) => !found?.serverIds.includes(id),
      );
      if (!volume.last) continue;
      const effect = deletionEffect(call, id, disk.id);
      const answer = await deleteDisk(call, id, disk.id, [effect]);
      if (answer.effect !== "not-applied") effects.push(effect);
      if (answer.effect !== "applied") call.requests.emit({ type: "warning", problem: answer.problem });
    } catch (error) {
      // The server is gone; a disk that stands is a leftover, which `verifyDeleted` names.
      call.requests.emit({ type: "warning", problem: problemOf(error) });
    }
  }
  return effects;
}
