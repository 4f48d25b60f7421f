import type { CloudAdapter } from "../adapter.js";
import type { Clock } from "../clock.js";
import type { IsoDate, JsonObject, MaybePromise, Money } from "../common.js";
import type { DependencyKind } from "../dependencies.js";
import type { BillingMode, InstanceState } from "../instances.js";
import type { SecurityRule } from "../security-rules.js";
import type { SeedInstance, SeedName, WorldSeed } from "./seed.js";

/**
 * Which requests a fault is for. Absent fields match all; the first `skip` are spared, then `times` are hit.
 * Default: none, all.
 */
export interface FaultMatch {
  readonly api?: string;
  readonly mutating?: boolean;
  readonly instanceId?: SeedName;
  readonly skip?: number;
  readonly times?: number;
}
/**
 * Trouble to make. `drop-after` loses the answer of a request that took effect; `landsAfterMs` lets the
 * effect come that much later.
 */
export type Fault = FaultMatch &
  (
    | {
        readonly fault: "deny" | "drop-before" | "hang" | "html" | "empty" | "truncate" | "server-error" | "null-lists";
      }
    | { readonly fault: "drop-after"; readonly landsAfterMs?: number }
    | { readonly fault: "throttle"; readonly perSecond?: number; readonly burst?: number }
    | { readonly fault: "slow"; readonly delayMs: number }
    | { readonly fault: "stale"; readonly forMs: number }
    | { readonly fault: "error"; readonly cloudCode: string; readonly httpStatus?: number }
  );
/** One request the fake answered. `mutating` is the fake's own judgement, from its own table. */
export interface LoggedRequest {
  readonly at: IsoDate;
  readonly service: string;
  readonly action: string;
  readonly api: string;
  readonly mutating: boolean;
  readonly dryRun: boolean;
  readonly instanceIds: readonly string[];
  readonly parameters: JsonObject;
  readonly status: number;
  readonly cloudCode?: string;
  readonly tookEffect: boolean;
}
/** What a fake holds, in neutral words, read from outside the adapter. */
export interface WorldView {
  readonly instances: readonly {
    readonly id: string;
    readonly state: InstanceState;
    readonly terminationProtection: boolean;
    readonly stopProtection: boolean;
    readonly locked: boolean;
    readonly scheduledReleaseAt?: IsoDate;
    readonly billing: BillingMode;
    readonly securityGroupIds: readonly string[];
    readonly tags: Readonly<Record<string, string>>;
  }[];
  readonly disks: readonly {
    readonly id: string;
    readonly state: "attached" | "free" | "recycled";
    readonly instanceId?: string;
    readonly deletedWithInstance: boolean;
    readonly sizeGiB: number;
  }[];
  readonly addresses: readonly {
    readonly id: string;
    readonly ip: string;
    readonly instanceId?: string;
    readonly ours: boolean;
  }[];
  readonly rules: readonly Omit<SecurityRule, "native">[];
  readonly snapshots: readonly {
    readonly id: string;
    readonly diskIds: readonly string[];
    readonly state: "pending" | "completed" | "failed";
    readonly tags: Readonly<Record<string, string>>;
  }[];
  readonly memberships: readonly { readonly kind: DependencyKind; readonly id: string; readonly member: string }[];
  readonly orders: readonly {
    readonly kind: "refund" | "conversion" | "renewal";
    readonly instanceId: string;
    readonly amount: Money;
  }[];
  /** How often each mutation took effect on a thing: the second purge, refund or snapshot shows here. */
  readonly effects: readonly { readonly api: string; readonly id: string; readonly count: number }[];
}
/** A world to test in: seed it, break it, look into it. */
export interface FakeWorld {
  /** Adds to what is there. An array is short for `{ instances }`. */
  seed(seed: WorldSeed | readonly SeedInstance[]): void;
  /** The cloud's id of a seeded name. Throws for a name nobody seeded. */
  id(name: SeedName): string;
  /** Whether a thing stands: not gone, not terminating, not in a bin. */
  holds(name: SeedName): boolean;
  view(): WorldView;
  readonly requests: readonly LoggedRequest[];
  /** Trouble to make. What `add` answers takes that fault away again. */
  readonly faults: { add(fault: Fault): () => void; clear(): void };
  /** What the cloud's own tools would do behind our back. */
  meddle(change: {
    readonly set?: readonly SeedInstance[];
    readonly remove?: readonly SeedName[];
    readonly add?: WorldSeed;
    readonly giveAddressAway?: SeedName;
  }): void;
  /** The fake's clock: jobs, bins, drains, late effects and stale reads follow it. */
  readonly clock: Clock & { advance(milliseconds: number): Promise<void> };
}
/**
 * A whole cloud as one function, as strict as the cloud and never kinder. Unknown actions are refused with
 * the nearest known name.
 */
export interface FakeCloud extends FakeWorld {
  fetch(request: Request): Promise<Response>;
  /** For msw: `setupServer(...fake.handlers(http.all))`. Answers only for its own hosts. */
  handlers<Handler>(
    all: (path: string, resolver: (info: { request: Request }) => Promise<Response | undefined>) => Handler,
  ): Handler[];
  /** Serves on a free loopback port. `endpoint` fits the adapter option of that name. */
  listen(): Promise<{
    readonly endpoint: Readonly<Record<string, string>>;
    readonly url: string;
    close(): Promise<void>;
  }>;
}
/**
 * Options of every fake. Defaults: one made-up account, no latency, reads that lag as documented.
 * `accounts`: access key to account id. `clockSkewMs`: of its `Date` header.
 */
export interface FakeOptions {
  readonly accountId?: string;
  readonly region?: string;
  readonly project?: string;
  readonly regions?: readonly string[];
  readonly latencyMs?: number;
  readonly staleReadsMs?: number;
  readonly now?: IsoDate;
  readonly clockSkewMs?: number;
  readonly randomSeed?: number;
  readonly accounts?: Readonly<Record<string, string>>;
}
/** A test runner's own functions. Those of vitest and `node:test` fit as they are. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}
/** A fresh world with an adapter in it. */
export interface World extends FakeWorld {
  readonly adapter: CloudAdapter;
  /**
   * The access key, secret and token the adapter was given: none of them may show in anything it says. Absent: nobody
   * looks for them.
   */
  readonly secrets?: readonly string[];
  close(): Promise<void>;
  /**
   * Another adapter into the same cloud: another account or region, other timeouts. Shares nothing with the
   * first.
   */
  another(options: {
    readonly accountId?: string;
    readonly region?: string;
    readonly project?: string;
    readonly totalMs?: number;
  }): MaybePromise<CloudAdapter>;
}
