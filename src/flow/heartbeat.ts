import type { DecommissionEvent } from "../events.js";
import { printableFields } from "./escape.js";

const beatMs = 3_000;

/** A listener that repeats the last progress while nothing else is told, so that nobody takes a wait for a standstill. */
export interface Heartbeat {
  readonly onEvent: (event: DecommissionEvent) => void;
  end(): void;
}

/**
 * Starts a heartbeat for a listener. It runs on the computer's own timer, not on the run's clock: it is for people
 * who watch.
 */
export function startHeartbeat(
  listener: ((event: DecommissionEvent) => void) | undefined,
  everyMs = beatMs,
): Heartbeat | undefined {
  if (!listener) return undefined;
  let last: DecommissionEvent | undefined;
  let told = false;
  const tell = (event: DecommissionEvent) => {
    try {
      listener(printableFields(event));
    } catch {
      // A listener that throws never breaks a run.
    }
  };
  const timer = setInterval(() => {
    if (!told && last) tell({ ...last, at: new Date(Date.now()).toISOString() });
    told = false;
  }, everyMs);
  timer.unref();
  return {
    onEvent: (event) => {
      if (event.type === "progress") last = event;
      told = true;
      tell(event);
    },
    end: () => clearInterval(timer),
  };
}
