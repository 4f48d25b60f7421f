import type { CloudAdapter } from "../adapter.js";
import { isoNow, systemClock } from "../clock.js";
import { scopeOf } from "../common.js";
import type { Problem } from "../errors.js";
import type { CallOptions } from "../options.js";
import type { DeletionVerdict } from "../verification.js";
import { firmBlocker } from "./blockers.js";
import { completePolicy } from "./complete-policy.js";
import { sealInstance, sealPlan } from "./digest.js";
import type { Journal } from "./journal.js";
import { hasEnded, type InstanceLedger, recordOf, releaseOf } from "./ledger.js";
import type { Plan, PlannedInstance, PlannedStep, PlanOptions, PlanScope } from "./plan.js";
import { readLedger } from "./read-ledger.js";
import { type ScopedAdapter, scopedHomes } from "./scopes.js";
import { libraryVersion } from "./version.js";

/**
 * Plans what a finished run left for later, such as groups, disks and addresses of instances that were recycled and
 * are gone now. Reads only.
 */
export async function planFollowUp(
  adapters: readonly CloudAdapter[],
  journal: Journal,
  options: Partial<PlanOptions> = {},
): Promise<Plan> {
  const clock = options.clock ?? systemClock;
  const ledger = await readLedger(journal);
  const { runId, journalId, plan } = ledger.opened;
  const call: CallOptions = { signal: options.signal, onEvent: options.onEvent };
  const open = ledger.instances.filter((one) => hasEnded(one) && one.verdict?.status !== "deleted");
  const used = ledger.scopes
    .map((scope, index) => ({ scope, index }))
    .filter(({ index }) => open.some((one) => one.scopeIndex === index));
  const homes = await scopedHomes(
    adapters,
    used.map(({ scope }) => scope),
    call,
  );
  const scopes = await Promise.all(
    homes.map((home, place) =>
      planScope(
        home,
        open.filter((one) => one.scopeIndex === used[place]?.index),
        used[place]?.scope,
        call,
      ),
    ),
  );
  const policy = completePolicy({ ...plan.policy, ...options.policy });
  const startsBy = clock.now() + policy.planTtlHours * 3_600_000;
  const ticket = options.ticket ?? plan.ticket;
  return sealPlan({
    v: 1,
    kind: "follow-up",
    about: { runId, journalId, journalHead: ledger.head },
    ...(options.plannerKeyId === undefined ? {} : { plannerKeyId: options.plannerKeyId }),
    scopes,
    policy,
    reason: options.reason ?? `Follow-up of ${runId}: ${plan.reason}`,
    ...(ticket === undefined ? {} : { ticket }),
    warnings: [],
    versions: { "cloud-decom": libraryVersion },
    createdAt: isoNow(clock),
    expiresAt: new Date(startsBy).toISOString(),
    finishBefore: new Date(startsBy + policy.runHours * 3_600_000).toISOString(),
  });
}

async function planScope(
  { adapter, scope, principal }: ScopedAdapter,
  members: readonly InstanceLedger[],
  recorded: Omit<PlanScope, "instances"> | undefined,
  call: CallOptions,
): Promise<PlanScope> {
  const verdicts = await adapter.verifyDeleted(
    members.map((member) => recordOf(member) ?? member.id),
    { ...call, until: "accepted", removedRules: members.flatMap(({ removedRules }) => removedRules) },
  );
  const instances = members.map((member, index) => planInstance(member, verdicts[index]));
  return {
    ...scopeOf(scope),
    principal,
    instances,
    nodes: recorded?.nodes ?? [],
    coverageGaps: recorded?.coverageGaps ?? [],
  };
}

function planInstance(member: InstanceLedger, verdict: DeletionVerdict | undefined): PlannedInstance {
  const { digest: _digest, ...planned } = member.planned;
  const gone = verdict?.status === "deleted";
  return sealInstance({
    ...planned,
    steps: gone ? remaining(member) : [],
    blockers: gone ? [] : [firmBlocker(notGone(member, verdict))],
    recoverable: "no",
    unproven: [],
  });
}

/** The steps that wait until an instance is gone, without what has been done already. */
function remaining(member: InstanceLedger): readonly PlannedStep[] {
  return member.planned.steps.flatMap((step): readonly PlannedStep[] => {
    if (step.step === "verify" || (step.step === "release-rules" && step.scope === "exclusive-group")) return [step];
    if (step.step !== "release-dependencies" || step.when !== "after") return [];
    const items = step.items.filter(({ kind, id }) => releaseOf(member, kind, id)?.status !== "released");
    return items.length === 0 ? [] : [{ ...step, items }];
  });
}

function notGone(member: InstanceLedger, verdict: DeletionVerdict | undefined): Problem {
  return {
    code: "wrong-state",
    message: `${member.id} is not gone yet (${verdict?.status ?? "unproven"}).`,
    hint: "Plan the follow-up again once it is.",
    instanceIds: [member.id],
  };
}
