import type { Problem } from "../errors.js";
import { blockersOf, isWaived } from "./blockers.js";
import { type Halt, stop } from "./halt.js";
import { type InstanceLedger, recordOf } from "./ledger.js";
import { stepOf } from "./plan.js";
import { scopeKey } from "./scopes.js";
import type { Session } from "./session.js";

/**
 * Why an instance is left alone from the start; `undefined` when it may go. Waivers are looked at again, since they
 * expire; the executor's guard can forbid what the plan allows, and its standing waivers allow what the plan shows.
 */
export function blockerNow(session: Session, instance: InstanceLedger): Problem | undefined {
  const { planned } = instance;
  const record = recordOf(instance);
  const consents = session.consents();
  const standing = planned.blockers.find(
    ({ waiver, waivable }) => !(record && waivable && waiver && isWaived(waiver, record, consents)),
  );
  if (standing) return standing.problem;
  if (!record || session.plan.kind !== "decommission") return undefined;
  const coverage = session.plan.scopes[instance.scopeIndex]?.coverageGaps ?? [];
  const stricter = blockersOf(record, { edges: planned.edges, coverage }, session.policy, consents);
  return stricter.find(({ waived }) => !waived)?.problem ?? guardGap(session, instance);
}

/** What the guard asks for and the plan has no step for. */
function guardGap({ options: { guard } }: Session, { planned, id }: InstanceLedger): Problem | undefined {
  const hint = "Plan again with a policy that keeps to the executor's guard.";
  const end = stepOf(planned, "terminate");
  if (guard?.snapshot && !("skip" in guard.snapshot) && end && end.data !== "run-proofs") {
    const message = `${id} would go without a snapshot, which the executor's guard asks for.`;
    return { code: "missing-snapshot-proof", message, hint, instanceIds: [id] };
  }
  const mode = stepOf(planned, "quarantine")?.options.mode;
  if (guard?.quarantine && end && leavesAtOnce(end.how) && mode !== guard.quarantine.mode) {
    const message = `${id} would go without the quarantine (${guard.quarantine.mode}) that the executor's guard asks for.`;
    return { code: "plan-mismatch", message, hint, instanceIds: [id] };
  }
  return undefined;
}

function leavesAtOnce(how: string): boolean {
  return how !== "schedule" && how !== "let-expire";
}

/**
 * Looks for traces of an earlier run of this very plan whose journal is not the one at hand: its copies would be
 * made a second time, and what it did would be known to nobody. Read only where a run can leave copies.
 */
export async function refuseLeftBehind(session: Session): Promise<void> {
  const { runId, plan, consent } = session;
  if (plan.kind !== "decommission" || consent?.adopts.some((claim) => claim.runId === runId)) return;
  for (const [index, scope] of plan.scopes.entries()) {
    const own = session.ledger.instances.filter((instance) => instance.scopeIndex === index && !instance.closed);
    if (!own.some(({ planned }) => stepOf(planned, "snapshot") || stepOf(planned, "quarantine"))) continue;
    for await (const artifact of session.home(index).adapter.findOwnArtifacts({ runId }, session.readCall())) {
      throw leftBehind(`${artifact.kind} ${artifact.id} in ${scopeKey(scope)}`, runId);
    }
  }
}

function leftBehind(what: string, runId: string): Halt {
  return stop(
    {
      code: "conflict",
      message: `${what} was made by run ${runId} under another journal.`,
      hint: "Go on with that journal. Where it is lost, new approvals must name its claim in `adopts`.",
    },
    false,
  );
}
