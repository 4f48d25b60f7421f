import { chunk, unique } from "../../src/batch.js";
import { isoNow } from "../../src/clock.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import type { Evidence } from "../../src/verification.js";
import type { Wire } from "../../src/wire.js";
import type { HuaweiCall } from "./call.js";
import { readAddresses, readPortsOf, readVolumesOf } from "./listings.js";
import { readLocalDisks } from "./local-disks.js";
import { isServer, type RecordContext, type SeenInstance, seenInstance } from "./record.js";
import { readRecycled } from "./recycled.js";
import { readSubscriptions } from "./subscriptions.js";

/** Ids that one request for details takes, and its page ("Querying details about ECSs", server_id and limit). */
export const idLimit = 100;
/** Largest page of details without ids. */
export const pageLimit = 1000;

/** Form of a server's id. Ids go into paths as they are. */
export const instanceIdForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const details = "GET /v1/{project_id}/cloudservers/detail";
const api = "ecs:ListServersDetails";

/** What a bulk look at servers showed. */
export interface SeenInstances {
  /** By id; an id that is missing was not listed. */
  readonly byId: ReadonlyMap<string, SeenInstance>;
  readonly evidence: Evidence;
  readonly unread: UnreadSources;
}

/** Why the sources besides the servers themselves were not read, where they were not. */
export interface UnreadSources {
  readonly volumes?: Problem;
  readonly ports?: Problem;
  readonly addresses?: Problem;
  readonly localDisks?: Problem;
  readonly subscriptions?: Problem;
  /** Set where a server is missing and the bin could not be looked into: it may be there. */
  readonly bin?: Problem;
}

/** Reads servers in bulk, those in the recycle bin included, with their disks, interfaces and addresses. */
export async function readInstances(call: HuaweiCall, ids: readonly string[]): Promise<SeenInstances> {
  const found = await describeByIds(call, ids);
  return await completed(call, found);
}

/**
 * States alone, at the price of one request for a hundred: for polling. The bin is asked only about what is missing, or
 * stopped.
 */
export async function readStates(call: HuaweiCall, ids: readonly string[]): Promise<SeenInstances> {
  return assemble(call, await describeByIds(call, ids), {}, {});
}

/**
 * Reads every server of the project. A filter for tags looks for a text anywhere in them, and old tags have another form
 * than new ones, so whoever looks for a tag compares by itself.
 */
export async function readAllInstances(call: HuaweiCall): Promise<SeenInstances> {
  return await completed(call, await describeAll(call));
}

/** States of every server of the project, those in the bin included. */
export async function readAllStates(call: HuaweiCall): Promise<SeenInstances> {
  return assemble(call, await describeAll(call), {}, {});
}

interface Described {
  readonly wires: readonly Wire[];
  readonly requestIds: readonly string[];
  readonly binProblem?: Problem;
  /** Listed servers that may wait in the bin, which could not be looked into. */
  readonly doubtfulIds: readonly string[];
}

async function describeByIds(call: HuaweiCall, ids: readonly string[]): Promise<Described> {
  const requestIds: string[] = [];
  const pieces = await Promise.all(
    chunk(unique(ids), idLimit).map(async (piece) => {
      // Without a limit the page is 25, and the ids cut off would look gone.
      const query = { server_id: piece.join(","), limit: idLimit };
      const { body, requestId } = await call.read("ecs", details, { query });
      if (requestId !== undefined) requestIds.push(requestId);
      return body.needList("servers");
    }),
  );
  const asked = new Set(ids);
  const listed = new Map(
    pieces
      .flat()
      .filter((wire) => isServer(wire) && asked.has(wire.need("id")))
      .map((wire) => [wire.need("id"), wire]),
  );
  const missing = ids.filter((id) => !listed.has(id));
  const doubtfulIds = [...listed].flatMap(([id, wire]) => (mayBeBinned(wire) ? [id] : []));
  const wanted = new Set([...missing, ...doubtfulIds]);
  const bin = wanted.size === 0 ? {} : await unlessRefused(() => readRecycled(call));
  for (const wire of bin.found ?? []) if (wanted.has(wire.need("id"))) listed.set(wire.need("id"), wire);
  return {
    wires: [...listed.values()],
    requestIds,
    doubtfulIds: bin.problem ? doubtfulIds : [],
    ...(bin.problem && missing.length > 0 ? { binProblem: bin.problem } : {}),
  };
}

