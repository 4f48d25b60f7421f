import { groupBy } from "../batch.js";
import type { DependencyRef, DependencyReport } from "../dependencies.js";
import { type Problem, problemOf } from "../errors.js";
import type { RuleReleaseOutcome } from "../security-rules.js";
import type { DataLossConsent } from "../termination.js";
import type { DeletionVerdict, VerifyOptions } from "../verification.js";
import { skippedKinds } from "./blockers.js";
import { endedMembers } from "./end.js";
import { type InstanceLedger, lastOutcome, recordOf, releaseOf } from "./ledger.js";
import { stepOf } from "./plan.js";
import { refusedRelease, sightingsOf } from "./prepare.js";
import type { Wave } from "./wave.js";

/** Waits until the ended members are gone, frees what they leave, and says what is left. */
export async function finishOff(wave: Wave): Promise<void> {
  // A follow-up is about instances that ended in an earlier run.
  const ended = wave.session.plan.kind === "follow-up" ? wave.open() : endedMembers(wave);
  if (ended.length === 0) return;
  const first = await verify(wave, ended, "gone");
  const gone = ended.filter((member) => first.get(member.id)?.status === "deleted");
  await releaseAfter(wave, gone);
  const groups = await releaseGroups(wave, gone);
  const again = gone.filter(
    (member) => groups.has(member.id) || stepOf(member.planned, "release-dependencies", isAfter),
  );
  const second = await verify(wave, again, "verify");
  for (const member of ended) await closeEnded(wave, member, second.get(member.id) ?? first.get(member.id));
}

/** Says what became of ended members when nothing goes forward any more: what they leave is for a follow-up. */
export async function lookAtEnded(wave: Wave): Promise<void> {
  const ended = endedMembers(wave);
  const verdicts = await verify(wave, ended, "verify");
  for (const member of ended) await closeEnded(wave, member, verdicts.get(member.id));
}

/** Looks once more at instances that somebody else's tools could have brought back. */
export async function lookAgain(wave: Wave): Promise<void> {
  const members = wave.members.filter(
    (member) => member.verdict?.status === "deleted" && comesAgain(member) !== undefined,
  );
  const verdicts = await verify(wave, members, "verify");
  for (const [, verdict] of verdicts) await wave.session.append({ type: "verdict", scope: wave.scope, verdict });
}

/** Minutes after which an instance is looked at again; `undefined` where once is enough. */
export function comesAgain(member: InstanceLedger): number | undefined {
  return stepOf(member.planned, "verify")?.againAfterMinutes;
}

async function closeEnded(wave: Wave, member: InstanceLedger, verdict: DeletionVerdict | undefined): Promise<void> {
  if (verdict) await wave.session.append({ type: "verdict", scope: wave.scope, verdict });
  const gone = verdict?.status === "deleted" ? ("already-gone" as const) : ("unknown" as const);
  await wave.session.close(member, lastOutcome(member, "terminate")?.status ?? gone);
}

async function verify(
  wave: Wave,
  members: readonly InstanceLedger[],
  step: "gone" | "verify",
): Promise<ReadonlyMap<string, DeletionVerdict>> {
  const verdicts = new Map<string, DeletionVerdict>();
  for (const [until, group] of groupBy(members, (member) => stepOf(member.planned, "verify")?.until ?? "gone")) {
    wave.progress("verifyDeleted", 0, group.length, `until ${until}`);
    for (const verdict of await verdictsOf(wave, group, until, step)) verdicts.set(verdict.instanceId, verdict);
    wave.progress("verifyDeleted", group.length, group.length);
  }
  return verdicts;
}

async function verdictsOf(
  wave: Wave,
  members: readonly InstanceLedger[],
  until: NonNullable<VerifyOptions["until"]>,
  step: "gone" | "verify",
): Promise<readonly DeletionVerdict[]> {
  const { session, adapter } = wave;
  try {
    return await adapter.verifyDeleted(
      members.map((member) => recordOf(member) ?? member.id),
      {
        ...session.readCall(wave.deadlineMs(step)),
        until,
        before: reportOf(wave, members),
        removedRules: members.flatMap((member) => member.removedRules),
        stays: members.flatMap((member) => member.planned.stays),
        skip: skippedKinds(
          members.map(({ id }) => id),
          session.consents(),
        ),
      },
    );
  } catch (error) {
    const problem = problemOf(error);
    await session.checkpoint();
    if (problem.code === "authentication") throw wave.pauseFor(problem);
    session.emit({ type: "warning", scope: wave.scope, problem });
    return [];
  }
}

/** What was seen before the end, as the plan recorded it: a run that was interrupted has nothing else. */
function reportOf(wave: Wave, members: readonly InstanceLedger[]): DependencyReport {
  const scope = wave.session.plan.scopes[members[0]?.scopeIndex ?? -1];
  return {
    instances: members.map((member) => member.planned.instance),
    nodes: scope?.nodes ?? [],
    edges: members.flatMap((member) => member.planned.edges),
    coverage: scope?.coverageGaps ?? [],
  };
}

