import type { Call, OpenCall } from "./calls.js";
import { sameScope } from "./common.js";
import { type DependencySource, survey } from "./coverage.js";
import type { DependencyKind } from "./dependencies.js";
import { DecommissionError } from "./errors.js";
import type { InstanceTarget } from "./instances.js";
import type { Aftermath } from "./leftovers.js";
import type { RemovedSecurityRule } from "./security-rules.js";
import { collapseTargets } from "./targets.js";
import { type EndReads, verdictsOf } from "./verdicts.js";
import type { DeletionVerdict, VerifyOptions } from "./verification.js";

/** How the ends of one cloud's instances are verified. */
export interface VerifyingCloud<OneCall extends Call> {
  readonly instanceIdForm: RegExp;
  /** How ends are looked at in one call. `removedRules` are those that were taken away in its place. */
  reads(call: OneCall, removedRules: readonly RemovedSecurityRule[]): Omit<EndReads, "scope">;
}

/** What is gone, what can come back, what still bills: one verdict per target, in the order asked. Reads only. */
export async function verifyEnds<OneCall extends Call>(
  open: (...parameters: Parameters<OpenCall>) => Promise<OneCall>,
  targets: readonly InstanceTarget[],
  options: VerifyOptions,
  { instanceIdForm, reads }: VerifyingCloud<OneCall>,
): Promise<readonly DeletionVerdict[]> {
  const collapsed = collapseTargets(targets, instanceIdForm);
  if (collapsed.ids.length === 0) return [];
  const call = await open("reads", options);
  const { scope } = call;
  const removedRules = (options.removedRules ?? []).filter((removed) => sameScope(removed, scope));
  return await verdictsOf({ scope, ...reads(call, removedRules) }, collapsed, options);
}

/** The kinds that a table reads. */
export function kindsIn(table: readonly { readonly kind: DependencyKind }[]): ReadonlySet<DependencyKind> {
  return new Set(table.map(({ kind }) => kind));
}

/** Which copies among what is left this library made. */
export interface OwnCopies<Context> {
  /** Under which kinds they stand: where all of these are left out, none is asked for. */
  readonly kinds: readonly DependencyKind[];
  readIds(context: Context): Promise<ReadonlySet<string>>;
}

/** Asks every source of a table what is left. Where our copies could not be told from others none counts as ours. */
export async function lookThrough<Context>(
  table: readonly DependencySource<Context>[],
  context: Context,
  { skip = [] }: VerifyOptions,
  own: OwnCopies<Context>,
): Promise<Aftermath> {
  const found = await survey(table, context, { skip });
  const ourIds = own.kinds.every((kind) => skip.includes(kind)) ? new Set<string>() : await orNone(own, context);
  return { ...found, ourIds };
}

async function orNone<Context>(own: OwnCopies<Context>, context: Context): Promise<ReadonlySet<string>> {
  try {
    return await own.readIds(context);
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code !== "aborted") return new Set();
    throw error;
  }
}
