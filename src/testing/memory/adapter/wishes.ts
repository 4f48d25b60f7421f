import { openDataGate } from "../../../data-gate.js";
import type { Problem, ProblemCode } from "../../../errors.js";
import type { InstanceRecord } from "../../../instances.js";
import { clearedIds, commonBlocker } from "../../../preconditions.js";
import type { TerminateOptions, TerminationPath } from "../../../termination.js";
import { checkTerminateOptions } from "../../../termination-options.js";
import type { MemoryCall } from "./call.js";
import { type Protection, readProtection } from "./changes.js";
import { rereadProofs } from "./copies.js";
import { instanceIdForm } from "./look.js";
import type { Seen } from "./record.js";

const diskIdForm = /^disk-[0-9a-f]{8}$/;
/** Nothing is ended so shortly before its subscription does where a repeat would destroy it. */
const expiryMarginMs = 30 * 60_000;

/** An instance that may go, and how. */
export interface Decided {
  readonly seen: Seen;
  readonly how: TerminationPath;
  /** What has to be switched first. */
  readonly protections: readonly (keyof Protection)[];
  /** Disks whose flag has to be set first. */
  readonly flags: readonly { readonly diskId: string; readonly value: boolean }[];
}

/** Throws `invalid-request` for options that cannot be meant. */
export function checkWishes(options: TerminateOptions): void {
  checkTerminateOptions(options, { instanceId: instanceIdForm, diskId: diskIdForm, cloudOptions: [] });
}

/** What was read to judge instances. */
interface Readings {
  readonly call: MemoryCall;
  readonly options: TerminateOptions;
  readonly protection: ReadonlyMap<string, Omit<Protection, "lock">>;
  readonly owned: ReadonlySet<string>;
  readonly bin: { readonly enabled: boolean; readonly minimumAgeDays: number };
  readonly gate: ReturnType<typeof openDataGate>;
}

/** Decides for each live instance whether it may go, and how. Reads in bulk, changes nothing. */
export async function decide(
  call: MemoryCall,
  alive: readonly Seen[],
  options: TerminateOptions,
): Promise<ReadonlyMap<string, Decided | Problem>> {
  if (alive.length === 0) return new Map();
  const cleared = clearedIds(options);
  const asked = alive.filter(({ record }) => options.protectionCheck !== "by-cloud" || cleared.has(record.id));
  const claimed = "proofs" in options.data ? options.data.proofs : [];
  const [protection, groups, reread, bin] = await Promise.all([
    readProtection(
      call,
      asked.map(({ record }) => record.id),
    ),
    call.pages("ListScalingGroups"),
    rereadProofs(call, claimed),
    readBin(call),
  ]);
  const gate = openDataGate({
    data: options.data,
    acceptDataLoss: options.acceptDataLoss,
    dataDisks: options.dataDisks,
    targetIds: new Set(alive.map(({ record }) => record.id)),
    scope: call.scope,
    clock: call.requests.clock,
    reread,
  });
  const owned = new Set(groups.flatMap((group) => group.texts("members")));
  const readings: Readings = { call, options, protection, owned, bin, gate };
  return new Map(alive.map((seen) => [seen.record.id, decideOne(seen, readings)]));
}

async function readBin(call: MemoryCall): Promise<Readings["bin"]> {
  const { body } = await call.read("cloud", "GetBin", {});
  return { enabled: body.flag("enabled") ?? false, minimumAgeDays: body.number("minimumAgeDays") ?? 0 };
}

function decideOne(seen: Seen, readings: Readings): Decided | Problem {
  const { options, protection, gate } = readings;
  const known = protection.get(seen.record.id);
  const record: InstanceRecord = known
    ? { ...seen.record, protection: { ...seen.record.protection, ...known } }
    : seen.record;
  const how = pathOf(seen, readings);
  const stop = firstProblem([
    () => factsProblem(seen, readings),
    () => (typeof how === "string" ? undefined : how),
    () => commonBlocker(record, seen.record.state.unified === "recycled" ? { ...options, prepaid: "expire" } : options),
    () => diskProblem(seen, options),
    () => gate.judge(record),
  ]);
  if (stop) return stop;
  if (typeof how !== "string") return how;
  const clears = clearedIds(options).has(record.id);
  const protections: (keyof Protection)[] = [];
  if (clears && record.protection.locks.some((lock) => lock.unified === "user")) protections.push("lock");
  if (clears && record.protection.termination === true) protections.push("termination");
  if (clears && record.protection.stop === true) protections.push("stop");
  return { seen, how, protections, flags: flagsOf(seen, options) };
}

/** The first thing that is wrong; the rest is not looked at. */
function firstProblem(checks: readonly (() => Problem | undefined)[]): Problem | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem) return problem;
  }
  return undefined;
}

