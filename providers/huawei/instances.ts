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

/** States alone, at the price of one request for a hundred: for polling. The bin is asked only about what is missing. */
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

/** States of every server of the project, without the bin. */
export async function readAllStates(call: HuaweiCall): Promise<SeenInstances> {
  const wires = await call.pages("ecs", details, {}, { field: "servers", limit: pageLimit });
  return assemble(call, { wires: wires.filter(isServer), requestIds: [] }, {}, {});
}

interface Described {
  readonly wires: readonly Wire[];
  readonly requestIds: readonly string[];
  readonly binProblem?: Problem;
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
  const listed = pieces.flat().filter((wire) => isServer(wire) && asked.has(wire.need("id")));
  const present = new Set(listed.map((wire) => wire.need("id")));
  const missing = ids.filter((id) => !present.has(id));
  // Whether details show a server that is in the bin is not documented, so what is missing is looked for there.
  const bin = missing.length === 0 ? {} : await unlessRefused(() => readRecycled(call));
  const wanted = new Set(missing);
  const binned = (bin.found ?? []).filter((wire) => wanted.has(wire.need("id")));
  return { wires: [...listed, ...binned], requestIds, ...(bin.problem ? { binProblem: bin.problem } : {}) };
}

async function describeAll(call: HuaweiCall): Promise<Described> {
  const [listed, bin] = await Promise.all([
    call.pages("ecs", details, {}, { field: "servers", limit: pageLimit }),
    unlessRefused(() => readRecycled(call)),
  ]);
  const byId = new Map([...(bin.found ?? []), ...listed.filter(isServer)].map((wire) => [wire.need("id"), wire]));
  return { wires: [...byId.values()], requestIds: [], ...(bin.problem ? { binProblem: bin.problem } : {}) };
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
  { wires, requestIds, binProblem }: Described,
  read: Omit<RecordContext, "scope" | "seenAt">,
  unread: UnreadSources,
): SeenInstances {
  const at = isoNow(call.requests.clock);
  const context: RecordContext = { ...read, scope: call.scope, seenAt: at };
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
