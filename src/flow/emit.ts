import { type Clock, isoNow } from "../clock.js";
import type { DecommissionEvent } from "../events.js";
import type { EventBody } from "../requests.js";

/** Tells what goes on. Adds the time, and never throws. */
export type Emit = (event: EventBody) => void;

/** An emitter for a listener. A listener that throws never breaks a run. */
export function emitter(clock: Clock, onEvent: ((event: DecommissionEvent) => void) | undefined): Emit {
  return (event) => {
    try {
      onEvent?.({ ...event, at: isoNow(clock) });
    } catch {
      // Deliberate: what a listener does with an event is not the run's business.
    }
  };
}
