import { type Claim, claimOf, claimTag, formatClaim } from "../claim.js";
import type { DependencyRef } from "../dependencies.js";
import type { Problem } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { DependencyReleaseOutcome, TagOutcome } from "../reversal.js";
import { sparedBy } from "./blockers.js";
import { sameClaimHolder } from "./claims.js";
import { addressesOf } from "./dry-runs.js";
import { type InstanceLedger, lastOutcome, recordOf, releaseOf } from "./ledger.js";
import { stepOf } from "./plan.js";
import type { Session } from "./session.js";
import { mayAdopt } from "./trust.js";
import type { Wave } from "./wave.js";

/** What comes before anything is saved: the claim, and taking the instances out of service. */
export async function prepare(wave: Wave): Promise<void> {
  await claim(wave);
  await releaseBefore(wave, "before");
}

/** The claim a run puts on its instances. */
function claimFor(session: Pick<Session, "runId" | "journalId" | "lock">): Claim {
  return { runId: session.runId, journalId: session.journalId, epoch: session.lock.epoch };
}

/** Whether a claim is this run's own. */
export function isOurs(claim: Claim, session: Pick<Session, "runId" | "journalId">): boolean {
  return sameClaimHolder(claim, session);
}

async function claim(wave: Wave): Promise<void> {
  const unclaimed = wave.standing().filter((member) => stepOf(member.planned, "claim") && !isClaimed(member));
  const outcomes = await wave.perform(
    "tagInstances",
    unclaimed,
    () => tagFree(wave, unclaimed),
    (problem) => unclaimed.map(({ id }): TagOutcome => ({ status: "blocked", instanceId: id, effects: [], problem })),
  );
  // One that is not there any more goes on: its termination proves the absence, or finds that nothing does.
  await closeRefused(wave, outcomes, ["tagged", "unchanged", "not-found"]);
  await wave.giveBack();
}

function isClaimed(member: InstanceLedger): boolean {
  const outcome = lastOutcome(member, "tagInstances");
  return outcome?.status === "tagged" || outcome?.status === "unchanged";
}

/** Reads the tags once more before the first mutation: another run's claim, or a tag that spares, leaves all as it is. */
async function tagFree(wave: Wave, members: readonly InstanceLedger[]): Promise<readonly TagOutcome[]> {
  const { session, adapter } = wave;
  const seen = new Map<string, InstanceRecord>();
  const ids = members.map((member) => member.id);
  for await (const record of adapter.findInstances({ ids }, session.readCall(wave.deadlineMs("claim"))))
    seen.set(record.id, record);
  const refused = members.flatMap((member): TagOutcome[] => {
    const record = seen.get(member.id);
    const problem = record && refusalOf(record, session);
    return problem ? [{ status: "blocked", instanceId: member.id, effects: [], problem }] : [];
  });
  const spared = new Set(refused.map(({ instanceId }) => instanceId));
  const free = members.filter((member) => !spared.has(member.id));
  const targets = free.map((member) => seen.get(member.id) ?? recordOf(member) ?? member.id);
  const change = { set: { [claimTag]: formatClaim(claimFor(session)) } };
  const tagged = free.length === 0 ? [] : await adapter.tagInstances(targets, change, wave.forward("claim"));
  return [...refused, ...tagged];
}

function refusalOf(record: InstanceRecord, session: Session): Problem | undefined {
  const about = { cloud: record.cloud, instanceIds: [record.id] };
  const spared = sparedBy(record, session.policy);
  if (spared !== undefined) {
    return {
      code: "drifted",
      message: `${record.id} is to be left alone by now: ${spared}.`,
      hint: "Plan again.",
      ...about,
    };
  }
  const held = claimOf(record);
  if (!held || isOurs(held, session) || (session.consent && mayAdopt(session.consent, held))) return undefined;
  return {
    code: "conflict",
    message: `${record.id} is claimed by run ${held.runId} (journal ${held.journalId}).`,
    hint: "Go on with that run's journal, or undo that run. To take it over, approvals must name its claim in `adopts`.",
    ...about,
  };
}

