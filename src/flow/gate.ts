import { claimOf } from "../claim.js";
import type { Money } from "../common.js";
import type { DependencyReport } from "../dependencies.js";
import { type Problem, problemOf } from "../errors.js";
import type { InstanceDisk, InstanceRecord } from "../instances.js";
import type { SnapshotProof } from "../snapshots.js";
import { coverageBlockers, isWaived, skippedKinds, sparedBy } from "./blockers.js";
import { endingInstances } from "./census.js";
import { differences, edgeDrift } from "./drift.js";
import { type Rehearsal, rehearseTermination } from "./dry-runs.js";
import { dyingWith } from "./fate.js";
import { askHook } from "./hooks.js";
import { effectsOf, type InstanceLedger, recordOf } from "./ledger.js";
import { stepOf } from "./plan.js";
import { isOurs } from "./prepare.js";
import { saveAnew } from "./save.js";
import type { EvidenceTime, Session } from "./session.js";
import { consentsFor } from "./steps.js";
import type { Wave } from "./wave.js";

/** What the final gate saw, for the members that passed. */
export interface GateReading {
  readonly evidence: EvidenceTime;
  readonly report: DependencyReport;
  readonly records: ReadonlyMap<string, InstanceRecord>;
  /** Ids of the members that may go now. */
  readonly passed: ReadonlySet<string>;
}

/**
 * The final gate: reads everything once more, in bulk, and lets through only what is still as it was planned.
 * Hooks are asked first, so that nothing they take time for makes the evidence old.
 */
export async function passGate(wave: Wave): Promise<GateReading | undefined> {
  await wave.session.checkpoint();
  await askBeforeTerminate(wave);
  await wave.giveBack();
  const members = wave.standing();
  if (members.length === 0) return undefined;
  wave.progress("gate", 0, members.length);
  const reading = await readGate(wave, members);
  if (!reading) return undefined;
  const passed = new Set<string>();
  for (const member of members) {
    if (await judgeMember(wave, member, reading)) passed.add(member.id);
  }
  await wave.giveBack();
  wave.progress("gate", members.length, members.length);
  return { ...reading, passed };
}

/** Lets one member through, closes it, or has it saved anew. Writes down which. */
async function judgeMember(wave: Wave, member: InstanceLedger, reading: FullReading): Promise<boolean> {
  const { session } = wave;
  const { scope, id } = member;
  const problem = judge(session, member, reading);
  const readAt = new Date(reading.evidence.wall).toISOString();
  await session.append({
    type: "gate",
    scope,
    instanceId: id,
    passed: !problem,
    readAt,
    ...(problem ? { problem } : {}),
  });
  if (!problem) return true;
  const restarted = startedSince(member, reading.records.get(id), session);
  if (problem.code === "missing-snapshot-proof" && restarted && (await saveAnew(wave, member, problem.message)))
    return false;
  await session.close(member, problem.code === "drifted" ? "drifted" : "blocked", problem);
  return false;
}

interface FullReading extends Omit<GateReading, "passed"> {
  readonly ending: ReadonlySet<string>;
  readonly rehearsals: ReadonlyMap<string, Rehearsal>;
}

async function readGate(wave: Wave, members: readonly InstanceLedger[]): Promise<FullReading | undefined> {
  const { session, adapter } = wave;
  const evidence = session.evidenceTime();
  const call = session.readCall(wave.deadlineMs("gate"));
  const targets = members.map((member) => recordOf(member) ?? member.id);
  const { policy } = session;
  const skip = skippedKinds(
    members.map(({ id }) => id),
    session.consents(),
  );
  try {
    const report = await adapter.listDependencies(targets, {
      ...call,
      protectionCheck: policy.terminate.protectionCheck,
      skip,
    });
    const found = report.instances.flatMap((sighting) => (sighting.status === "found" ? [sighting.record] : []));
    const scopeIndex = members[0]?.scopeIndex;
    const allPlanned = session.ledger.instances
      .filter((one) => one.scopeIndex === scopeIndex)
      .flatMap((one) => recordOf(one) ?? []);
    const ending = await endingInstances(adapter, [...found, ...allPlanned], call);
    // Asked again only where the plan promised money or a way back: both can have been withdrawn since.
    const promised = found.filter((record) => {
      const member = members.find(({ id }) => id === record.id);
      return member && (member.planned.recoverable !== "no" || member.planned.refund !== undefined);
    });
    const rehearsals = await rehearseTermination(adapter, promised, policy, call);
    return { evidence, report, records: new Map(found.map((record) => [record.id, record])), ending, rehearsals };
  } catch (error) {
    const problem = problemOf(error);
    await session.checkpoint();
    if (problem.code === "authentication") throw wave.pauseFor(problem);
    for (const member of members) await session.close(member, "blocked", problem);
    await wave.giveBack();
    return undefined;
  }
}

