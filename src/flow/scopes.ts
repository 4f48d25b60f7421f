import type { CloudAdapter } from "../adapter.js";
import type { Scope } from "../common.js";
import { DecommissionError, invalidRequest } from "../errors.js";
import { type InstanceRecord, type InstanceSelector, type InstanceTarget, isRecord } from "../instances.js";
import type { CallOptions } from "../options.js";
import type { ScopedSelector } from "./policy.js";

/** An adapter together with where its credentials act. */
export interface ScopedAdapter {
  readonly adapter: CloudAdapter;
  readonly scope: Scope;
  readonly principal: string;
}
/** What was asked for in one scope. */
export interface PlacedTargets extends ScopedAdapter {
  readonly targets: readonly InstanceTarget[];
  /** Selectors that matched nothing, in words. */
  readonly unmatched: readonly string[];
}

/** A scope as one word: the name of its part in journal keys and tables. Endpoints do not count. */
export function scopeKey(scope: Scope): string {
  return [scope.cloud, scope.accountId, scope.region, scope.project].filter((part) => part !== undefined).join("/");
}

/** Asks an adapter where it acts. Nothing is believed before this. */
export async function scopeOfAdapter(adapter: CloudAdapter, options: CallOptions): Promise<ScopedAdapter> {
  const caller = await adapter.whoAmI(options);
  const scope: Scope = {
    cloud: adapter.cloud,
    accountId: caller.accountId,
    region: adapter.region,
    ...(caller.project === undefined ? {} : { project: caller.project }),
    ...(adapter.endpoints === undefined ? {} : { endpoints: adapter.endpoints }),
  };
  return { adapter, scope, principal: caller.principal };
}

/** Sorts targets by the adapter that reaches them, reading out selectors. Scopes are in the order of the adapters. */
export async function placeTargets(
  adapters: readonly CloudAdapter[],
  targets: readonly (InstanceTarget | ScopedSelector)[],
  options: CallOptions,
): Promise<readonly PlacedTargets[]> {
  checkAdapters(adapters);
  if (!Array.isArray(targets) || targets.length === 0)
    throw invalidRequest("No target was given.", "Pass instance ids, records or selectors.");
  for (const target of targets) checkTarget(target);
  const scoped = await Promise.all(adapters.map((adapter) => scopeOfAdapter(adapter, options)));
  checkDistinct(scoped);
  const found = new Map<ScopedAdapter, { targets: InstanceTarget[]; unmatched: string[] }>();
  for (const target of targets) {
    const home = homeOf(scoped, target);
    const bucket = found.get(home) ?? { targets: [], unmatched: [] };
    found.set(home, bucket);
    if (!isSelector(target)) bucket.targets.push(target);
    else {
      const matched = await readOut(home.adapter, target, options);
      if (matched.length === 0) bucket.unmatched.push(JSON.stringify(target));
      bucket.targets.push(...matched);
    }
  }
  return scoped.flatMap((home) => {
    const bucket = found.get(home);
    return bucket ? [{ ...home, ...bucket, targets: onceEach(bucket.targets) }] : [];
  });
}

/** Whether a record fits a selector of a policy. Matched exactly, since clouds honour wildcards. */
export function matchesSelector(record: InstanceRecord, selector: ScopedSelector): boolean {
  if (!fitsScope(selector, record)) return false;
  if (selector.states && !selector.states.includes(record.state.unified)) return false;
  if (selector.ids && !selector.ids.includes(record.id)) return false;
  return Object.entries(selector.tags ?? {}).every(([key, value]) => record.tags[key] === value);
}

/** Throws `invalid-request` for one adapter where several are asked for: what a script passes that has only one. */
export function checkAdapters(adapters: readonly CloudAdapter[]): void {
  if (!Array.isArray(adapters)) throw invalidRequest("The adapters are no list.", "Pass `[adapter]`.");
}

function checkTarget(target: unknown): void {
  if (typeof target === "string") return;
  if (typeof target === "object" && target !== null && "cloud" in target) return;
  throw invalidRequest(
    `${JSON.stringify(target)} is no target.`,
    "Pass an instance id, a record, or a selector such as `{ cloud, tags }`.",
  );
}

