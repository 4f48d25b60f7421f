import type { Effect } from "../../../src/effects.js";
import { isBack } from "../../../src/revert.js";
import type { TerminateOutcome, TerminationPath } from "../../../src/termination.js";
import type { HuaweiCall, OpenHuaweiCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { revertWith } from "../revert.js";
import type { BinReading } from "./fate.js";
import type { Wishes } from "./wishes.js";

/** What became of each server of a call, by id. */
export type Outcomes = Map<string, TerminateOutcome>;

/** A server that may go, the way it goes, and what was changed for that. */
export interface Leaving {
  readonly seen: SeenInstance;
  readonly path: TerminationPath;
  readonly effects: readonly Effect[];
}

/** What the sending half of one call works with. */
export interface Sending {
  readonly call: HuaweiCall;
  readonly open: OpenHuaweiCall;
  readonly wishes: Wishes;
  readonly bin: BinReading;
  readonly outcomes: Outcomes;
}

/**
 * Takes the preparation of a server that stays back, whatever stopped the call: giving back heeds neither its signal nor
 * its budget. Answers what may still stand.
 */
export async function giveBack(
  { call: sending, open, wishes }: Sending,
  effects: readonly Effect[],
): Promise<readonly Effect[]> {
  if (effects.length === 0 || sending.requests.recorderProblem) return effects;
  const { recorder, onEvent } = wishes.options;
  try {
    const call = await open("all", { recorder, onEvent });
    return (await revertWith(call, effects)).filter((outcome) => !isBack(outcome)).map(({ effect }) => effect);
  } catch {
    // Not even the credentials could be read again: everything stands, and the outcome's effects say so.
    return effects;
  }
}
