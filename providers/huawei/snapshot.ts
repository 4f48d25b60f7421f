import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceDisk, InstanceTarget } from "../../src/instances.js";
import { blocked, refused } from "../../src/outcomes.js";
import { ownPrefix } from "../../src/own-tags.js";
import { incomplete } from "../../src/preconditions.js";
import { saveDisks, type Wanting } from "../../src/saving/save.js";
import type { SavingCloud } from "../../src/saving/saving.js";
import { checkSnapshotOptions, type SnapshotRequest, snapshotRequest } from "../../src/snapshot-options.js";
import type { SnapshotOptions, SnapshotOutcome } from "../../src/snapshots.js";
import { collapseTargets } from "../../src/targets.js";
import type { HuaweiCall, OpenHuaweiCall } from "./call.js";
import { huaweiCapabilities } from "./capabilities.js";
import { copyName, type HuaweiCopy, proofsOf } from "./copies.js";
import { instanceIdForm } from "./instances.js";
import { lookAt, type Sight } from "./look.js";
import type { SeenInstance } from "./record.js";
import { createBackup, readBackups } from "./snapshots/backup.js";
import { type Means, type Method, meansOf, methods, readMeans } from "./snapshots/means.js";
import { copiesIn, createGroup, readGroups } from "./snapshots/standard.js";
import { type VaultWishes, vaultFor, vaultWishesOf } from "./snapshots/vault.js";

/**
 * Saves all disks of each server at one moment, waits, and answers proofs read after completion. `auto` is a backup into
 * the vault the server is in, or into one that `cloudOptions` allow; else a group of standard snapshots where the region
 * has them. Snapshots of the old kind are never made: they are destroyed with their disk.
 */
