import type { IsoDate, JsonValue, Scope } from "../common.js";
import type { MutationIntent, MutationResult } from "../effects.js";
import type { Problem } from "../errors.js";
import type { RunState } from "../events.js";
import type {
  ArtifactOutcome,
  DependencyReleaseOutcome,
  QuarantineOutcome,
  RecoverOutcome,
  RevertOutcome,
  TagOutcome,
} from "../reversal.js";
import type { RuleReleaseOutcome } from "../security-rules.js";
import type { SnapshotOutcome } from "../snapshots.js";
import type { TerminateOutcome } from "../termination.js";
import type { DeletionVerdict } from "../verification.js";
import type { PhaseRequest } from "./phase.js";
import type { Plan, PlannedInstance, PlanScope } from "./plan.js";
import type { InstanceStatus } from "./result.js";

/** The outcome type of each mutating operation. */
export interface OutcomeByOperation {
  readonly snapshot: SnapshotOutcome;
  readonly releaseSecurityRules: RuleReleaseOutcome;
  readonly terminate: TerminateOutcome;
  readonly quarantine: QuarantineOutcome;
  readonly releaseDependencies: DependencyReleaseOutcome;
  readonly revert: RevertOutcome;
  readonly tagInstances: TagOutcome;
  readonly recover: RecoverOutcome;
  readonly removeArtifacts: ArtifactOutcome;
}
/** An operation that changes something. */
export type MutatingOperation = keyof OutcomeByOperation;
/** What an operation answered for one of the things it was given. */
export type OutcomeEntry = {
  [Op in MutatingOperation]: {
    readonly type: "outcome";
    readonly operation: Op;
    readonly scope: Scope;
    readonly outcome: OutcomeByOperation[Op];
  };
}[MutatingOperation];
/** What a journal line says. State, resume, receipt and undo are folds over these. */
export type JournalEntry =
  | {
      readonly type: "opened";
      readonly runId: string;
      readonly journalId: string;
      readonly plan: Omit<Plan, "scopes">;
      readonly principals: readonly string[];
    }
  | { readonly type: "scope"; readonly index: number; readonly scope: Omit<PlanScope, "instances"> }
  | { readonly type: "planned"; readonly scopeIndex: number; readonly instance: PlannedInstance }
  | { readonly type: "phase"; readonly request: PhaseRequest; readonly state: "queued" | "started" | "done" }
  | { readonly type: "step"; readonly key: string; readonly value: JsonValue }
  | { readonly type: "intent"; readonly scope: Scope; readonly intent: MutationIntent }
  | { readonly type: "settled"; readonly key: string; readonly result: MutationResult }
  | {
      readonly type: "gate";
      readonly scope: Scope;
      readonly instanceId: string;
      readonly passed: boolean;
      readonly readAt: IsoDate;
      readonly problem?: Problem;
    }
  | OutcomeEntry
  | { readonly type: "verdict"; readonly scope: Scope; readonly verdict: DeletionVerdict }
  /** How an instance ended in this run. What comes after gives back, or looks once more. */
  | {
      readonly type: "closed";
      readonly scope: Scope;
      readonly instanceId: string;
      readonly status: InstanceStatus;
      readonly problem?: Problem;
    }
  | { readonly type: "state"; readonly state: RunState };
/** A journal line: an entry in a hash chain. `hash` is the SHA-256, hex, of the line without it. */
export interface JournalRecord {
  readonly v: 1;
  readonly seq: number;
  readonly at: IsoDate;
  readonly previous: string;
  readonly entry: JournalEntry;
  readonly hash: string;
}
/** Where a run is written. Append-only, secrets never. The only source of receipt and undo on every engine. */
export interface Journal {
  /** Opens it for writing, checking the chain. Throws `journal-corrupt`. */
  open(): Promise<OpenJournal>;
  /** Reads it from the start, checking the chain. */
  read(): AsyncIterable<JournalRecord>;
}
/**
 * A journal held by its one owner. `append` resolves once the line is durable; order of calls is order of
 * lines. `id` is the journal's own, random.
 */
export interface OpenJournal {
  readonly id: string;
  append(entry: JournalEntry): Promise<JournalRecord>;
  close(): Promise<void>;
}
