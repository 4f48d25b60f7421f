import { isoNow } from "../../../clock.js";
import type { InstanceRecord, InstanceTarget } from "../../../instances.js";
import { pollUntil } from "../../../poll.js";
import type { DeletionVerdict, Evidence, VerifyOptions } from "../../../verification.js";
import type { MemoryCall, OpenMemoryCall } from "./call.js";
import { nothingToSearch, type Search, searchLeftovers } from "./leftovers.js";
import { cameBack, lookAt, type Sight, targetsOf } from "./look.js";

const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 24 * 3_600_000 };

/** What is gone, what can come back, what still bills. */
export async function verifyDeleted(
  open: OpenMemoryCall,
  targets: readonly InstanceTarget[],
  options: VerifyOptions = {},
): Promise<readonly DeletionVerdict[]> {
  const { ids, sightings } = targetsOf(targets);
  if (ids.length === 0) return [];
  const call = await open("reads", options);
  const sights = await watchEnd(call, ids, sightings, options);
  const gone = [...sights.values()].some((sight) => sight.kind === "absent");
  const search = gone ? await searchLeftovers(call, options) : nothingToSearch;
  return ids.map((id) => verdictOf(call, id, sights.get(id), search, options));
}

/**
 * Looks in bulk until each is where the caller wants it, or will be there no sooner for waiting. One that is missed is
 * judged there and then, while there is time to look twice.
 */
async function watchEnd(
  call: MemoryCall,
  ids: readonly string[],
  sightings: ReadonlyMap<string, InstanceRecord>,
  { until = "gone" }: VerifyOptions,
): Promise<ReadonlyMap<string, Sight>> {
  const sights = new Map(await lookAt(call, ids, sightings));
  const waited = () =>
    [...sights.values()].flatMap((sight) =>
      sight.kind === "seen" && !isEnough(sight.seen.record, until) ? [sight.seen.record] : [],
    );
  const lookAgain = async () => {
    const records = waited();
    const known = new Map(records.map((record) => [record.id, record]));
    const again = await lookAt(call, [...known.keys()], known);
    for (const [id, sight] of again) sights.set(id, sight);
  };
  // The first look has been taken already.
  let looks = 0;
  const read = () => (looks++ === 0 ? Promise.resolve() : lookAgain());
  await pollUntil(call.requests, pace, read, () => waited().length === 0);
  return sights;
}

function isEnough({ state, scheduledReleaseAt }: InstanceRecord, until: NonNullable<VerifyOptions["until"]>): boolean {
  if (state.unified === "recycled" || scheduledReleaseAt !== undefined) return true;
  return state.unified === "terminating" && until !== "gone";
}

function verdictOf(
  call: MemoryCall,
  id: string,
  sight: Sight | undefined,
  search: Search,
  options: VerifyOptions,
): DeletionVerdict {
  const at = isoNow(call.requests.clock);
  const evidence: readonly Evidence[] = [{ api: "cloud:ListInstances", said: "what its listing shows", at }];
  const base = { instanceId: id, evidence, coverage: search.coverage, leftovers: [], clean: false };
  if (sight?.kind === "elsewhere")
    return { ...base, status: "unproven", problem: sight.problem, billingStopped: "unknown" };
  if (sight?.kind === "seen") return aliveOf(call, sight.seen.record, { ...base, leftovers: [] });
  const verdict = sight?.verdict;
  if (verdict?.kind !== "proved") {
    const problem =
      verdict?.kind === "unproven" ? verdict.problem : verdict?.kind === "present" ? cameBack(id) : unseen(id);
    return { ...base, status: "unproven", problem, billingStopped: "unknown" };
  }
  const leftovers = search.leftoversOf(id);
  const stays = new Set((options.stays ?? []).map((node) => `${node.kind}/${node.id}`));
  const unwanted = leftovers.filter((one) => !stays.has(`${one.kind}/${one.id}`));
  const bills = unwanted.some((one) => one.billing !== "none" || one.kind === "security-rule");
  const replacedBy = search.replacedBy(id);
  const skipped = new Set(options.skip);
  const looked = search.coverage.every((line) => line.status === "checked" || skipped.has(line.kind));
  return {
    ...base,
    status: "deleted",
    absence: verdict.proof,
    evidence: verdict.proof.reads,
    leftovers,
    billingStopped: true,
    ...(replacedBy.length === 0 ? {} : { replacedBy }),
    clean: !bills && looked && replacedBy.length === 0,
  };
}

type Base = Pick<DeletionVerdict, "instanceId" | "evidence" | "coverage" | "leftovers" | "clean">;

function aliveOf(call: MemoryCall, record: InstanceRecord, base: Base): DeletionVerdict {
  if (record.state.unified === "recycled") {
    const { billsWhileInside } = call.features.capabilities.recycleBin;
    const billingStopped = billsWhileInside === "unknown" ? "unknown" : !billsWhileInside;
    return {
      ...base,
      status: "recycled",
      recoverableUntil: record.recycled?.until ?? { basis: "unknown" },
      billingStopped,
    };
  }
  if (record.state.unified === "terminating") return { ...base, status: "terminating", billingStopped: "unknown" };
  const at = record.scheduledReleaseAt;
  if (at !== undefined) return { ...base, status: "scheduled", at, billingStopped: false };
  return { ...base, status: "alive", billingStopped: false };
}

function unseen(id: string) {
  return {
    code: "not-found",
    message: `${id} is not there, and nothing shows that it ever was.`,
    hint: "Pass what was seen of it before, and check account and region.",
    cloud: "memory",
    instanceIds: [id],
  } as const;
}