/** Frees what holds the instances. `gated`: what cannot be taken back, after the final gate only. */
export async function releaseBefore(
  wave: Wave,
  when: "before" | "gated",
  among: readonly InstanceLedger[] = wave.standing(),
): Promise<void> {
  const plans = among.flatMap((member) => {
    const step = stepOf(member.planned, "release-dependencies", (candidate) => candidate.when === when);
    const items = step?.items.filter(({ kind, id }) => !isReleased(releaseOf(member, kind, id))) ?? [];
    return step && items.length > 0 ? [{ member, items, options: step.options }] : [];
  });
  await keepNamedByAddress(wave, plans);
  const open = plans.filter(({ member }) => !member.closed);
  const items = open.flatMap((plan) => plan.items);
  const members = open.map((plan) => plan.member);
  const drains = open.flatMap(({ options }) => options.drainTimeoutMs ?? []);
  const outcomes = await wave.perform(
    "releaseDependencies",
    members,
    () =>
      wave.adapter.releaseDependencies(items, {
        ...wave.forward("release"),
        sightings: sightingsOf(members),
        ...(drains.length > 0 ? { drainTimeoutMs: Math.max(...drains) } : {}),
      }),
    (problem) => items.map((item) => refusedRelease(item, problem)),
  );
  await closeRefused(wave, outcomes, ["released", "already-released", "not-found"]);
  await wave.giveBack();
}

/** What is named by an address is touched only while a fresh read shows the server holding that address. */
async function keepNamedByAddress(
  wave: Wave,
  plans: readonly { readonly member: InstanceLedger; readonly items: readonly DependencyRef[] }[],
): Promise<void> {
  const named = plans.flatMap(({ member, items }) => {
    const record = recordOf(member);
    const addresses = record
      ? [...addressesOf(record)].filter((ip) => items.some(({ id }) => namesAddress(id, ip)))
      : [];
    return addresses.length > 0 ? [{ member, addresses }] : [];
  });
  if (named.length === 0) return;
  await wave.session.checkpoint();
  const seen = new Map<string, InstanceRecord>();
  const ids = named.map(({ member }) => member.id);
  const call = wave.session.readCall(wave.deadlineMs("release"));
  for await (const record of wave.adapter.findInstances({ ids }, call)) seen.set(record.id, record);
  for (const { member, addresses } of named) {
    const now = seen.get(member.id);
    const held: ReadonlySet<string> = now ? addressesOf(now) : new Set();
    const lost = addresses.find((ip) => !held.has(ip));
    if (lost !== undefined) await wave.session.close(member, "drifted", addressLost(member.id, lost));
  }
  await wave.giveBack();
}

/** Whether an id holds an address as a whole word, as composite ids of registrations by address do. */
function namesAddress(id: string, ip: string): boolean {
  const escaped = ip.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const letters = ip.includes(":") ? "[0-9a-f:]" : "[0-9.]";
  return new RegExp(`(?<!${letters})${escaped}(?!${letters})`, "i").test(id);
}

function addressLost(id: string, ip: string): Problem {
  return {
    code: "drifted",
    message: `${id} does not hold ${ip} any more, by which something is registered.`,
    hint: "The address may be a stranger's by now. Plan again.",
    instanceIds: [id],
  };
}

/** An answer for something whose release could not be asked for at all. */
export function refusedRelease(item: DependencyRef, problem: Problem): DependencyReleaseOutcome {
  return { item, status: "blocked", instanceId: item.instanceId, effects: [], problem };
}

/** What was seen of these instances when the plan was made. */
export function sightingsOf(members: readonly InstanceLedger[]): readonly InstanceRecord[] {
  return members.flatMap((member) => recordOf(member) ?? []);
}

function isReleased(outcome: DependencyReleaseOutcome | undefined): boolean {
  return outcome?.status === "released" || outcome?.status === "already-released" || outcome?.status === "not-found";
}

/** Closes the members whose step did not come out well. The others go on. */
export async function closeRefused(
  wave: Wave,
  outcomes: readonly { readonly instanceId: string; readonly status: string; readonly problem?: Problem }[],
  good: readonly string[],
): Promise<void> {
  for (const outcome of outcomes) {
    const member = wave.members.find(({ id }) => id === outcome.instanceId);
    if (!member || member.closed || good.includes(outcome.status)) continue;
    const status =
      outcome.problem?.code === "drifted"
        ? "drifted"
        : outcome.status === "unknown"
          ? "unknown"
          : outcome.status === "failed"
            ? "failed"
            : "blocked";
    await wave.session.close(member, status, outcome.problem);
  }
}