function isAfter(step: { readonly when: string }): boolean {
  return step.when === "after";
}

async function releaseAfter(wave: Wave, gone: readonly InstanceLedger[]): Promise<void> {
  const { policy } = wave.session;
  const allowed = new Set(policy.release.after.map(({ kind, id }) => `${kind} ${id}`));
  const plans = gone.flatMap((member) => {
    const step = stepOf(member.planned, "release-dependencies", isAfter);
    const items = step?.items.filter(
      ({ kind, id }) => allowed.has(`${kind} ${id}`) && releaseOf(member, kind, id) === undefined,
    );
    return step && items && items.length > 0 ? [{ member, items, consents: step.options.acceptDataLoss ?? [] }] : [];
  });
  const unsaved = (plan: (typeof plans)[number], item: DependencyRef) =>
    item.kind === "disk" && !mayDelete(wave, plan.member, item.id, plan.consents);
  const kept = plans.flatMap((plan) => plan.items.filter((item) => unsaved(plan, item)));
  const items = plans.flatMap((plan) => plan.items.filter((item) => !unsaved(plan, item)));
  const members = plans.map((plan) => plan.member);
  await wave.perform(
    "releaseDependencies",
    members,
    async () => {
      const refused = kept.map((item) => refusedRelease(item, unsavedDisk(item)));
      if (items.length === 0) return refused;
      const released = await wave.adapter.releaseDependencies(items, {
        ...wave.forward("release"),
        sightings: sightingsOf(members),
        data:
          "skip" in policy.snapshot
            ? { discard: policy.snapshot.skip }
            : { proofs: members.flatMap((member) => member.proofs) },
        acceptDataLoss: plans.flatMap((plan) => plan.consents),
      });
      return [...refused, ...released];
    },
    (problem) => [...kept, ...items].map((item) => refusedRelease(item, problem)),
  );
}

/** A disk that outlived its instance goes with a copy made since it was detached, or with somebody's word. */
function mayDelete(wave: Wave, member: InstanceLedger, diskId: string, consents: readonly DataLossConsent[]): boolean {
  if ("skip" in wave.session.policy.snapshot || consents.some((consent) => consent.diskId === diskId)) return true;
  const { endedAt } = member;
  return (
    endedAt !== undefined &&
    member.proofs.some((proof) => proof.diskId === diskId && Date.parse(proof.pointInTime) > Date.parse(endedAt))
  );
}

function unsavedDisk({ id, instanceId }: DependencyRef): Problem {
  return {
    code: "missing-snapshot-proof",
    message: `${id} was detached from ${instanceId} after its last copy was made, so it stays.`,
    hint: "Name it in `terminate.acceptDataLoss` to give it up.",
    instanceIds: [instanceId],
  };
}

/** Rules of a group go once every planned user of it is gone; until then, and while one is only recycled, they stay. */
async function releaseGroups(wave: Wave, goneNow: readonly InstanceLedger[]): Promise<ReadonlySet<string>> {
  const scopeIndex = wave.members[0]?.scopeIndex;
  const all = wave.session.ledger.instances.filter((instance) => instance.scopeIndex === scopeIndex);
  const gone = new Set([...goneNow, ...all.filter((instance) => instance.verdict?.status === "deleted")]);
  const due = all.filter((instance) => {
    const step = stepOf(instance.planned, "release-rules", (candidate) => candidate.scope === "exclusive-group");
    if (!step || !gone.has(instance) || groupOutcome(instance)) return false;
    const groups = new Set(
      step.rules.flatMap(({ groupId, peer }) => (peer.kind === "security-group" ? [groupId, peer.groupId] : [groupId])),
    );
    const own = new Set((recordOf(instance)?.securityGroupIds ?? []).filter((id) => groups.has(id)));
    return all.every((user) => gone.has(user) || !recordOf(user)?.securityGroupIds.some((id) => own.has(id)));
  });
  if (due.length === 0) return new Set();
  const shared = new Set(due.flatMap((instance) => recordOf(instance)?.securityGroupIds ?? []));
  const users = [...gone].filter((instance) => recordOf(instance)?.securityGroupIds.some((id) => shared.has(id)));
  const targets = [...new Set([...due, ...users])];
  await wave.perform(
    "releaseSecurityRules",
    targets,
    () =>
      wave.adapter.releaseSecurityRules(sightingsOf(targets), {
        ...wave.forward("rules"),
        scope: "exclusive-group",
        sightings: sightingsOf(targets),
      }),
    (problem) =>
      targets.map(({ id }): RuleReleaseOutcome => ({ status: "blocked", instanceId: id, effects: [], problem })),
  );
  return new Set(targets.map(({ id }) => id));
}

/** Whether the group's rules were dealt with: the only release of rules that comes after the end. */
function groupOutcome(instance: InstanceLedger): boolean {
  const ended = instance.outcomes.findIndex((entry) => entry.operation === "terminate");
  const later = instance.outcomes.some((entry, index) => entry.operation === "releaseSecurityRules" && index > ended);
  return later && (ended >= 0 || stepOf(instance.planned, "terminate") === undefined);
}
