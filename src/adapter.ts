import type { Capabilities } from "./capabilities.js";
import type { IsoDate, JsonObject } from "./common.js";
import type { DependencyRef, DependencyReport, ListDependenciesOptions } from "./dependencies.js";
import type { Effect } from "./effects.js";
import type { CallerIdentity, InstanceRecord, InstanceSelector, InstanceTarget } from "./instances.js";
import type { CallOptions } from "./options.js";
import type {
  ArtifactOutcome,
  DependencyReleaseOutcome,
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
import type { ReleaseRulesOptions, RuleReleaseOutcome } from "./security-rules.js";
import type { Artifact, SnapshotOptions, SnapshotOutcome } from "./snapshots.js";
import type { TerminateOptions, TerminateOutcome } from "./termination.js";
import type { DeletionVerdict, VerifyOptions } from "./verification.js";

/** An operation of an adapter, for permissions and for the journal. */
export type Operation =
  | "whoAmI"
  | "findInstances"
  | "listDependencies"
  | "verifyDeleted"
  | "findOwnArtifacts"
  | "snapshot"
  | "releaseSecurityRules"
  | "terminate"
  | "quarantine"
  | "releaseDependencies"
  | "revert"
  | "tagInstances"
  | "recover"
  | "removeArtifacts";
/** Least privilege in the cloud's own form. */
export interface PermissionPolicy {
  readonly cloud: string;
  /** The cloud's policy document, ready to paste. */
  readonly document: JsonObject;
  /**
   * The actions behind it, per operation. `optional`: without it a coverage line reads `denied`, nothing
   * fails.
   */
  readonly actions: readonly { readonly operation: Operation; readonly action: string; readonly optional: boolean }[];
}
/**
 * The five operations: what this library is for. Every operation of an adapter takes many and answers one
 * outcome for each, in the order asked, duplicates collapsed first; `[]` answers `[]` and sends nothing.
 * Throws `DecommissionError` only when the call as a whole could not run.
 */
export interface Decommission {
  /**
   * What hangs on the instances, and what was not looked at. A part that fails is a coverage line, not an
   * exception.
   */
  listDependencies(targets: readonly InstanceTarget[], options?: ListDependenciesOptions): Promise<DependencyReport>;
  /**
   * Saves the disks and proves it. Sends a create again only with a token, or after looking for what the first
   * made.
   */
  snapshot(targets: readonly InstanceTarget[], options?: SnapshotOptions): Promise<readonly SnapshotOutcome[]>;
  /**
   * Closes rules that exist for these instances alone; given records, also once they are gone. Outcomes hold
   * each removed rule whole: keep them.
   */
  releaseSecurityRules(
    targets: readonly InstanceTarget[],
    options?: ReleaseRulesOptions,
  ): Promise<readonly RuleReleaseOutcome[]>;
  /**
   * Terminates the way this cloud and each billing mode need. Irreversible unless the outcome says otherwise.
   * Never releases addresses.
   */
  terminate(targets: readonly InstanceTarget[], options: TerminateOptions): Promise<readonly TerminateOutcome[]>;
  /** What is gone, what can come back, what still bills. */
  verifyDeleted(targets: readonly InstanceTarget[], options?: VerifyOptions): Promise<readonly DeletionVerdict[]>;
}
/** What a run must know. Reads only. */
export interface Inventory {
  /**
   * Whose credentials these are. Asked before any read is believed: at the process's start and after every
   * change of credentials.
   */
  whoAmI(options?: CallOptions): Promise<CallerIdentity>;
  /**
   * Instances that match, recycled ones included, fully paged. Throws rather than end early: an incomplete
   * list never looks complete.
   */
  findInstances(selector: InstanceSelector, options?: CallOptions): AsyncIterable<InstanceRecord>;
  /**
   * Snapshots, backups and groups this library made, by run or by expiry; `{}` is all of them in this scope,
   * an empty value `invalid-request`.
   */
  findOwnArtifacts(
    selector: { readonly runId?: string; readonly expiredBefore?: IsoDate },
    options?: CallOptions,
  ): AsyncIterable<Artifact>;
  /**
   * Live instances of the whole scope, for a policy's `maxPercent`; recycled ones do not count. Absent where the
   * cloud cannot tell: such a policy is then `unsupported`.
   */
  countInstances?(options?: CallOptions): Promise<number>;
  /** The least privilege for these operations and the undo of their effects. Default: all. Sends nothing. */
  permissions(operations?: readonly Operation[]): PermissionPolicy;
}
/** What a run does around the five, and takes back. */
export interface Reversal {
  /** Sets and removes tags, as a run does to claim its instances. */
  tagInstances(
    targets: readonly InstanceTarget[],
    change: TagChange,
    options?: CallOptions,
  ): Promise<readonly TagOutcome[]>;
  /** Stops or isolates, so that whoever still needs the instance can speak up. */
  quarantine(targets: readonly InstanceTarget[], options: QuarantineOptions): Promise<readonly QuarantineOutcome[]>;
  /** Frees what holds an instance, and later what it leaves. One outcome per item. */
  releaseDependencies(
    items: readonly DependencyRef[],
    options?: ReleaseDependenciesOptions,
  ): Promise<readonly DependencyReleaseOutcome[]>;
  /** Puts effects back, the last first, each after a re-read. One outcome per effect, in the order given. */
  revert(effects: readonly Effect[], options?: CallOptions): Promise<readonly RevertOutcome[]>;
  /** Takes things out of a bin. */
  recover(
    items: readonly (InstanceTarget | RecoverableRef)[],
    options?: RecoverOptions,
  ): Promise<readonly RecoverOutcome[]>;
  /** Removes what this library made. */
  removeArtifacts(items: readonly Artifact[], options?: RemoveArtifactsOptions): Promise<readonly ArtifactOutcome[]>;
}
/** One scope of one cloud: an account, a region. */
export interface CloudAdapter extends Decommission, Inventory, Reversal {
  /** `aws`, `aliyun`, `tencent`, `huawei`, or a third party's name. */
  readonly cloud: string;
  readonly region: string;
  /** As in {@link Scope}. */
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly capabilities: Capabilities;
}
