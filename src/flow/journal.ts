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
import type { Approval, Revocation, Trust } from "./approval.js";
import type { PhaseRequest } from "./phase.js";
import type { Plan, PlannedInstance, PlanScope } from "./plan.js";
import type { GuardPolicy } from "./policy.js";
import type { InstanceStatus } from "./result.js";
import type { Consent } from "./trust.js";

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
      readonly approvals: readonly Approval[];
      readonly trust: Omit<Trust, "revocations">;
      readonly guard?: GuardPolicy;
      readonly principals: readonly string[];
    }
  /** A process took hold of the run. `tookOver`: the nonce of the owner it replaced. */
  | { readonly type: "owner"; readonly lock: JournalLock; readonly tookOver?: string }
  /** Who approved, as it was judged when a process began to work. */
  | { readonly type: "consent"; readonly approvedBy: Consent["approvedBy"]; readonly required: number }
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
  /** An instance returned to service, or its proofs no longer hold: they are void, and it is saved anew. */
  | {
      readonly type: "attempt";
      readonly scope: Scope;
      readonly instanceId: string;
      readonly attempt: number;
      readonly why: string;
    }
  | { readonly type: "revoked"; readonly revocation: Revocation }
  /** The run was undone, so its plan is spent. */
  | { readonly type: "spent"; readonly byRunId: string; readonly byJournalId: string }
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
/** The last line a journal vouches for. Unsigned it detects accidents, not attackers. */
export interface JournalHead {
  readonly seq: number;
  readonly hash: string;
  readonly keyId?: string;
  /** Ed25519, base64, over a domain label, the journal's id, `seq` and `hash`. */
  readonly signature?: string;
}
/**
 * Who holds a journal. Its process is provably dead only where host, boot and namespace are this one's and
 * none with that id and start time runs. The epoch rises with each take-over.
 */
export interface JournalLock {
  readonly host: string;
  readonly bootId: string;
  readonly processNamespace: string;
  readonly processId: number;
  readonly processStartedAt: string;
  readonly nonce: string;
  readonly epoch: number;
}
/** Where a run is written. Append-only, one owner at a time, secrets never. The only source of receipt and undo on every engine. */
export interface Journal {
  /**
   * Takes the lock and checks the chain; bytes beyond the head are cut. Throws `journal-busy` or
   * `journal-corrupt`. An owner provably dead is replaced; any other only when `takeOver` is its nonce, and
   * then nothing is sent before every open intent has had its settle time.
   */
  open(options?: { readonly takeOver?: string | undefined }): Promise<OpenJournal>;
  /** Reads without the lock, checking the chain. `salvage` ends with the valid prefix instead of throwing. */
  read(options?: { readonly salvage?: boolean }): AsyncIterable<JournalRecord>;
  head(): Promise<JournalHead | undefined>;
  lock(): Promise<JournalLock | undefined>;
}
/**
 * A journal held by its one owner. `append` resolves once line and head are durable, in that order; order of
 * calls is order of lines. A failed append stops the writer until it has cut back. `id` is the journal's
 * own, random.
 */
export interface OpenJournal {
  readonly id: string;
  readonly lock: JournalLock;
  /** The nonce of the owner that was replaced, dead or taken over from. */
  readonly tookOver?: string;
  append(entry: JournalEntry): Promise<JournalRecord>;
  close(): Promise<void>;
}
