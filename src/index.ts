export type {
  CloudAdapter,
  Decommission,
  Inventory,
  Operation,
  PermissionPolicy,
  Reversal,
} from "./adapter.js";
export type {
  Capabilities,
  CostlyMutation,
  QuarantineFact,
  RepeatEffect,
  RetentionFact,
  Sourced,
} from "./capabilities.js";
export { type Claim, claimOf, claimTag } from "./claim.js";
export type { Clock } from "./clock.js";
export {
  type IsoDate,
  type JsonObject,
  type JsonValue,
  type Mapped,
  type MaybePromise,
  type Money,
  type Scope,
  scopeOf,
  type Tristate,
} from "./common.js";
export type {
  ControlRead,
  CoverageLine,
  DependencyEdge,
  DependencyKind,
  DependencyNode,
  DependencyRef,
  DependencyReport,
  InstanceSighting,
  ListDependenciesOptions,
  NodeRef,
  ProtectionCheck,
} from "./dependencies.js";
export {
  canUndo,
  type Effect,
  type EffectState,
  type MutationIntent,
  type MutationRecorder,
  type MutationResult,
  type UndoAction,
} from "./effects.js";
export { DecommissionError, type Problem, type ProblemCode } from "./errors.js";
export type { DecommissionEvent, RunState } from "./events.js";
export type { AdapterOptions } from "./factory.js";
export { type Approval, approvePlan, type Revocation, revokeApproval, type Trust } from "./flow/approval.js";
export { executePlan } from "./flow/execute-plan.js";
export { type ExplainOptions, explainPlan } from "./flow/explain-plan.js";
export type {
  Journal,
  JournalEntry,
  JournalHead,
  JournalLock,
  JournalRecord,
  MutatingOperation,
  OpenJournal,
  OutcomeByOperation,
  OutcomeEntry,
} from "./flow/journal.js";
export { type FileJournalOptions, fileJournal, verifyJournal } from "./flow/journal-file.js";
export type { HeadKeys } from "./flow/journal-head.js";
export { memoryJournal } from "./flow/journal-memory.js";
export type { PhaseContext, PhaseRequest } from "./flow/phase.js";
export type { Blocker, Plan, PlannedInstance, PlannedStep, PlanOptions, PlanScope } from "./flow/plan.js";
export { planDecommission } from "./flow/plan-decommission.js";
export { planFollowUp } from "./flow/plan-follow-up.js";
export { planUndo, type UndoOptions } from "./flow/plan-undo.js";
export type {
  CompletePolicy,
  CompleteSnapshotPolicy,
  GuardPolicy,
  Policy,
  ScopedSelector,
  SnapshotPolicy,
  StandingWaiver,
  TimeWindow,
  Waiver,
  WaiverCause,
} from "./flow/policy.js";
export { type JournalStatus, readStatus } from "./flow/read-ledger.js";
export { createReceipt, type ReceiptOptions } from "./flow/receipt/create-receipt.js";
export type {
  InstanceReceipt,
  PricedLeftover,
  Receipt,
  Redaction,
  TimelineEntry,
  TimelineKind,
} from "./flow/receipt/receipt.js";
export { type RenderOptions, renderReceipt } from "./flow/receipt/render-receipt.js";
export type { Locale } from "./flow/receipt/words.js";
export type {
  ControlAnswer,
  ExecuteOptions,
  HookAnswer,
  InstanceResult,
  InstanceStatus,
  RunResult,
} from "./flow/result.js";
export { runPhase, startRun } from "./flow/run-phase.js";
export { keyIdOf, pemSigner, type Signer } from "./flow/signing.js";
export { type SweepOptions, type SweepResult, sweep } from "./flow/sweep.js";
export type { Consent } from "./flow/trust.js";
export {
  type BillingMode,
  type CallerIdentity,
  type InstanceDisk,
  type InstanceLock,
  type InstanceNetworkInterface,
  type InstanceRecord,
  type InstanceSelector,
  type InstanceState,
  type InstanceTarget,
  isRecord,
  type PublicAddress,
} from "./instances.js";
export type { CallOptions, DryRunOptions } from "./options.js";
export type {
  ArtifactOutcome,
  DependencyReleaseOutcome,
  QuarantineMode,
  QuarantineOptions,
  QuarantineOutcome,
  RecoverableRef,
  RecoverOptions,
  RecoverOutcome,
  ReleaseDependenciesOptions,
  RemoveArtifactsOptions,
  RevertOutcome,
  TagChange,
  TagOutcome,
} from "./reversal.js";
export type {
  KeptSecurityRule,
  ReleaseRulesOptions,
  RemovedSecurityRule,
  RulePeer,
  RulePorts,
  RuleReleaseOutcome,
  SecurityRule,
} from "./security-rules.js";
export type {
  Artifact,
  Blocked,
  Failed,
  InstanceOutcome,
  NotFound,
  SnapshotOptions,
  SnapshotOutcome,
  SnapshotProof,
  Undetermined,
} from "./snapshots.js";
export type {
  DataDecision,
  DataLossConsent,
  PrepaidExit,
  RecoverableUntil,
  RefundQuote,
  TerminateOptions,
  TerminateOutcome,
  TerminationPath,
  TerminationSettings,
} from "./termination.js";
export type { AbsenceProof, DeletionVerdict, Evidence, Leftover, VerifyOptions } from "./verification.js";
