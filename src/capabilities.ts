import type { IsoDate, Tristate } from "./common.js";
import type { BillingMode } from "./instances.js";
import type { QuarantineMode } from "./reversal.js";
import type { PrepaidExit } from "./termination.js";

/** A statement of fact with its origin. */
export interface Sourced {
  readonly source: string;
  readonly asOf: IsoDate;
  readonly note?: string;
}
/** What remains of an instance after its end, and for how long. */
export interface RetentionFact extends Sourced {
  /**
   * `none`: gone at once. `opt-in`: only where the account switched it on, read at run time. `always`: every
   * time.
   */
  readonly bin: "none" | "opt-in" | "always";
  /** What starts the clock: our request, or the expiry of a subscription. */
  readonly countsFrom: "termination" | "expiry";
  /** Hours in the bin; absent when nothing is kept. */
  readonly hours?: { readonly minimum: number; readonly maximum: number; readonly default: number };
  /** Conditions under which an instance skips the bin, in words. Default: none. */
  readonly bypassedWhen?: readonly string[];
}
/** How an instance can be held back before it is deleted, and what refuses that. */
export interface QuarantineFact {
  readonly supported: boolean;
  readonly refusedWhen: readonly string[];
  readonly chargingContinues: Tristate;
}
/**
 * What a repeat of a request with a lost answer would do. `token`: nothing, with the same token.
 * `look-up-first`: a duplicate, so it is sent again only after two look-ups across the window. `destroys`,
 * `refunds-twice`: never sent again in that run: poll to the deadline, then `unknown`; state is read at most
 * 5 s before sending, and never acted on within 30 min of a prepaid expiry.
 */
export type RepeatEffect = "safe" | "token" | "look-up-first" | "destroys" | "refunds-twice";
/** The mutations that cost, refund or destroy. */
export type CostlyMutation = "terminate" | "unsubscribe" | "convert" | "renew" | "purge" | "snapshot";
/**
 * What a cloud can and cannot do, as data. Callers branch on it; the contract suite expects `unsupported`
 * wherever it says no.
 */
export interface Capabilities {
  /** Per billing mode. Replaces any rule of thumb about days. */
  readonly retention: Readonly<Record<BillingMode, RetentionFact>>;
  /**
   * What callers can do with the instance bin. All false: `recover` answers `unsupported`, `recycleBin:
   * "require"` is blocked.
   */
  readonly recycleBin: {
    readonly restore: boolean;
    readonly restoreCostsMoney: boolean;
    readonly purge: boolean;
    readonly billsWhileInside: Tristate;
  };
  /** Ways out for a prepaid instance besides refusing. Empty: prepaid does not attach to instances here. */
  readonly prepaidExits: readonly Exclude<PrepaidExit, "refuse">[];
  /**
   * Release at a later time, called off by `revert`. False: `releaseAt` is blocked `unsupported`. Lead times
   * in minutes.
   */
  readonly scheduledRelease:
    | false
    | {
        readonly minimumLeadMinutes: number;
        readonly maximumLeadMinutes: number;
        readonly bypassesBin: boolean;
        readonly billing: readonly BillingMode[];
      };
  readonly quarantine: Readonly<Record<QuarantineMode, QuarantineFact>>;
  /** `instance`: all disks of one moment. `disk`: each its own moment, so stop first where that matters. */
  readonly snapshotConsistency: "instance" | "disk";
  /** What the cloud's own dry run of a termination checks. `none`: ours sends reads only. */
  readonly dryRun: { readonly checks: "none" | "permission" | "permission-and-state" };
  /** Stop protection, apart from termination protection. False: absent from records. */
  readonly stopProtection: boolean;
  /** Refund quotes before the fact. False: the plan says "not quoted". */
  readonly refundQuote: boolean;
  /**
   * For every costly mutation, and by billing mode where that differs. One that the cloud lacks is `safe`,
   * since it is never sent.
   */
  readonly repeat: Readonly<Record<CostlyMutation, RepeatEffect | Readonly<Record<BillingMode, RepeatEffect>>>>;
  /** How long reads may lag behind a mutation, in milliseconds. Lower bound of every `settleMs`. */
  readonly consistencyWindowMs: number;
  /**
   * Batch and request limits, by `service:Action`, with their source. Scheduler defaults; the lower wins when
   * two adapters differ.
   */
  readonly limits: Readonly<
    Record<
      string,
      Sourced & {
        readonly batchSize?: number;
        readonly pageSize?: number;
        readonly perSecond?: number;
        readonly burst?: number;
      }
    >
  >;
}
