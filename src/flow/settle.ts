import type { InstanceLedger, IntentState } from "./ledger.js";
import { type ProcessIdentity, sameMachine } from "./process-identity.js";
import type { Session } from "./session.js";

/**
 * Waits until what was announced and never answered must have landed, then says so. A request in flight when its
 * process died, or when its answer was lost, can take effect after the next one has looked.
 */
export async function settleIntents(session: Session, members: readonly InstanceLedger[]): Promise<void> {
  const ids = new Set(members.map((member) => `${member.scopeIndex} ${member.id}`));
  for (const state of session.ledger.doubtfulIntents()) {
    const { scope, intent, result } = state;
    const concerned = intent.instanceIds.some((id) => {
      const instance = session.ledger.instance(scope, id);
      return instance !== undefined && ids.has(`${instance.scopeIndex} ${instance.id}`);
    });
    if (!concerned) continue;
    const waitMs = settledBy(state, session.lock, session.startedAt) - session.clock.now();
    if (waitMs > 0) {
      const waitingFor = `${intent.api} to settle`;
      session.emit({ type: "progress", operation: "wave", done: 0, total: 1, waitingFor, remainingMs: waitMs });
      await session.clock.sleep(waitMs, session.options.signal);
      if (session.options.signal?.aborted) await session.checkpoint();
    }
    if (!result) await session.append({ type: "settled", key: intent.key, result: { effect: "unknown" } });
  }
}

/**
 * The moment from which a read that does not show a request's effect is believed, in milliseconds since the epoch. On
 * another machine's clock nobody here can tell how long ago it was announced, so it counts from our own start.
 */
export function settledBy({ intent, owner }: IntentState, here: ProcessIdentity, startedAt: number): number {
  return (owner && sameMachine(owner, here) ? Date.parse(intent.at) : startedAt) + intent.settleMs;
}
