import { type Problem, problemOf } from "../errors.js";
import type { ExecuteOptions, HookAnswer } from "./result.js";

const longestMs = 60_000;

/** Asks somebody else's code. A no, an exception and silence are all a no. */
export async function askHook(
  name: string,
  options: Pick<ExecuteOptions, "hooks" | "signal">,
  ask: (signal: AbortSignal) => HookAnswer,
): Promise<Problem | undefined> {
  const deadline = AbortSignal.timeout(Math.min(options.hooks?.deadlineMs ?? longestMs, longestMs));
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const silence = new Promise<string>((resolve) => {
    const giveUp = () => resolve("it did not answer in time");
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
  });
  try {
    const answer = await Promise.race([Promise.resolve(ask(signal)), silence]);
    return answer === undefined ? undefined : refusal(name, answer);
  } catch (error) {
    return refusal(name, problemOf(error).message);
  }
}

function refusal(name: string, why: string): Problem {
  return {
    code: "conflict",
    message: `\`${name}\` said no: ${why}`,
    hint: "Settle what the hook names, then plan again.",
  };
}