export async function snapshot(
  open: OpenHuaweiCall,
  targets: readonly InstanceTarget[],
  options: SnapshotOptions = {},
): Promise<readonly SnapshotOutcome[]> {
  checkSnapshotOptions(options, {
    methods,
    cloudOptions: ["vaultId", "createVault"],
    reservedTags: ["_sys_", ownPrefix],
  });
  const wishes = vaultWishesOf(options.cloudOptions);
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open("all", options);
  const request = snapshotRequest(options, call.requests.clock.now());
  const { sights } = await lookAt(call, asked);
  const outcomes = new Map<string, SnapshotOutcome>();
  const seen: SeenInstance[] = [];
  for (const [id, sight] of sights) {
    const outcome = withoutCopies(id, sight, request);
    if (outcome) outcomes.set(id, outcome);
    else if (sight.kind === "seen") seen.push(sight.seen);
  }
  for (const outcome of await save(call, seen, request, wishes)) outcomes.set(outcome.instanceId, outcome);
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

/** The outcome where no copy is to be made; `undefined` where there is something to save. */
function withoutCopies(id: string, sight: Sight, request: SnapshotRequest): SnapshotOutcome | undefined {
  if (sight.kind === "elsewhere") return blocked(id, sight.problem);
  if (sight.kind === "absent") return { status: "not-found", instanceId: id, effects: [] };
  const { record } = sight.seen;
  const { unified, raw } = record.state;
  if (request.expiry === "cloud") return blocked(id, cannotExpire);
  if (unified === "gone" || unified === "terminating" || unified === "recycled") {
    return blocked(id, problem("wrong-state", `${id} is ${raw}.`, "What is in the bin can be saved once it is back."));
  }
  if (incomplete(record)) {
    const message = `${id} shows no system disk, so its list of disks is not complete.`;
    return blocked(id, problem("data-loss", message, "Grant the permission to list disks, then try again."));
  }
  const disks = record.disks.filter(({ ephemeral }) => !ephemeral);
  if (disks.length === 0) {
    return { status: "nothing-to-snapshot", instanceId: id, why: "All its disks live on the host.", effects: [] };
  }
  const bare = disks.filter(({ encrypted }) => encrypted !== true).map((disk) => disk.id);
  if (!request.encryptionRequired || bare.length === 0) return undefined;
  const message = `Copies of ${bare.join(", ")} would not be encrypted: a copy is as its disk.`;
  return blocked(id, problem("unsupported", message, "Leave `encryption` out."));
}

/** How one server is saved. */
interface Way {
  readonly method: Method;
  readonly vaultId?: string;
  /** What was changed to get there, such as a vault that was made. */
  readonly effects: readonly Effect[];
}

async function save(
  call: HuaweiCall,
  seen: readonly SeenInstance[],
  request: SnapshotRequest,
  wishes: VaultWishes,
): Promise<readonly SnapshotOutcome[]> {
  if (seen.length === 0) return [];
  const means = await readMeans(call, request, wishes);
  const ways = new Map<string, Way>();
  const outcomes: SnapshotOutcome[] = [];
  // One after the other: the first makes the vault that the next ones find.
  for (const one of seen) {
    const way = await wayFor(call, one, { request, wishes, means, together: seen });
    if ("status" in way) outcomes.push(way);
    else ways.set(one.record.id, way);
  }
  const wanting = seen.flatMap((one) => {
    const way = ways.get(one.record.id);
    return way ? [wantingOf(one, way.method)] : [];
  });
  const saved = await saveDisks(savingCloud(call, ways), wanting, request);
  return [
    ...outcomes,
    ...saved.map((outcome) => ({
      ...outcome,
      effects: [...(ways.get(outcome.instanceId)?.effects ?? []), ...outcome.effects],
    })),
  ];
}

/** What the way of each server is chosen by. */
interface Choice {
  readonly request: SnapshotRequest;
  readonly wishes: VaultWishes;
  readonly means: Means;
  /** All servers of the call. */
  readonly together: readonly SeenInstance[];
}

async function wayFor(call: HuaweiCall, seen: SeenInstance, choice: Choice): Promise<Way | SnapshotOutcome> {
  const { request, wishes, means, together } = choice;
  const { id } = seen.record;
  const method = meansOf(seen, request, means);
  if (typeof method !== "string") return blocked(id, method);
  const made = means.made.filter(({ mark }) => mark.instanceIds.includes(id)).map(({ diskId }) => diskId);
  const isMade = wantingOf(seen, method).wanted.every((disk) => made.includes(disk.id));
  if (method === "snapshot-group" || isMade) return { method, effects: [] };
  const vault = await vaultFor(call, seen, request, wishes, together);
  if ("vaultId" in vault) return { method, ...vault };
  const outcome = vault.sent ? refused(id, vault.problem, vault.effects) : blocked(id, vault.problem);
  return outcome.status === "failed" ? { ...outcome, proofs: [] } : outcome;
}

/** All disks are saved, also those that outlive the server; what lives on the host cannot be, and CBR takes no shared disk. */
function wantingOf(seen: SeenInstance, method: Method): Wanting<SeenInstance> {
  const whyNot = (disk: InstanceDisk): string | undefined => {
    if (disk.ephemeral) return "It lives on the host: nothing can save it.";
    const shared = method === "backup" && seen.facts.volumes.get(disk.id)?.shareable === true;
    return shared ? "It is a shared disk, which a server backup leaves out." : undefined;
  };
  const { disks } = seen.record;
  return {
    seen,
    wanted: disks.filter((disk) => whyNot(disk) === undefined),
    unprotected: disks.flatMap((disk) => {
      const why = whyNot(disk);
      return why === undefined ? [] : [{ diskId: disk.id, why }];
    }),
  };
}

/** Refusals that pass by themselves: another copy of the disk or server is under way (error codes of EVS, ECS and CBR). */
const passing: ReadonlySet<string | undefined> = new Set(["EVS.2409", "EVS.2130", "Ecs.0073", "BackupService.0001"]);

/** How Huawei Cloud copies the disks of a server: all of one moment, by either way. */
function savingCloud(call: HuaweiCall, ways: ReadonlyMap<string, Way>): SavingCloud<SeenInstance, HuaweiCopy> {
  const uses = (method: Method) => [...ways.values()].some((way) => way.method === method);
  return {
    requests: call.requests,
    consistencyWindowMs: huaweiCapabilities.consistencyWindowMs,
    findCopies: async (request, instanceId) => {
      const name = copyName(request);
      const copies = await Promise.all([
        uses("backup") ? readBackups(call, { name }) : [],
        uses("snapshot-group") ? copiesIn(call, await readGroups(call, name)) : [],
      ]);
      return copies
        .flat()
        .filter(({ mark }) => mark.runId === request.runId && mark.attempt === request.attempt)
        .filter(({ mark }) => instanceId === undefined || mark.instanceIds.includes(instanceId));
    },
    nextDisks: (missing) => missing,
    create: async (job, disks, request) => {
      const way = ways.get(job.seen.record.id);
      if (way?.vaultId === undefined) return await createGroup(call, job, disks, request);
      return await createBackup(call, job, disks, request, way.vaultId);
    },
    passes: ({ cloudCode }) => passing.has(cloudCode),
    standingOf: ({ state }) => state,
    artifactKind: ({ kind }) => kind,
    proofsOf: async (copies) => proofsOf(call, copies),
    consistentSets: true,
  };
}

function problem(code: Problem["code"], message: string, hint: string): Problem {
  return { code, message, hint, cloud: "huawei" };
}

const cannotExpire: Problem = problem(
  "unsupported",
  "A backup and a standard snapshot stay until somebody deletes them: neither takes an end with its request.",
  'Leave `expiry` at "sweep" and run a sweep.',
);

const unanswered: Problem = problem(
  "unexpected",
  "This instance got no answer.",
  "Report this with the events of the call.",
);
