import type { IsoDate, JsonObject, JsonValue, Scope, Tristate } from "./common.js";
import type { NodeRef } from "./dependencies.js";
import type { PublicAddress } from "./instances.js";
import type { RecoverableRef } from "./reversal.js";
import type { RemovedSecurityRule } from "./security-rules.js";
import type { Artifact } from "./snapshots.js";

/**
 * The word of what a request did. Only `applied` may be believed at once; see {@link
 * MutationIntent.settleMs}.
 */
export type EffectState = "applied" | "not-applied" | "unknown";
/**
 * One change to the world, announced before it is made. Plain data: the journal keeps it, `revert` reads it.
 */
export interface Effect extends Scope {
  readonly kind:
    | "rule-removed"
    | "protection-cleared"
    | "power-changed"
    | "flag-changed"
    | "groups-changed"
    | "timer-set"
    | "renewal-changed"
    | "billing-converted"
    | "registration-removed"
    | "membership-removed"
    | "spot-request-cancelled"
    | "disk-detached"
    | "address-disassociated"
    | "address-released"
    | "disk-deleted"
    | "instance-terminated"
    | "instance-purged"
    | "instance-recovered"
    | "artifact-created"
    | "artifact-removed"
    | "tags-changed"
    | "rule-restored"
    | "reverted";
  /** What is changed: the rule, disk, address, registration or instance itself. */
  readonly resource: NodeRef;
  /** Instances on whose behalf it happens. */
  readonly instanceIds: readonly string[];
  /**
   * How it comes back, holding everything that takes; or why it cannot. Saved copies apart, `impossible` never
   * precedes the final gate.
   */
  readonly undo: UndoAction | { readonly impossible: string };
  /** The value we left. `revert` acts only where it finds just that. Absent where the kind implies it. */
  readonly left?: JsonValue;
}
/**
 * How an effect comes back. Each holds the former state in full, since the source may be gone when it is
 * needed.
 */
export type UndoAction =
  /**
   * Puts a rule back under the condition that `removed.because` names, and only between the same neighbours.
   */
  | { readonly action: "restore-rule"; readonly removed: RemovedSecurityRule }
  | {
      readonly action: "set-protection";
      readonly instanceId: string;
      readonly which: "termination" | "stop" | "lock";
      readonly value: boolean;
    }
  | { readonly action: "set-power"; readonly instanceId: string; readonly power: "running" | "stopped" }
  | { readonly action: "set-renewal"; readonly instanceId: string; readonly mode: string }
  /** A flag such as "deleted with the instance". `flag` is the cloud's own name. */
  | {
      readonly action: "set-flag";
      readonly resource: NodeRef;
      readonly instanceId?: string;
      readonly flag: string;
      readonly value: JsonValue;
    }
  | { readonly action: "set-groups"; readonly networkInterfaceId: string; readonly securityGroupIds: readonly string[] }
  /** The former timer; `null` when there was none, so that ours is only taken off. `timerId` is ours. */
  | {
      readonly action: "set-timer";
      readonly instanceId: string;
      readonly releaseAt: IsoDate | null;
      readonly timerId?: string;
    }
  /** The former values of the tags we changed, and the keys that were not there: how a claim comes off. */
  | {
      readonly action: "set-tags";
      readonly instanceId: string;
      readonly set: Readonly<Record<string, string>>;
      readonly remove: readonly string[];
    }
  /**
   * Registers with a load balancer, scaling group or cluster again; `detail` is what was read before: port,
   * weight, zone, protection.
   */
  | { readonly action: "rejoin"; readonly node: NodeRef; readonly instanceId: string; readonly detail: JsonObject }
  | {
      readonly action: "attach-disk";
      readonly instanceId: string;
      readonly diskId: string;
      readonly device?: string;
      readonly deleteWithInstance: Tristate;
    }
  | {
      readonly action: "associate-address";
      readonly address: PublicAddress;
      readonly networkInterfaceId: string;
      readonly privateIp?: string;
    }
  /**
   * Takes an instance, disk or address out of a bin. Never run by `revert`: it can cost money, so `recover`
   * does it, planned and approved.
   */
  | { readonly action: "recover"; readonly item: RecoverableRef; readonly costsMoney: Tristate }
  /**
   * Removes something only the run needed, such as an isolation group. Never used for a saved copy of data:
   * reverting deletes none.
   */
  | { readonly action: "remove-artifact"; readonly artifact: Artifact };
/** The announcement of one mutating request. */
export interface MutationIntent {
  /**
   * Unique per logical request. Attempts that the cloud certainly did not execute (throttled), or that carry
   * the same token, share it.
   */
  readonly key: string;
  /** Service and action, such as `ec2:TerminateInstances` or `POST /v1/{project_id}/cloudservers/delete`. */
  readonly api: string;
  /** When the first attempt may leave. */
  readonly at: IsoDate;
  /**
   * Milliseconds after `at` before a read that says "absent" or "unchanged" is believed. "Present" may be
   * believed at once. For an intent of another host or boot they count from this process's start, on its own
   * clock.
   */
  readonly settleMs: number;
  readonly instanceIds: readonly string[];
  readonly effects: readonly Effect[];
}
/** What became of an announced request. */
export interface MutationResult {
  /**
   * Of the whole request. `unknown` when the answer was lost, and when a batch took effect in part: then
   * `instances` tells.
   */
  readonly effect: EffectState;
  /** Per instance, where one word is not true of the whole batch. */
  readonly instances?: readonly { readonly instanceId: string; readonly effect: EffectState }[];
  readonly requestId?: string;
  /** Ids of what the request created: snapshots, orders, new rules, timers. */
  readonly ids?: readonly string[];
}
/** Write-ahead log of mutations. No mutating request reaches the cloud before its intent has resolved. */
export interface MutationRecorder {
  /** Durable when it resolves. Rejecting stops the request: its instances are `blocked`, nothing is sent. */
  intent(intent: MutationIntent): Promise<void>;
  /**
   * Rejecting stops the call before its next mutating request; what was already sent is still answered
   * truthfully.
   */
  settled(key: string, result: MutationResult): Promise<void>;
}

/** Whether an effect has a way back. */
export function canUndo(effect: Effect): effect is Effect & { readonly undo: UndoAction } {
  return "action" in effect.undo;
}
