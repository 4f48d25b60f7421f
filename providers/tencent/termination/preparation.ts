import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { problemOf } from "../../../src/errors.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import type { MutationAnswer } from "../../../src/requests.js";
import { isBack } from "../../../src/revert.js";
import type { TerminateOptions, TerminateOutcome } from "../../../src/termination.js";
import { diskFlagEffect, protectionEffect, setDiskFlag, setProtection, untilIdle } from "../attributes.js";
import type { OpenTencentCall, TencentCall } from "../call.js";
import { readInstances } from "../instances.js";
import { revertWith } from "../revert.js";
import type { Leaving } from "./ending.js";
import { convert } from "./slow-ways.js";
import { flagChanges, type Wishes } from "./wishes.js";

/** What the sending half of one call works with. */
export interface Sending {
  readonly call: TencentCall;
  readonly open: OpenTencentCall;
  readonly wishes: Wishes;
  readonly outcomes: Map<string, TerminateOutcome>;
}

/** Sets disk flags, clears protection and converts, for those that need it. What fails gets its outcome. */
export async function prepare(sending: Sending, { seen, path }: Leaving): Promise<Leaving | undefined> {
  const { call, wishes, outcomes } = sending;
  const { id } = seen.record;
  const effects: Effect[] = [];
  const settle = async (answer: MutationAnswer, changed: readonly Effect[]): Promise<boolean> => {
    if (answer.effect !== "not-applied") effects.push(...changed);
    if (answer.effect === "applied") return true;
    const standing = await giveBack(sending, effects);
    outcomes.set(
      id,
      answer.effect === "not-applied" && !answer.sent
        ? { ...blocked(id, answer.problem), effects: standing }
        : refused(id, answer.problem, standing),
    );
    return false;
  };
  // A purge meets no disk flags: what is in the bin can only be renewed or destroyed.
  for (const { diskId, value } of path === "purge" ? [] : flagChanges(seen, wishes)) {
    const changed = [diskFlagEffect(call, id, diskId, value)];
    if (!(await settle(await setDiskFlag(call, id, [diskId], value, changed), changed))) return undefined;
  }
  // Protection goes last, so that it is off for as short as can be.
  if (seen.record.protection.termination === true && wishes.cleared.has(id)) {
    const changed = [protectionEffect(call, id, false)];
    if (!(await settle(await setProtection(call, id, false, changed), changed))) return undefined;
  }
  if (effects.length > 0) await untilIdle(call, id);
  return path === "convert-and-release" ? await converted(sending, { seen, path, effects }) : { seen, path, effects };
}

async function converted(sending: Sending, { seen, path, effects }: Leaving): Promise<Leaving | undefined> {
  const { call, outcomes } = sending;
  const { id } = seen.record;
  const conversion = await convert(call, seen);
  if ("outcome" in conversion) {
    const standing = await giveBack(sending, effects);
    const { outcome } = conversion;
    outcomes.set(id, { ...outcome, effects: [...outcome.effects, ...standing] });
    return undefined;
  }
  const changed = [...effects, conversion.effect];
  await untilIdle(call, id);
  try {
    const now = (await readInstances(call, [id])).byId.get(id);
    if (now) return { seen: now, path, effects: changed };
    outcomes.set(id, undetermined(id, notListed(id), changed));
  } catch (error) {
    outcomes.set(id, undetermined(id, problemOf(error), changed));
  }
  return undefined;
}

/**
 * Takes back what was changed for an instance that stays, whatever stopped the call: giving back heeds neither its signal
 * nor its budget. Answers what may still stand.
 */
export async function giveBack(
  { call: sending, open, wishes }: Pick<Sending, "call" | "open" | "wishes">,
  effects: readonly Effect[],
): Promise<readonly Effect[]> {
  if (effects.length === 0 || sending.requests.recorderProblem) return effects;
  const { recorder, onEvent }: TerminateOptions = wishes.options;
  try {
    const call = await open("all", { recorder, onEvent });
    return (await revertWith(call, effects)).filter((outcome) => !isBack(outcome)).map(({ effect }) => effect);
  } catch {
    // Not even the credentials could be read again: everything stands, and the outcome's effects say so.
    return effects;
  }
}

function notListed(id: string): Problem {
  return {
    code: "conflict",
    message: `${id} was converted, and is not listed any more.`,
    hint: "Look at it in the console.",
    cloud: "tencent",
    instanceIds: [id],
  };
}