function homeOf(scoped: readonly ScopedAdapter[], target: InstanceTarget | ScopedSelector): ScopedAdapter {
  const fits = scoped.filter(({ scope }) =>
    typeof target === "string" ? true : isSelector(target) ? fitsScope(target, scope) : reaches(scope, target),
  );
  const [home] = fits;
  if (home && fits.length === 1) return home;
  const what = typeof target === "string" ? target : isSelector(target) ? JSON.stringify(target) : target.id;
  if (typeof target === "string" || isSelector(target)) {
    throw invalidRequest(
      `${what} fits ${fits.length} of ${scoped.length} adapters, so it cannot be placed.`,
      "Pass one adapter, a record, or a selector with cloud, account and region.",
    );
  }
  throw new DecommissionError({
    code: "wrong-account",
    message: `No adapter acts in ${scopeKey(target)}, where ${what} was seen.`,
    hint: "Pass an adapter with the credentials, region and project in which the instance was seen.",
    cloud: target.cloud,
    instanceIds: [target.id],
  });
}

function reaches(scope: Scope, record: InstanceRecord): boolean {
  return scopeKey(scope) === scopeKey(record);
}

function fitsScope(
  selector: Pick<ScopedSelector, "cloud" | "accountId" | "project" | "region">,
  scope: Scope,
): boolean {
  return (
    selector.cloud === scope.cloud &&
    (selector.accountId ?? scope.accountId) === scope.accountId &&
    (selector.region ?? scope.region) === scope.region &&
    (selector.project ?? scope.project) === scope.project
  );
}

function isSelector(target: InstanceTarget | ScopedSelector): target is ScopedSelector {
  return typeof target === "object" && !("networkInterfaces" in target);
}

async function readOut(
  adapter: CloudAdapter,
  { cloud: _cloud, accountId: _account, project: _project, region: _region, ...selector }: ScopedSelector,
  options: CallOptions,
): Promise<readonly InstanceRecord[]> {
  const records: InstanceRecord[] = [];
  for await (const record of adapter.findInstances(narrowed(selector), options)) records.push(record);
  return records;
}

function narrowed(selector: InstanceSelector): InstanceSelector {
  const values = [...(selector.ids ?? []), ...Object.entries(selector.tags ?? {}).flat()];
  if (values.length > 0 && values.every((value) => typeof value === "string" && value !== "")) return selector;
  throw invalidRequest(
    "A selector names nothing, or holds an empty or undefined value.",
    "Name at least one id or tag. An unset variable must not select everything.",
  );
}

function checkDistinct(scoped: readonly ScopedAdapter[]): void {
  const keys = scoped.map(({ scope }) => scopeKey(scope));
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw invalidRequest(`Two adapters act in ${twice}.`, "Pass one adapter per scope.");
}

/** Duplicates collapse; of an id and a record the record stays, since only it is a sighting. */
function onceEach(targets: readonly InstanceTarget[]): readonly InstanceTarget[] {
  const byId = new Map<string, InstanceTarget>();
  for (const target of targets) {
    const id = isRecord(target) ? target.id : target;
    const known = byId.get(id);
    const newer = isRecord(target) && (known === undefined || !isRecord(known) || known.seenAt < target.seenAt);
    if (known === undefined || newer) byId.set(id, target);
  }
  return [...byId.values()];
}

/**
 * The adapter of each scope, asked who it is before anything is believed. Throws `wrong-account` where none fits:
 * account, region, project and endpoints must all be those for which the plan was made.
 */
export async function scopedHomes(
  adapters: readonly CloudAdapter[],
  scopes: readonly Scope[],
  call: CallOptions,
): Promise<readonly ScopedAdapter[]> {
  checkAdapters(adapters);
  const needed = adapters.filter((adapter) =>
    scopes.some((scope) => scope.cloud === adapter.cloud && scope.region === adapter.region),
  );
  const scoped = await Promise.all(needed.map((adapter) => scopeOfAdapter(adapter, call)));
  return scopes.map((scope) => {
    const home = scoped.find(
      (candidate) => scopeKey(candidate.scope) === scopeKey(scope) && sameEndpoints(candidate.scope, scope),
    );
    if (home) return home;
    throw new DecommissionError({
      code: "wrong-account",
      message: `No adapter acts in ${scopeKey(scope)}, for which the plan was made.`,
      hint: "Pass adapters with the same account, region, project and endpoints as when planning.",
      cloud: scope.cloud,
    });
  });
}

function sameEndpoints(one: Scope, other: Scope): boolean {
  const entries = (scope: Scope) =>
    Object.entries(scope.endpoints ?? {})
      .map((entry) => entry.join(" "))
      .sort()
      .join("\n");
  return entries(one) === entries(other);
}