async function askBeforeTerminate(wave: Wave): Promise<void> {
  const ask = wave.session.options.hooks?.beforeTerminate;
  if (!ask) return;
  const { plan, options } = wave.session;
  await Promise.all(
    wave.standing().map(async (member) => {
      const record = recordOf(member);
      if (!record) return;
      const problem = await askHook("beforeTerminate", options, (signal) =>
        ask(record, { plan, proofs: member.proofs, signal }),
      );
      // An abort silences hooks, too; that says nothing against the instance.
      if (problem) await wave.session.checkpoint();
      if (problem) await wave.session.close(member, "blocked", { ...problem, instanceIds: [member.id] });
    }),
  );
}

/** Why a member must stay; `undefined` when it may go. */
function judge(session: Session, member: InstanceLedger, reading: FullReading): Problem | undefined {
  const planned = recordOf(member);
  const now = reading.records.get(member.id);
  // Absent, or on its way out already: nothing is left to protect, and the termination proves which.
  if (!planned || !now || now.state.unified === "gone" || now.state.unified === "terminating") return undefined;
  const drift = driftOf(session, member, planned, now, reading);
  if (drift.length > 0) {
    return {
      code: "drifted",
      message: `${member.id} is not as planned: ${drift.join("; ")}.`,
      hint: "What was done to it is given back. Look at the change, then plan again.",
      cloud: now.cloud,
      instanceIds: [member.id],
    };
  }
  return (
    claimProblem(session, member, now) ??
    rehearsalProblem(member, reading.rehearsals.get(member.id), session.policy.terminate.minimumRefund) ??
    coverageBlockers(now, reading.report.coverage, session.consents()).find((blocker) => !blocker.waived)?.problem ??
    dataProblem(session, member, now, reading.ending)
  );
}

function driftOf(
  session: Session,
  member: InstanceLedger,
  planned: InstanceRecord,
  now: InstanceRecord,
  { report }: FullReading,
): readonly string[] {
  const spared = sparedBy(now, session.policy);
  const edges = report.edges.filter((edge) => edge.instanceId === member.id);
  const released = new Set(
    member.outcomes.flatMap((entry) =>
      entry.operation === "releaseDependencies" ? [`${entry.outcome.item.kind} ${entry.outcome.item.id}`] : [],
    ),
  );
  const expected = member.planned.edges.filter(({ node }) => !released.has(`${node.kind} ${node.id}`));
  return [
    ...differences(planned, now, effectsOf(member)),
    ...edgeDrift(expected, edges),
    ...(spared === undefined ? [] : [spared]),
  ];
}

/** Why what the plan promised about the way back and the money does not hold any more; `undefined` when it does. */
export function rehearsalProblem(
  member: InstanceLedger,
  rehearsal: Rehearsal | undefined,
  minimum: Money | undefined,
): Problem | undefined {
  const how = stepOf(member.planned, "terminate")?.how;
  if (!rehearsal || !how) return undefined;
  if (rehearsal.problem) return rehearsal.problem;
  const about = { instanceIds: [member.id] };
  if (rehearsal.how !== how) {
    const message = `${member.id} would end by ${rehearsal.how}; the plan said ${how}.`;
    return { code: "drifted", message, hint: "Plan again: what can come back afterwards has changed.", ...about };
  }
  const quote = rehearsal.refund?.amount;
  if (minimum && member.planned.refund && (!quote || !isEnough(quote, minimum))) {
    const now = quote ? `${quote.amount} ${quote.currency}` : "not quoted";
    const message = `The refund for ${member.id} is ${now}; at least ${minimum.amount} ${minimum.currency} was asked for.`;
    return { code: "prepaid", message, hint: "Lower `minimumRefund`, or wait.", ...about };
  }
  return undefined;
}

