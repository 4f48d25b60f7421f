import type { Receipt } from "../../src/flow/receipt/receipt.js";

/** Fields that differ from run to run, however alike the runs: moments, ids that were made up, how often was tried. */
const varying: ReadonlySet<string> = new Set([
  "at",
  "seenAt",
  "startedAt",
  "endedAt",
  "pointInTime",
  "completedAt",
  "expiresAt",
  "removedAt",
  "readAt",
  "since",
  "requestId",
  "runId",
  "journalId",
  "planDigest",
  "journal",
  "attempt",
  "evidence",
  "reads",
  "control",
  "endpoints",
  "approvals",
]);

/** What stays of a server that had none before: copies this run made. */
const copyKinds: ReadonlySet<string> = new Set(["snapshot", "image", "backup"]);

/** What of a receipt must not depend on how often its run was killed, but for the servers that are left out. */
export function lastingPart(receipt: Receipt, leaveOut: ReadonlySet<string> = new Set()): unknown {
  // A proof may be of a whole group of snapshots, which then bill by ids of their own.
  const made = new Map([
    ...receipt.leftovers
      .filter(({ kind }) => copyKinds.has(kind))
      .map(({ id, instanceId }) => [id, `a copy of ${instanceId}`] as const),
    ...receipt.instances.flatMap(({ proofs }) =>
      proofs.map(({ id, diskId }) => [id, `the copy of ${diskId}`] as const),
    ),
  ]);
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return withoutMade(value, made);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !varying.has(key))
        .map(([key, field]) => [key, clean(field)]),
    );
  };
  const instances = receipt.instances
    .filter(({ instanceId }) => !leaveOut.has(instanceId))
    .map((instance) => ({ ...instance, timeline: story(instance.timeline), effects: onceEach(instance.effects) }));
  const leftovers = receipt.leftovers.filter(({ instanceId }) => !leaveOut.has(instanceId));
  const unsettled = receipt.unsettled.filter(({ instanceIds }) => !instanceIds.every((id) => leaveOut.has(id)));
  // One server that may stand makes the whole unclean.
  const verdict = leaveOut.size > 0 ? {} : { clean: receipt.clean };
  const { clean: _, ...rest } = receipt;
  return clean({ ...rest, ...verdict, instances, leftovers, unsettled });
}

/** Texts name the run, its claim, and what it made, such as a snapshot, by ids of that run. */
function withoutMade(text: string, made: ReadonlyMap<string, string>): string {
  const claimless = text.replace(/run-[0-9a-f]{16}(?:\/[0-9a-f-]{36}\/\d+)?/g, "this run");
  return [...made].reduce((result, [id, words]) => result.replaceAll(id, words), claimless);
}

/**
 * Each thing that was changed, once: a claim is put on anew by each process, over that of the one before. Copies are
 * compared as proofs: until one has an id it is known by its disk.
 */
function onceEach(effects: Receipt["instances"][number]["effects"]) {
  const others = effects.filter(({ kind }) => kind !== "artifact-created");
  const byThing = new Map(
    others.toReversed().map((effect) => [`${effect.kind} ${effect.resource.kind} ${effect.resource.id}`, effect]),
  );
  return [...byThing.keys()].sort().map((key) => byThing.get(key));
}

/** How an operation calls it that a process before it has done all there was to do. */
const foundDone: Readonly<Record<string, string>> = {
  "nothing-to-release": "released",
  "already-released": "released",
  unchanged: "tagged",
};

/** What happened, each thing once: a request that was announced and never sent is announced again. */
function story(timeline: Receipt["instances"][number]["timeline"]): readonly string[] {
  const lines = timeline.map(
    ({ kind, subject = "", status = "" }) => `${kind} ${subject} ${foundDone[status] ?? status}`,
  );
  return [...new Set(lines)].sort();
}
