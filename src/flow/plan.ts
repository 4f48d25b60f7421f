import type { Clock } from "../clock.js";
import type { IsoDate, Money, Scope } from "../common.js";
import type {
  CoverageLine,
  DependencyEdge,
  DependencyNode,
  DependencyRef,
  InstanceSighting,
  NodeRef,
} from "../dependencies.js";
import type { Effect } from "../effects.js";
import type { Problem } from "../errors.js";
import type { CallOptions } from "../options.js";
import type { QuarantineOptions, RecoverableRef, ReleaseDependenciesOptions } from "../reversal.js";
import type { SecurityRule } from "../security-rules.js";
import type { SnapshotOptions } from "../snapshots.js";
import type { RecoverableUntil, RefundQuote, TerminationPath, TerminationSettings } from "../termination.js";
import type { Leftover, VerifyOptions } from "../verification.js";
import type { CompletePolicy, Policy } from "./policy.js";

/**
 * One step for one instance, with its exact options. Run ids and proofs are filled in at execution, since
 * they follow from the plan.
 */
export type PlannedStep =
  | { readonly step: "claim" }
  /** `gated`: after the final gate, since it has no way back (a spot request). */
  | {
      readonly step: "release-dependencies";
      readonly when: "before" | "gated" | "after";
      readonly items: readonly DependencyRef[];
      readonly options: Pick<ReleaseDependenciesOptions, "drainTimeoutMs" | "acceptDataLoss">;
    }
  | {
      readonly step: "quarantine";
      readonly options: Pick<QuarantineOptions, "mode" | "reason" | "protection" | "acceptDataLoss">;
      readonly forHours: number;
    }
  | { readonly step: "snapshot"; readonly options: Omit<SnapshotOptions, keyof CallOptions | "runId" | "attempt"> }
  | {
      readonly step: "release-rules";
      readonly scope: "own-address" | "exclusive-group";
      readonly rules: readonly SecurityRule[];
    }
  | {
      readonly step: "terminate";
      readonly options: TerminationSettings;
      readonly data: "run-proofs" | { readonly discard: string };
      readonly how: TerminationPath;
    }
  /** `againAfterMinutes`: at least 10 where an owner or infrastructure as code could bring things back. */
  | {
      readonly step: "verify";
      readonly until: NonNullable<VerifyOptions["until"]>;
      readonly againAfterMinutes?: number;
    }
  | { readonly step: "revert"; readonly effects: readonly Effect[] }
  | {
      readonly step: "recover";
      readonly items: readonly RecoverableRef[];
      readonly renew?: { readonly months: number; readonly reason: string };
      readonly cost?: Money;
    };
/** A step of one kind. */
export type StepOf<Name extends PlannedStep["step"]> = Extract<PlannedStep, { readonly step: Name }>;
/** Why an instance cannot go as planned. A blocked instance is left alone; the others go on. */
export interface Blocker {
  readonly problem: Problem;
  readonly waivable: boolean;
  readonly waived: boolean;
  /** What a waiver of it must name. Present where it is waivable. */
  readonly waiver?: {
    readonly kind: DependencyEdge["node"]["kind"] | "permission";
    readonly cause: "blocks" | "partial" | "denied" | "unavailable" | "skipped";
  };
}
/** What a plan says about one instance. `digest` covers all its other fields. */
export interface PlannedInstance {
  readonly digest: string;
  readonly instance: InstanceSighting;
  readonly edges: readonly DependencyEdge[];
  readonly steps: readonly PlannedStep[];
  readonly blockers: readonly Blocker[];
  /** What disappears with the instance. */
  readonly goes: readonly NodeRef[];
  /** What is still there afterwards. */
  readonly stays: readonly NodeRef[];
  /** Of what stays, all that may go on costing money. */
  readonly keepsBilling: readonly Leftover[];
  readonly recoverable: RecoverableUntil | "no";
  readonly refund?: RefundQuote;
  /**
   * Actions of the run and its undo that no dry run of the cloud proved: a blocker until waived
   * (`permission`).
   */
  readonly unproven: readonly string[];
  /** The day the last copy goes. Only with `expiry: "cloud"`. */
  readonly lastCopyUntil?: IsoDate;
  /** What undo cannot bring back. Empty unless this is an undo. */
  readonly lost: readonly { readonly resource: NodeRef; readonly why: string }[];
}
/** One scope of a plan. */
export interface PlanScope extends Scope {
  readonly principal: string;
  readonly instances: readonly PlannedInstance[];
  readonly nodes: readonly DependencyNode[];
  /** Lines that are not `checked`. */
  readonly coverageGaps: readonly CoverageLine[];
  /** Live instances of the whole scope. Counted only where the policy has `maxPercent`. */
  readonly liveInstances?: number;
}
/** What will be done, as plain JSON, made by reading only. Undo plans are plans like any other. */
export interface Plan {
  readonly v: 1;
  readonly kind: "decommission" | "follow-up" | "undo";
  /**
   * SHA-256, hex, over RFC 8785 JSON of all other fields, each instance replaced by its own digest. The run id
   * derives from it.
   */
  readonly digest: string;
  /** For an undo or a follow-up: the run it is about, and the head of that run's journal. */
  readonly about?: { readonly runId: string; readonly journalId: string; readonly journalHead: string };
  /** The planner's key. Its approval does not count where more than one is required. */
  readonly plannerKeyId?: string;
  readonly scopes: readonly PlanScope[];
  readonly policy: CompletePolicy;
  readonly reason: string;
  readonly ticket?: string;
  readonly warnings: readonly Problem[];
  readonly versions: Readonly<Record<string, string>>;
  readonly createdAt: IsoDate;
  /** Limits the start. */
  readonly expiresAt: IsoDate;
  /**
   * Limits the run: after it nothing is sent but what gives our own effects back, which needs no approval and
   * no window.
   */
  readonly finishBefore: IsoDate;
}
/** Options of `planDecommission`. */
export interface PlanOptions extends Pick<CallOptions, "signal" | "onEvent"> {
  readonly policy?: Policy;
  readonly reason: string;
  readonly ticket?: string;
  readonly plannerKeyId?: string;
  /** Default: the computer's own clock. */
  readonly clock?: Clock;
}

/** The id of a planned instance, whether or not it was found. */
export function plannedId(planned: Pick<PlannedInstance, "instance">): string {
  return planned.instance.status === "found" ? planned.instance.record.id : planned.instance.instanceId;
}

/** A planned step by its name; `undefined` where the plan has none. */
export function stepOf<Name extends PlannedStep["step"]>(
  planned: Pick<PlannedInstance, "steps">,
  name: Name,
  matches: (step: StepOf<Name>) => boolean = () => true,
): StepOf<Name> | undefined {
  return planned.steps.find((step): step is StepOf<Name> => step.step === name && matches(step as StepOf<Name>));
}
