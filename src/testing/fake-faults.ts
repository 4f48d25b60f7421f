import type { Fault } from "./world.js";

/** The request a fault is matched against. */
export interface FaultTarget {
  readonly api: string;
  readonly action: string;
  readonly mutating: boolean;
  readonly instanceIds: readonly string[];
}
/** What befalls one request: any number of delays and lags, and at most one end. */
export interface Trouble {
  readonly slowMs: number;
  readonly staleMs: number;
  readonly end?: Exclude<Fault, { readonly fault: "slow" | "stale" }>;
}
/** The faults in force. */
export interface FaultBook {
  add(fault: Fault): () => void;
  clear(): void;
  /** Judges one request and counts the faults that hit it. */
  judge(target: FaultTarget, now: number): Trouble;
  /** The longest lag that a fault in force asks for. */
  longestLagMs(): number;
}

interface Entry {
  readonly fault: Fault;
  matched: number;
  hits: number;
  /** Token buckets of a throttle, one per API. */
  readonly buckets: Map<string, { tokens: number; at: number }>;
}

/** An empty book. `idOf` turns a seed name into an id, when the request comes. */
export function faultBook(idOf: (name: string) => string | undefined): FaultBook {
  let entries: Entry[] = [];

  const concerns = ({ fault }: Entry, target: FaultTarget): boolean => {
    const { api, mutating, instanceId } = fault;
    if (api !== undefined && api !== target.api && api !== target.action) return false;
    if (mutating !== undefined && mutating !== target.mutating) return false;
    return instanceId === undefined || target.instanceIds.includes(idOf(instanceId) ?? instanceId);
  };
  const hits = (entry: Entry, target: FaultTarget, now: number): boolean => {
    if (!concerns(entry, target)) return false;
    entry.matched += 1;
    if (entry.matched <= (entry.fault.skip ?? 0) || entry.hits >= (entry.fault.times ?? Number.POSITIVE_INFINITY))
      return false;
    if (!overLimit(entry, target.api, now)) return false;
    entry.hits += 1;
    return true;
  };
  return {
    add(fault) {
      const entry: Entry = { fault, matched: 0, hits: 0, buckets: new Map() };
      entries.push(entry);
      return () => {
        entries = entries.filter((other) => other !== entry);
      };
    },
    clear() {
      entries = [];
    },
    judge(target, now) {
      let slowMs = 0;
      let staleMs = 0;
      for (const entry of entries) {
        if (!hits(entry, target, now)) continue;
        const { fault } = entry;
        if (fault.fault === "slow") slowMs += fault.delayMs;
        else if (fault.fault === "stale") staleMs = Math.max(staleMs, fault.forMs);
        else return { slowMs, staleMs, end: fault };
      }
      return { slowMs, staleMs };
    },
    longestLagMs: () => Math.max(0, ...entries.map(({ fault }) => (fault.fault === "stale" ? fault.forMs : 0))),
  };
}

/** A throttle with numbers lets through what its bucket holds. Every other fault, and one without numbers, always hits. */
function overLimit({ fault, buckets }: Entry, api: string, now: number): boolean {
  if (fault.fault !== "throttle" || (fault.perSecond === undefined && fault.burst === undefined)) return true;
  const perSecond = fault.perSecond ?? 0;
  const burst = fault.burst ?? Math.max(1, perSecond);
  const bucket = buckets.get(api) ?? { tokens: burst, at: now };
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
  bucket.at = now;
  buckets.set(api, bucket);
  // A hair under one counts as one: refills are fractions.
  if (bucket.tokens < 1 - 1e-9) return true;
  bucket.tokens -= 1;
  return false;
}
