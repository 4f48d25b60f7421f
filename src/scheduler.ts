import type { Clock } from "./clock.js";

/** How fast one API may be called. */
export interface RateLimit {
  /** Requests a second that the cloud refills. Default: 10. */
  readonly perSecond?: number;
  /** Requests that may go at once after a pause. Default: `perSecond`. */
  readonly burst?: number;
}

/** Leave to send one request now. Tell it how that went. */
export interface Permit {
  /** The request was answered, whatever the answer. */
  done(): void;
  /** The cloud said "too fast". Answers the rate, in requests a second, after the cut. */
  throttled(): number;
}

/** Hands out permits for one API under one credential. */
export interface RateLimiter {
  /** Resolves when a request may leave; `undefined` when the signal aborted first. `cost` is in tokens, default 1. */
  acquire(signal?: AbortSignal, cost?: number): Promise<Permit | undefined>;
}

const defaultPerSecond = 10;
/** Open requests per API. More bring nothing but memory: the clouds' own limits are on rates. */
const maxInFlight = 16;
const cutFactor = 0.7;
/** A cut rate grows back by this share of the documented rate with each answer. */
const growthShare = 0.02;

/**
 * A token bucket that starts at the documented rate, is cut when the cloud throttles and grows back with success
 * (additive increase, multiplicative decrease).
 */
class Bucket implements RateLimiter {
  private readonly clock: Clock;
  private ceiling: number;
  private burst: number;
  private rate: number;
  private tokens: number;
  private refilledAt: number;
  private inFlight = 0;
  private issued = 0;
  private cutAfter = 0;
  private turn: Promise<void> = Promise.resolve();
  private readonly waiting: (() => void)[] = [];

  constructor(limit: RateLimit, clock: Clock) {
    this.clock = clock;
    this.ceiling = limit.perSecond ?? defaultPerSecond;
    this.burst = Math.max(1, limit.burst ?? this.ceiling);
    this.rate = this.ceiling;
    this.tokens = this.burst;
    this.refilledAt = clock.now();
  }

  /** Takes over a second adapter's limits: the lower wins. */
  tighten(limit: RateLimit): void {
    this.ceiling = Math.min(this.ceiling, limit.perSecond ?? this.ceiling);
    this.burst = Math.min(this.burst, limit.burst ?? this.burst);
    this.rate = Math.min(this.rate, this.ceiling);
    this.tokens = Math.min(this.tokens, this.burst);
  }

  async acquire(signal?: AbortSignal, cost = 1): Promise<Permit | undefined> {
    const mine = this.turn.then(() => this.take(signal, cost));
    this.turn = mine.then(() => undefined);
    if (!(await mine)) return undefined;
    const number = ++this.issued;
    return { done: () => this.finish(true), throttled: () => this.cut(number) };
  }

  private async take(signal: AbortSignal | undefined, cost: number): Promise<boolean> {
    while (this.inFlight >= maxInFlight && !signal?.aborted) await this.freePlace(signal);
    // A request dearer than the whole bucket waits for a full one and then overdraws it.
    const needed = Math.min(cost, this.burst);
    for (this.refill(); this.tokens < needed && !signal?.aborted; this.refill()) {
      await this.clock.sleep(Math.ceil(((needed - this.tokens) / this.rate) * 1000), signal);
    }
    if (signal?.aborted) return false;
    this.tokens -= cost;
    this.inFlight += 1;
    return true;
  }

  private freePlace(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  private refill(): void {
    const now = this.clock.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.refilledAt) / 1000) * this.rate);
    this.refilledAt = now;
  }

  private finish(grow: boolean): void {
    this.inFlight -= 1;
    if (grow) this.rate = Math.min(this.ceiling, this.rate + this.ceiling * growthShare);
    this.waiting.shift()?.();
  }

  private cut(number: number): number {
    this.finish(false);
    // Requests that left before the last cut tell nothing about the rate since.
    if (number > this.cutAfter) {
      this.cutAfter = this.issued;
      this.rate = Math.max(this.ceiling / 100, this.rate * cutFactor);
      this.tokens = Math.min(this.tokens, 0);
    }
    return this.rate;
  }
}

const registryKey = Symbol.for("cloud-decom.scheduler");
type Holder = typeof globalThis & { [registryKey]?: WeakMap<Clock, Map<string, Bucket>> };
const processWide: Holder = globalThis;

/**
 * The one limiter of this process for that key (credential, region, API) and clock. It lives on the global object,
 * so that two installed copies of the package share it, too.
 */
export function rateLimiter(key: string, limit: RateLimit, clock: Clock): RateLimiter {
  processWide[registryKey] ??= new WeakMap();
  const buckets = processWide[registryKey].get(clock) ?? new Map<string, Bucket>();
  processWide[registryKey].set(clock, buckets);
  const known = buckets.get(key);
  if (known) {
    known.tighten(limit);
    return known;
  }
  const bucket = new Bucket(limit, clock);
  buckets.set(key, bucket);
  return bucket;
}
