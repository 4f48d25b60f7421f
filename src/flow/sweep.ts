import type { CloudAdapter } from "../adapter.js";
import { type Clock, isoNow, systemClock } from "../clock.js";
import type { IsoDate, Scope } from "../common.js";
import { problemOf } from "../errors.js";
import type { DryRunOptions } from "../options.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "../reversal.js";
import type { Artifact } from "../snapshots.js";
import { checkAdapters, scopeOfAdapter } from "./scopes.js";

/** Options of `sweep`. */
export interface SweepOptions
  extends Pick<DryRunOptions, "signal" | "onEvent" | "recorder">,
    Pick<RemoveArtifactsOptions, "protectTags" | "unexpired"> {
  /** Only what this run made. Default: what every run made. */
  readonly runId?: string;
  /** Only what was to be kept until then at most. Default: now, or no limit with `unexpired`. */
  readonly expiredBefore?: IsoDate;
  /** Default: true, so nothing is removed. */
  readonly dryRun?: boolean;
  /** Default: the computer's own clock. */
  readonly clock?: Clock;
}
/** What became of one scope's artifacts. */
export interface SweepResult {
  readonly scope: Scope;
  readonly outcomes: readonly ArtifactOutcome[];
}

/**
 * Removes what earlier runs made and need no longer, such as copies past their time: no cloud does that for
 * `expiry: "sweep"`. Shows by default what would go. A real sweep rehearses first and removes only what the rehearsal
 * named. One scope's trouble never stops another's.
 */
export async function sweep(
  adapters: readonly CloudAdapter[],
  options: SweepOptions = {},
): Promise<readonly SweepResult[]> {
  checkAdapters(adapters);
  return await Promise.all(adapters.map((adapter) => sweepOne(adapter, options)));
}

async function sweepOne(adapter: CloudAdapter, options: SweepOptions): Promise<SweepResult> {
  const { signal, onEvent, recorder } = options;
  const { scope } = await scopeOfAdapter(adapter, { signal, onEvent });
  const found: Artifact[] = [];
  for await (const artifact of adapter.findOwnArtifacts(selectorOf(options), { signal, onEvent })) found.push(artifact);
  if (found.length === 0) return { scope, outcomes: [] };
  const consents = {
    ...(options.protectTags === undefined ? {} : { protectTags: options.protectTags }),
    ...(options.unexpired === undefined ? {} : { unexpired: options.unexpired }),
  };
  const rehearsed = await adapter.removeArtifacts(found, { signal, onEvent, ...consents, dryRun: true });
  const named = rehearsed.filter(({ status }) => status === "would-remove").map(({ artifact }) => artifact);
  if ((options.dryRun ?? true) || named.length === 0) return { scope, outcomes: rehearsed };
  const removed = await removeAll(adapter, named, { signal, onEvent, recorder, ...consents });
  const kept = rehearsed.filter(({ status }) => status !== "would-remove");
  return { scope, outcomes: [...removed, ...kept] };
}

async function removeAll(
  adapter: CloudAdapter,
  named: readonly Artifact[],
  options: RemoveArtifactsOptions,
): Promise<readonly ArtifactOutcome[]> {
  try {
    return await adapter.removeArtifacts(named, options);
  } catch (error) {
    const problem = problemOf(error);
    return named.map((artifact) => ({ artifact, status: "blocked", problem }));
  }
}

function selectorOf({ runId, expiredBefore, unexpired, clock = systemClock }: SweepOptions) {
  const before = expiredBefore ?? (unexpired === undefined ? isoNow(clock) : undefined);
  return {
    ...(runId === undefined ? {} : { runId }),
    ...(before === undefined ? {} : { expiredBefore: before }),
  };
}