function factsProblem({ record, facts }: Seen, { owned, options }: Readings): Problem | undefined {
  const { id } = record;
  if (facts.managedBy !== undefined) {
    return problemFor(id, "owned", `is run by ${facts.managedBy}.`, "Delete it through that service.");
  }
  if (facts.disputed) return problemFor(id, "data-loss", "shows not all of its disks.", "Grant the listing of disks.");
  if (facts.busy !== undefined) {
    return problemFor(
      id,
      "wrong-state",
      `is in the middle of a ${facts.busy}.`,
      "Wait until the cloud is done with it.",
    );
  }
  if (owned.has(id) && options.releaseAt === undefined && record.state.unified !== "recycled") {
    const hint = "Take it from its group first, with `releaseDependencies`.";
    return problemFor(id, "owned", "belongs to a scaling group that may put another in its place.", hint);
  }
  return undefined;
}

/** The way this instance ends, or why there is none. */
function pathOf(seen: Seen, readings: Readings): TerminationPath | Problem {
  const { options, call } = readings;
  const { id, state, billing } = seen.record;
  const { capabilities } = call.features;
  if (state.unified === "recycled") {
    if (capabilities.recycleBin.purge) return "purge";
    return problemFor(id, "unsupported", "is in a bin that cannot be emptied.", "Wait until its time is over.");
  }
  if (options.releaseAt !== undefined) return laterPath(seen, readings);
  if (billing.unified === "prepaid" && (options.prepaid ?? "refuse") !== "refuse") return prepaidPath(seen, readings);
  const binned = takenByBin(seen, readings);
  if (options.recycleBin === "require" && !binned) {
    return problemFor(
      id,
      "recycle-bin-unavailable",
      "would not go to a bin.",
      "Switch the bin on, or leave `recycleBin` out.",
    );
  }
  return binned ? "recycle" : "release";
}

function laterPath({ record }: Seen, { options, call }: Readings): TerminationPath | Problem {
  const lead = call.features.capabilities.scheduledRelease;
  if (lead === false) {
    return problemFor(record.id, "unsupported", "cannot be released later.", "Leave `releaseAt` out.");
  }
  const leadMs = Date.parse(options.releaseAt ?? "") - call.requests.clock.now();
  if (leadMs < lead.minimumLeadMinutes * 60_000 || leadMs > lead.maximumLeadMinutes * 60_000) {
    const hint = `It takes ${lead.minimumLeadMinutes} to ${lead.maximumLeadMinutes} minutes from now.`;
    return problemFor(record.id, "invalid-request", "cannot be released at that time.", hint);
  }
  return "schedule";
}

function prepaidPath({ record }: Seen, { options, call }: Readings): TerminationPath | Problem {
  const { prepaid = "refuse" } = options;
  const { capabilities } = call.features;
  const { id, billing } = record;
  if (prepaid === "refuse" || !capabilities.prepaidExits.includes(prepaid)) {
    return problemFor(
      id,
      "unsupported",
      `cannot take the way out "${prepaid}" here.`,
      "Choose another with `prepaid`.",
    );
  }
  const leftMs = Date.parse(billing.expiresAt ?? "") - call.requests.clock.now();
  if (prepaid === "release-expired") {
    if (leftMs <= 0) return "release-expired";
    return problemFor(id, "prepaid", "has not expired.", "Choose another way out with `prepaid`.");
  }
  const again = capabilities.repeat.unsubscribe;
  if ((again === "destroys" || again === "refunds-twice") && leftMs < expiryMarginMs) {
    return problemFor(id, "wrong-state", "is about to expire.", "Wait until it has expired.");
  }
  if (prepaid === "unsubscribe") return "unsubscribe";
  return prepaid === "convert" ? "convert-and-release" : "let-expire";
}

/** Whether the account's bin would take this instance. */
function takenByBin({ record }: Seen, { call, bin }: Readings): boolean {
  const mode = record.billing.unified;
  if (mode === "unknown") return false;
  const fact = call.features.capabilities.retention[mode];
  if (fact.bin !== "opt-in") return fact.bin === "always";
  const ageMs = call.requests.clock.now() - Date.parse(record.createdAt ?? "");
  return bin.enabled && ageMs >= bin.minimumAgeDays * 24 * 3_600_000;
}

function diskProblem({ record, facts }: Seen, { dataDisks }: TerminateOptions): Problem | undefined {
  if (dataDisks !== "keep") return undefined;
  const lost = record.disks.filter(
    (disk) => disk.role === "data" && (disk.ephemeral || facts.tiedDiskIds.includes(disk.id)),
  );
  if (lost.length === 0) return undefined;
  const names = lost.map((disk) => disk.id).join(", ");
  return problemFor(record.id, "unsupported", `has disks that go with it: ${names}.`, "Leave `dataDisks` out.");
}

function flagsOf({ record }: Seen, { dataDisks = "as-flagged" }: TerminateOptions): Decided["flags"] {
  return record.disks.flatMap((disk): Decided["flags"] => {
    if (disk.role === "system" || disk.ephemeral) return [];
    if (dataDisks === "keep" && disk.deletedWithInstance !== false) return [{ diskId: disk.id, value: false }];
    const named = typeof dataDisks === "object" && dataDisks.delete.includes(disk.id);
    return named && disk.deletedWithInstance !== true ? [{ diskId: disk.id, value: true }] : [];
  });
}

/** A problem of one instance. */
export function problemFor(id: string, code: ProblemCode, message: string, hint: string): Problem {
  return { code, message: `${id} ${message}`, hint, cloud: "memory", instanceIds: [id] };
}
