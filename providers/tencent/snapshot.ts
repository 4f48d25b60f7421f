import { isoNow } from "../../src/clock.js";
import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceDisk, InstanceTarget } from "../../src/instances.js";
import { lookAtTargets, type Sight } from "../../src/look.js";
import { blocked } from "../../src/outcomes.js";
import { type OwnMark, ownPrefix, ownTags } from "../../src/own-tags.js";
import { settleByReading } from "../../src/poll.js";
import { incomplete } from "../../src/preconditions.js";
import { saveDisks, type Wanting } from "../../src/saving/save.js";
import type { Creation, SavingCloud, SavingJob } from "../../src/saving/saving.js";
import { checkSnapshotOptions, type SnapshotRequest, snapshotRequest } from "../../src/snapshot-options.js";
import type { SnapshotOptions, SnapshotOutcome } from "../../src/snapshots.js";
import { collapseTargets } from "../../src/targets.js";
import { Wire } from "../../src/wire.js";
import type { OpenTencentCall, TencentCall } from "./call.js";
import { tencentCapabilities } from "./capabilities.js";
import { copyName, ownCopies, proofsOf, readCopies, type TencentCopy } from "./copies.js";
import { instanceIdForm, readInstances } from "./instances.js";
import type { SeenInstance } from "./record.js";

/** A tag's value holds 255 characters: ids of 13 characters with a space between. */
const idsPerTag = 17;

/**
 * Saves each disk by a snapshot of its own, waits, and answers proofs read after completion. The disks of one instance
 * are not of one moment: the cloud's snapshot groups are not consistent either ("CreateSnapshotGroup", cbs 2017-03-12).
 */