/**
 * Whether a server that details show may wait in the bin all the same: how they show one that does is not documented.
 * What waits there is stopped, so one that runs does not.
 */
function mayBeBinned(wire: Wire): boolean {
  return !["ACTIVE", "SOFT_DELETED", "DELETED"].includes(wire.text("status") ?? "");
}

async function describeAll(call: HuaweiCall): Promise<Described> {
  const [rows, bin] = await Promise.all([
    call.pages("ecs", details, {}, { field: "servers", limit: pageLimit }),
    unlessRefused(() => readRecycled(call)),
  ]);
  const listed = rows.filter(isServer);
  // What the bin lists is in the bin, whatever details say.
  const byId = new Map([...listed, ...(bin.found ?? [])].map((wire) => [wire.need("id"), wire]));
  return {
    wires: [...byId.values()],
    requestIds: [],
    doubtfulIds: bin.problem ? listed.filter(mayBeBinned).map((wire) => wire.need("id")) : [],
    ...(bin.problem ? { binProblem: bin.problem } : {}),
  };
}

async function completed(call: HuaweiCall, described: Described): Promise<SeenInstances> {
  const { wires } = described;
  const ids = wires.map((wire) => wire.need("id"));
  const prepaid = wires.filter((wire) => wire.object("metadata")?.text("charging_mode") === "1");
  const nothing = wires.length === 0;
  const [volumes, ports, addresses, localDisks, subscriptions] = await Promise.all([
    unlessRefused(() => readVolumesOf(call, ids)),
    unlessRefused(() => readPortsOf(call, ids)),
    unlessRefused(async () => (nothing ? [] : await readAddresses(call))),
    unlessRefused(async () => (nothing ? new Map() : await readLocalDisks(call))),
    unlessRefused(() =>
      readSubscriptions(
        call,
        prepaid.map((wire) => wire.need("id")),
      ),
    ),
  ]);
  return assemble(
    call,
    described,
    {
      volumesOf: volumes.found,
      portsOf: ports.found,
      addresses: addresses.found,
      localDisks: localDisks.found,
      subscriptions: subscriptions.found,
    },
    {
      ...(volumes.problem ? { volumes: volumes.problem } : {}),
      ...(ports.problem ? { ports: ports.problem } : {}),
      ...(addresses.problem ? { addresses: addresses.problem } : {}),
      ...(localDisks.problem ? { localDisks: localDisks.problem } : {}),
      ...(subscriptions.problem ? { subscriptions: subscriptions.problem } : {}),
    },
  );
}

/** What a read answered, or why it did not: a record without confirmed disks is still a record. */
async function unlessRefused<T>(read: () => Promise<T>): Promise<{ readonly found?: T; readonly problem?: Problem }> {
  try {
    return { found: await read() };
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
    return { problem: error.problem };
  }
}

function assemble(
  call: HuaweiCall,
  { wires, requestIds, binProblem, doubtfulIds }: Described,
  read: Omit<RecordContext, "scope" | "seenAt">,
  unread: UnreadSources,
): SeenInstances {
  const at = isoNow(call.requests.clock);
  const context: RecordContext = { ...read, scope: call.scope, seenAt: at, doubtfulIds: new Set(doubtfulIds) };
  const byId = new Map(wires.map((wire) => [wire.need("id"), seenInstance(wire, context)]));
  const [requestId] = requestIds;
  const evidence: Evidence = {
    api,
    ...(requestId === undefined ? {} : { requestId }),
    said: `${byId.size} of the servers asked for are listed, the recycle bin included`,
    at,
  };
  return { byId, evidence, unread: { ...unread, ...(binProblem ? { bin: binProblem } : {}) } };
}
