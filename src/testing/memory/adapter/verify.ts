import { unique } from "../../../batch.js";
import { isoNow } from "../../../clock.js";
import type { CoverageLine, DependencyKind, DependencyNode } from "../../../dependencies.js";
import { problemOf } from "../../../errors.js";
import type { InstanceRecord, InstanceTarget } from "../../../instances.js";
import { pollUntil } from "../../../poll.js";
import type { DeletionVerdict, Evidence, Leftover, VerifyOptions } from "../../../verification.js";
import type { MemoryCall, OpenMemoryCall } from "./call.js";
import { readOwnCopies } from "./copies.js";
import { cameBack, lookAt, type Sight, targetsOf } from "./look.js";
import { readInstances } from "./record.js";
import { fingerprint, readRules } from "./rules.js";

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

/** Things that were there before and still are, and what could not be looked at. */
interface Search {
  readonly coverage: readonly CoverageLine[];
  leftoversOf(id: string): readonly Leftover[];
  /** Instances that a group put in the place of one, younger than what was seen of it. */
  replacedBy(id: string): readonly string[];
}

const nothingToSearch: Search = { coverage: [], leftoversOf: () => [], replacedBy: () => [] };

interface Listing {
  readonly kind: DependencyKind;
  readonly action: string;
  read(call: MemoryCall): Promise<ReadonlySet<string>>;
}

const listings: readonly Listing[] = [
  listing("disk", "ListDisks"),
  listing("network-interface", "ListInterfaces"),
  listing("public-address", "ListAddresses"),
  listing("snapshot", "ListSnapshots"),
  listing("load-balancer-target", "ListTargets"),
  listing("auto-scaling-group", "ListScalingGroups"),
];

function listing(kind: DependencyKind, action: string): Listing {
  return {
    kind,
    action,
    read: async (call) => {
      const rows = await call.pages(action);
      return new Set(
        rows.flatMap((row) => {
          if (kind === "load-balancer-target") {
            return [`${row.need("ownerId")}/${row.number("port") ?? 0}#${row.text("instanceId") ?? row.text("ip")}`];
          }
          if (kind === "auto-scaling-group") return row.texts("members").map((member) => `${row.need("id")}#${member}`);
          return [row.text("id") ?? row.need("ip")];
        }),
      );
    },
  };
}

async function searchLeftovers(call: MemoryCall, options: VerifyOptions): Promise<Search> {
  const skip = new Set(options.skip);
  const present = new Map<DependencyKind, ReadonlySet<string>>();
  const coverage: CoverageLine[] = [];
  const look = async (kind: DependencyKind, action: string, read: () => Promise<void>) => {
    const line = { kind, source: `cloud:${action}`, gate: "report" } as const;
    if (skip.has(kind)) {
      coverage.push({ ...line, status: "skipped", reason: "Left out by the caller." });
      return;
    }
    try {
      await read();
      const partial = options.before === undefined;
      const reason = "Without an earlier report nobody knows what to look for.";
      coverage.push(partial ? { ...line, status: "partial", reason } : { ...line, status: "checked" });
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === "aborted") throw error;
      coverage.push({
        ...line,
        status: problem.code === "access-denied" ? "denied" : "partial",
        reason: problem.message,
      });
    }
  };
  for (const { kind, action, read } of listings) {
    await look(kind, action, async () => void present.set(kind, await read(call)));
  }
  let rules: ReadonlySet<string> = new Set();
  await look("security-rule", "ListRules", async () => {
    rules = new Set((await readRules(call)).map((rule) => `${rule.groupId} ${fingerprint(rule.native)}`));
  });
  const ours = new Set<string>();
  if (!skip.has("snapshot") && present.has("snapshot")) {
    for (const copy of await readOwnCopies(call, {})) ours.add(copy.id);
  }
  const replacements = await readReplacements(call, options);
  return {
    coverage,
    leftoversOf: (id) => leftoversOf(id, options, present, rules, ours),
    replacedBy: (id) => replacements.get(id) ?? [],
  };
}

/** Members of the groups that owned an instance, if they were made after it was seen. */
async function readReplacements(
  call: MemoryCall,
  { before, skip }: VerifyOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const owned = (before?.edges ?? []).filter((edge) => edge.node.kind === "auto-scaling-group");
  if (owned.length === 0 || skip?.includes("auto-scaling-group")) return new Map();
  const groups = new Map((await call.pages("ListScalingGroups")).map((row) => [row.need("id"), row.texts("members")]));
  const { byId } = await readInstances(call, unique([...groups.values()].flat()));
  return new Map(
    owned.map(({ instanceId, node }) => {
      const sighting = before?.instances.find((one) => one.status === "found" && one.record.id === instanceId);
      const seenAt = sighting?.status === "found" ? sighting.record.seenAt : "";
      const younger = (groups.get(node.id) ?? []).filter((id) => (byId.get(id)?.record.createdAt ?? "") > seenAt);
      return [instanceId, younger];
    }),
  );
}

function leftoversOf(
  id: string,
  { before, removedRules = [] }: VerifyOptions,
  present: ReadonlyMap<DependencyKind, ReadonlySet<string>>,
  rules: ReadonlySet<string>,
  ours: ReadonlySet<string>,
): readonly Leftover[] {
  const edges = (before?.edges ?? []).filter((edge) => edge.instanceId === id);
  const left = edges.flatMap(({ node }): readonly Leftover[] => {
    const names = present.get(node.kind);
    const member = node.kind === "load-balancer-target" || node.kind === "auto-scaling-group";
    if (!names?.has(member ? `${node.id}#${id}` : node.id) || ours.has(node.id)) return [];
    return [
      leftoverOf(
        before?.nodes.find((one) => one.kind === node.kind && one.id === node.id),
        node,
      ),
    ];
  });
  const back = removedRules
    .filter(({ because }) => because.instanceIds.includes(id))
    .filter(({ rule }) => rules.has(`${rule.groupId} ${fingerprint(rule.native)}`))
    .map(({ rule }): Leftover => {
      const why = "It was closed and is open again.";
      return { kind: "security-rule", id: rule.id ?? rule.groupId, billing: "none", why };
    });
  return [...left, ...back];
}

const billing: readonly DependencyKind[] = ["disk", "public-address", "snapshot"];

function leftoverOf(
  known: DependencyNode | undefined,
  node: { readonly kind: DependencyKind; readonly id: string },
): Leftover {
  return {
    ...node,
    ...(known?.sizeGiB === undefined ? {} : { sizeGiB: known.sizeGiB }),
    billing: billing.includes(node.kind) ? "continues" : "none",
    why: "It was there before and still is.",
  };
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
