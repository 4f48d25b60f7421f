/** What must compile, and, under `@ts-expect-error`, what must not. `npm run check` reads this file; nothing runs it. */
import type {
  CloudAdapter,
  DataDecision,
  DeletionVerdict,
  Effect,
  InstanceRecord,
  JsonValue,
  SnapshotOutcome,
  TerminateOutcome,
} from "cloud-decom";

declare const cloud: CloudAdapter;
declare const record: InstanceRecord;

export async function dataIsDecided() {
  await cloud.terminate(["i-1", record], { data: { discard: "a scratch machine" } });
  await cloud.terminate([record], { data: { proofs: [] }, dryRun: true });
  // @ts-expect-error Nobody terminates without saying what becomes of the data.
  await cloud.terminate(["i-1"], {});
  // @ts-expect-error Not even by leaving the options out.
  await cloud.terminate(["i-1"]);
  // @ts-expect-error A flag is no reason.
  await cloud.terminate(["i-1"], { data: { discard: true } });
}

export async function dangerIsSpelledOut() {
  const data: DataDecision = { discard: "a scratch machine" };
  await cloud.terminate(["i-1"], { data, protection: { clear: ["i-1"], reason: "asked its owner" } });
  // @ts-expect-error Protection is cleared for ids, with a reason, never for all.
  await cloud.terminate(["i-1"], { data, protection: "clear" });
  // @ts-expect-error Consent to lose a disk names the disk and the reason.
  await cloud.terminate(["i-1"], { data, acceptDataLoss: [{ instanceId: "i-1" }] });
  // @ts-expect-error An option that does not exist is not swallowed.
  await cloud.terminate(["i-1"], { data, force: true });
}

export function selectionNamesSomething() {
  cloud.findInstances({ ids: ["i-1"] });
  cloud.findInstances({ tags: { env: "dev" }, states: ["stopped"] });
  // @ts-expect-error States alone are everything an account has.
  cloud.findInstances({ states: ["running"] });
  // @ts-expect-error And so is nothing at all.
  cloud.findInstances({});
}

/** Each status has its own fields, and a switch without a default covers them all. */
export function terminationInWords(outcome: TerminateOutcome): string {
  switch (outcome.status) {
    case "accepted":
      return outcome.requestId ?? "no request id";
    case "recycled":
      return outcome.restore;
    case "scheduled":
      return outcome.at;
    case "already-gone":
      return outcome.absence.reads[1].said;
    case "would-terminate":
      return outcome.how;
    case "not-found":
      return outcome.instanceId;
    case "blocked":
    case "failed":
    case "unknown":
      return outcome.problem.hint;
  }
}

export function proofsAreWhereTheyAreProved(outcome: SnapshotOutcome): number {
  // @ts-expect-error Only some statuses carry proofs.
  outcome.proofs;
  return outcome.status === "completed" ? outcome.proofs.length : 0;
}

export function goneIsProved(verdict: DeletionVerdict) {
  // @ts-expect-error Absence is there for what is deleted, and for nothing else.
  verdict.absence;
  if (verdict.status === "deleted") return verdict.absence.control;
  return undefined;
}

/** `true` for plain data all the way down: what JSON writes and reads back unchanged. */
type IsPlain<T> = T extends JsonValue
  ? true
  : T extends (...parameters: never) => unknown
    ? false
    : T extends Date | Map<unknown, unknown> | Set<unknown> | bigint | symbol
      ? false
      : false extends { [Key in keyof T]-?: IsPlain<Exclude<T[Key], undefined>> }[keyof T]
        ? false
        : true;

/** Of a union, every member. */
type AllPlain<T> = false extends IsPlain<T> ? false : true;

/** Records, effects and outcomes are plain data: a journal keeps them as they are. */
export const dataSurvivesJson: {
  readonly record: AllPlain<InstanceRecord>;
  readonly effect: AllPlain<Effect>;
  readonly outcome: AllPlain<TerminateOutcome>;
  readonly verdict: AllPlain<DeletionVerdict>;
  readonly aDateDoesNot: AllPlain<TerminateOutcome | { readonly at: Date }>;
} = { record: true, effect: true, outcome: true, verdict: true, aDateDoesNot: false };

export function outcomesAreReadOnly(outcome: TerminateOutcome, verdict: DeletionVerdict) {
  // @ts-expect-error What was reported does not change afterwards.
  outcome.instanceId = "i-2";
  // @ts-expect-error Nor do its lists.
  verdict.leftovers.push();
}
