import type { Scope } from "./common.js";
import type { Problem } from "./errors.js";
import type { InstanceRecord } from "./instances.js";
import { foreignRecord, type Targets } from "./targets.js";
import type { Evidence } from "./verification.js";

/** An instance as it is now: its record, and whatever else its adapter keeps of it. */
export interface Seen {
  readonly record: InstanceRecord;
}

/** How a target stands before anything is done about it. */
export type Sight<One extends Seen> =
  | { readonly kind: "seen"; readonly seen: One }
  | { readonly kind: "absent" }
  /** Known from another account, region or project: nothing was read about it. */
  | { readonly kind: "elsewhere"; readonly problem: Problem };

/** What a first look at all targets showed. */
export interface FirstLook<One extends Seen> {
  readonly sights: ReadonlyMap<string, Sight<One>>;
  readonly evidence: Evidence;
}

/** Reads instances in bulk; an id that is missing from the answer was not listed. */
export type ReadInstances<One extends Seen> = (
  ids: readonly string[],
) => Promise<{ readonly byId: ReadonlyMap<string, One>; readonly evidence: Evidence }>;

/** Looks at all targets in bulk. Records from elsewhere are not asked about: their ids mean nothing here. */
export async function lookAtTargets<One extends Seen>(
  scope: Scope,
  { ids, sightings }: Targets,
  read: ReadInstances<One>,
): Promise<FirstLook<One>> {
  const elsewhere = new Map<string, Problem>();
  for (const [id, record] of sightings) {
    const problem = foreignRecord(record, scope);
    if (problem) elsewhere.set(id, problem);
  }
  const { byId, evidence } = await read(ids.filter((id) => !elsewhere.has(id)));
  const sights = new Map(
    ids.map((id): [string, Sight<One>] => {
      const problem = elsewhere.get(id);
      if (problem) return [id, { kind: "elsewhere", problem }];
      const seen = byId.get(id);
      return [id, seen ? { kind: "seen", seen } : { kind: "absent" }];
    }),
  );
  return { sights, evidence };
}

/** The instances of a first look that are there, alive or dead, in the order asked. */
export function seenIn<One extends Seen>(look: FirstLook<One>): readonly One[] {
  return [...look.sights.values()].flatMap((sight) => (sight.kind === "seen" ? [sight.seen] : []));
}