/** Amounts in different currencies cannot be compared; one whose currency was not told is taken for the account's. */
function isEnough(quote: Money, minimum: Money): boolean {
  return (
    (quote.currency === minimum.currency || quote.currency === "account") &&
    Number(quote.amount) >= Number(minimum.amount)
  );
}

function claimProblem(session: Session, member: InstanceLedger, now: InstanceRecord): Problem | undefined {
  const held = claimOf(now);
  if (held && isOurs(held, session)) return undefined;
  return {
    code: "conflict",
    message: held
      ? `${member.id} is claimed by run ${held.runId} by now.`
      : `The claim of this run on ${member.id} was taken off.`,
    hint: "Somebody else works on it. Find out who, then plan again.",
    cloud: now.cloud,
    instanceIds: [member.id],
  };
}

/** Whether every disk that dies is saved, recently enough, or given up by name. The adapter re-reads the copies themselves. */
function dataProblem(
  session: Session,
  member: InstanceLedger,
  now: InstanceRecord,
  ending: ReadonlySet<string>,
): Problem | undefined {
  const end = stepOf(member.planned, "terminate");
  if (end?.data !== "run-proofs") return undefined;
  const consented = new Set(consentsFor(now, end.options.acceptDataLoss ?? []).map(({ diskId }) => diskId));
  const faults = dyingWith(now, end.options, ending)
    .filter((disk) => !consented.has(disk.id))
    .flatMap((disk) => {
      const faultsOfDisk = member.proofs
        .filter((proof) => proof.diskId === disk.id)
        .map((proof) => proofFault(proof, disk, member, now, session));
      return faultsOfDisk.some((fault) => fault === undefined)
        ? []
        : [`${disk.id}: ${faultsOfDisk.at(-1) ?? "no proof"}`];
    });
  if (faults.length === 0) return undefined;
  return {
    code: "missing-snapshot-proof",
    message: `${member.id} would lose data: ${faults.join("; ")}.`,
    hint: "Plan again, or name the disk in `terminate.acceptDataLoss`.",
    cloud: now.cloud,
    instanceIds: [member.id],
  };
}

function proofFault(
  proof: SnapshotProof,
  disk: InstanceDisk,
  member: InstanceLedger,
  now: InstanceRecord,
  session: Session,
): string | undefined {
  const { snapshot } = session.policy;
  if ("skip" in snapshot) return undefined;
  if (proof.attempt !== member.attempt) return `${proof.id} is of an earlier attempt`;
  if (disk.sizeGiB === "unknown" || proof.sizeGiB < disk.sizeGiB) return `${proof.id} is smaller than the disk`;
  if (proof.keyUsable === false) return `the key of ${proof.id} is not usable`;
  if (
    proof.keyUsable === "unknown" &&
    !isWaived({ kind: "encryption-key", cause: "partial" }, now, session.consents())
  ) {
    return `whether the key of ${proof.id} is usable is not known`;
  }
  const ageHours = (session.clock.now() - Date.parse(proof.pointInTime)) / 3_600_000;
  if (!(ageHours <= snapshot.maxAgeHours)) return `${proof.id} is older than ${snapshot.maxAgeHours} hours`;
  if (snapshot.from === "stopped" && proof.takenFrom !== "stopped") return `${proof.id} was taken while it ran`;
  if (snapshot.from === "stopped" && startedAfter(now, proof.pointInTime))
    return `it was started after ${proof.id} was taken`;
  return undefined;
}

/** Whether a copy that was to hold everything can miss what was written since. */
function startedAfter(now: InstanceRecord, pointInTime: string): boolean {
  return now.startedAt !== undefined && Date.parse(now.startedAt) > Date.parse(pointInTime);
}

function startedSince(member: InstanceLedger, now: InstanceRecord | undefined, session: Session): boolean {
  const { snapshot } = session.policy;
  if (!now || "skip" in snapshot || snapshot.from !== "stopped") return false;
  return member.proofs.some((proof) => proof.attempt === member.attempt && startedAfter(now, proof.pointInTime));
}