export async function snapshot(
  open: OpenTencentCall,
  targets: readonly InstanceTarget[],
  options: SnapshotOptions = {},
): Promise<readonly SnapshotOutcome[]> {
  checkSnapshotOptions(options, { methods: [], cloudOptions: [], reservedTags: ["tencentcloud:", ownPrefix] });
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open("all", options);
  const request = snapshotRequest(options, call.requests.clock.now());
  const { sights } = await lookAtTargets(call.scope, asked, (ids) => readInstances(call, ids));
  const outcomes = new Map<string, SnapshotOutcome>();
  const wanting: Wanting<SeenInstance>[] = [];
  for (const [id, sight] of sights) {
    const outcome = withoutCopies(id, sight, request);
    if (outcome) outcomes.set(id, outcome);
    else if (sight.kind === "seen") wanting.push(wantingOf(sight.seen));
  }
  for (const outcome of await saveDisks(savingCloud(call), wanting, request)) outcomes.set(outcome.instanceId, outcome);
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

/** The outcome where no copy is to be made; `undefined` where there is something to save. */
function withoutCopies(id: string, sight: Sight<SeenInstance>, request: SnapshotRequest): SnapshotOutcome | undefined {
  if (sight.kind === "elsewhere") return blocked(id, sight.problem);
  if (sight.kind === "absent") return { status: "not-found", instanceId: id, effects: [] };
  const { record } = sight.seen;
  const { unified, raw } = record.state;
  if (unified === "terminating" || unified === "recycled") {
    return blocked(
      id,
      problem(
        "wrong-state",
        `${id} is ${raw}.`,
        "Only renewing and destroying are allowed there: bring it back first.",
      ),
    );
  }
  if (incomplete(record)) {
    const message = `${id} shows no system disk, so its list of disks is not complete.`;
    return blocked(id, problem("data-loss", message, "Grant the permission to list disks, then try again."));
  }
  const { wanted, unprotected } = wantingOf(sight.seen);
  if (wanted.length === 0) {
    return {
      status: "nothing-to-snapshot",
      instanceId: id,
      why: unprotected.map(({ why }) => why).join(" "),
      effects: [],
    };
  }
  const bare = wanted.filter(({ encrypted }) => encrypted !== true).map((disk) => disk.id);
  if (!request.encryptionRequired || bare.length === 0) return undefined;
  const message = `Copies of ${bare.join(", ")} would not be encrypted: a snapshot is as its disk.`;
  return blocked(id, problem("unsupported", message, "Leave `encryption` out."));
}

/** Local disks have no snapshots at all, and some cloud disks say that they cannot have any. */
function wantingOf(seen: SeenInstance): Wanting<SeenInstance> {
  const whyNot = (disk: InstanceDisk): string | undefined => {
    const known = seen.facts.disks.get(disk.id);
    if (!known) return "It lives on the host: no snapshot can save it.";
    return known.snapshotAbility ? undefined : "The cloud says that it cannot have snapshots.";
  };
  return {
    seen,
    wanted: seen.record.disks.filter((disk) => whyNot(disk) === undefined),
    unprotected: seen.record.disks.flatMap((disk) => {
      const why = whyNot(disk);
      return why === undefined ? [] : [{ diskId: disk.id, why }];
    }),
  };
}

/** Refusals that pass by themselves (error codes of CreateSnapshot, cbs 2017-03-12). */
const passing =
  /^(InvalidDisk\.(SnapshotCreating|Busy)|ResourceUnavailable\.(SnapshotCreating|TooManyCreatingSnapshot|DiskBackupCreating)|ResourceBusy|ResourceInUse\.Disk(Migrating|Rollbacking))$/;

function savingCloud(call: TencentCall): SavingCloud<SeenInstance, TencentCopy> {
  return {
    requests: call.requests,
    consistencyWindowMs: tencentCapabilities.consistencyWindowMs,
    findCopies: (request, instanceId) => findCopies(call, request, instanceId),
    nextDisks: (missing) => missing.slice(0, 1),
    create: (job, disks, request) => create(call, job, disks, request),
    passes: ({ cloudCode }) => cloudCode !== undefined && passing.test(cloudCode),
    standingOf: ({ state }) => state,
    proofsOf: async (copies) => proofsOf(call, copies),
    consistentSets: false,
  };
}

async function findCopies(
  call: TencentCall,
  request: SnapshotRequest,
  instanceId?: string,
): Promise<readonly TencentCopy[]> {
  const copies = ownCopies(await readCopies(call, [{ Name: "snapshot-name", Values: [copyName(request)] }]));
  return copies.filter(
    ({ mark }) =>
      mark.runId === request.runId &&
      mark.attempt === request.attempt &&
      (instanceId === undefined || mark.instanceIds.includes(instanceId)),
  );
}

async function create(
  call: TencentCall,
  { seen, known }: SavingJob<SeenInstance, TencentCopy>,
  disks: readonly InstanceDisk[],
  request: SnapshotRequest,
): Promise<Creation<TencentCopy>> {
  const [disk] = disks;
  if (!disk) return { answer: { effect: "applied" }, made: [], effects: [] };
  const { id: instanceId } = seen.record;
  const mark = markFor(seen, disk, request);
  const before = new Set(known.values());
  const found = async () =>
    (await findCopies(call, request, instanceId)).filter((copy) => copy.diskId === disk.id && !before.has(copy.id));
  const effect = (id: string) => copyEffect(call, instanceId, id);
  const answer = await call.requests.mutate({
    service: "cbs",
    action: "CreateSnapshot",
    parameters: {
      DiskId: disk.id,
      SnapshotName: copyName(request),
      Tags: Object.entries({ ...request.tags, ...ownTags(mark, idsPerTag) }).map(([Key, Value]) => ({ Key, Value })),
      // Without a deadline it is permanent; with one the cloud deletes it by itself, also the last copy.
      ...(request.expiry === "cloud" ? { Deadline: `${request.expiresAt.slice(0, 19)}+00:00` } : {}),
    },
    instanceIds: [instanceId],
    effects: [effect(`${request.runId}/${request.attempt}/${disk.id}`)],
    createdIds: (body) => idsIn(body),
    confirm: async ({ notBefore }) => {
      let ids: readonly string[] = [];
      const settled = await settleByReading(call.requests, notBefore, async () => {
        ids = (await found()).map(({ id }) => id);
        return ids.length > 0;
      });
      return { effect: settled, ids };
    },
  });
  const ids = answer.ids ?? [];
  const named = new Map(ids.slice(0, 1).map((id) => [disk.id, id]));
  return { answer, made: ids.map((id) => newCopy(call, id, disk, mark)), named, effects: ids.map(effect) };
}

/** The id may be null in a success: then nothing was made that could be named. */
function idsIn(body: unknown): readonly string[] {
  const id = new Wire(body, "CreateSnapshot").text("SnapshotId");
  return id === undefined ? [] : [id];
}

function markFor({ record }: SeenInstance, disk: InstanceDisk, request: SnapshotRequest): OwnMark {
  const { unified } = record.state;
  return {
    runId: request.runId,
    attempt: request.attempt,
    instanceIds: [record.id],
    diskIds: [disk.id],
    expiresAt: request.expiresAt,
    takenFrom: unified === "running" || unified === "stopped" ? unified : "unknown",
  };
}

/** A copy as it is right after its request: under way, whatever a listing will show. */
function newCopy(call: TencentCall, id: string, disk: InstanceDisk, mark: OwnMark): TencentCopy {
  return {
    id,
    name: copyName(mark),
    diskId: disk.id,
    state: "pending",
    sizeGiB: disk.sizeGiB === "unknown" ? 0 : disk.sizeGiB,
    encrypted: disk.encrypted === true,
    startedAt: isoNow(call.requests.clock),
    isLocal: false,
    tags: ownTags(mark, idsPerTag),
    mark,
  };
}

/** A copy that was made. It is data, so reverting never takes it away. */
function copyEffect(call: TencentCall, instanceId: string, id: string): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "snapshot", id },
    instanceIds: [instanceId],
    undo: { impossible: "A saved copy is data: `removeArtifacts` removes it, reverting does not." },
  };
}

function problem(code: Problem["code"], message: string, hint: string): Problem {
  return { code, message, hint, cloud: "tencent" };
}

const unanswered: Problem = problem(
  "unexpected",
  "This instance got no answer.",
  "Report this with the events of the call.",
);
