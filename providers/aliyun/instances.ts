import { chunk, mapConcurrent, unique } from "../../src/batch.js";
import { isoNow } from "../../src/clock.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import type { Evidence } from "../../src/verification.js";
import type { Wire } from "../../src/wire.js";
import { readBulk } from "./bulk.js";
import type { AliyunCall, Listed } from "./call.js";
import { type DiskFacts, diskFacts } from "./disk-facts.js";
import { type InterfaceFacts, interfaceFacts } from "./interface-facts.js";
import { innerList } from "./listings.js";
import { type DiskOpinion, type RecordContext, type SeenInstance, seenInstance } from "./record.js";

/** Ids one request takes: `InstanceIds`, `DiskIds`, `NetworkInterfaceId.N` (DescribeInstancesRequest and the others). */
export const idLimit = 100;

/** Form of an ECS instance id. Ids of the first years are not listed by the current API. */
export const instanceIdForm = /^i-[0-9a-z]+$/;

/** What a bulk look at instances showed. */
export interface SeenInstances {
  /** By id; an id that is missing was not listed. */
  readonly byId: ReadonlyMap<string, SeenInstance>;
  readonly evidence: Evidence;
  /** Why disks or interfaces could not be read, where they could not. */
  readonly unread: UnreadSources;
}

/** Why the sources besides the instances themselves were not read, where they were not. */
export interface UnreadSources {
  /** No disk of any record is known. */
  readonly disks?: Problem;
  /** Nothing confirms the disks: all of them are disputed. */
  readonly confirmation?: Problem;
  /** Groups and flags of interfaces besides the primary one are unknown. */
  readonly interfaces?: Problem;
}

/** Reads instances in bulk, with their disks from two listings and their interfaces. */
export async function readInstances(call: AliyunCall, ids: readonly string[]): Promise<SeenInstances> {
  return await completed(call, await describeByIds(call, ids));
}

/** Reads all instances with these tags, with their disks and interfaces. */
export async function readInstancesByTags(
  call: AliyunCall,
  tags: Readonly<Record<string, string>>,
): Promise<SeenInstances> {
  const filter = { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
  return await completed(call, await call.listed("ecs", "DescribeInstances", filter));
}

/** States alone, at the price of one page for a hundred: for polling. Their records know of no disks. */
export async function readStates(call: AliyunCall, ids: readonly string[]): Promise<SeenInstances> {
  return assemble(call, await describeByIds(call, ids), {});
}

async function describeByIds(call: AliyunCall, ids: readonly string[]): Promise<Listed> {
  return joined(await Promise.all(chunk(ids, idLimit).map((piece) => describePiece(call, piece))));
}

/** Codes for an id that cannot be one. They fail the request for all ids in it. */
const malformedIds = new Set(["InvalidInstanceIds.Malformed", "InvalidInstanceId.Malformed"]);

/** An id that the cloud refuses to look up is not there; its neighbours are asked about again without it. */
async function describePiece(call: AliyunCall, ids: readonly string[]): Promise<Listed> {
  try {
    return await call.listed("ecs", "DescribeInstances", { InstanceIds: JSON.stringify(ids) });
  } catch (error) {
    const cloudCode = DecommissionError.isInstance(error) ? error.problem.cloudCode : undefined;
    if (cloudCode === undefined || !malformedIds.has(cloudCode)) throw error;
    if (ids.length === 1) return { rows: [], requestIds: [] };
    const halves = chunk(ids, Math.ceil(ids.length / 2));
    return joined(await Promise.all(halves.map((half) => describePiece(call, half))));
  }
}

function joined(pieces: readonly Listed[]): Listed {
  return {
    rows: pieces.flatMap(({ rows }) => rows),
    requestIds: pieces.flatMap(({ requestIds }) => requestIds),
  };
}

async function completed(call: AliyunCall, described: Listed): Promise<SeenInstances> {
  const ids = described.rows.map(idOf);
  const [disks, opinion, interfaces] = await Promise.all([
    unlessRefused(() => readDisksOf(call, ids)),
    unlessRefused(() => readOpinion(call, ids)),
    unlessRefused(() => readInterfaces(call, unique(described.rows.flatMap(interfaceIds)))),
  ]);
  return assemble(
    call,
    described,
    {
      ...(disks.found ? { disksOf: disks.found } : {}),
      ...(opinion.found ? { opinion: opinion.found } : {}),
      ...(interfaces.found ? { interfaces: new Map(interfaces.found.map((each) => [each.id, each])) } : {}),
    },
    {
      ...(disks.problem ? { disks: disks.problem } : {}),
      ...(opinion.problem ? { confirmation: opinion.problem } : {}),
      ...(interfaces.problem ? { interfaces: interfaces.problem } : {}),
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
  call: AliyunCall,
  { rows, requestIds }: Listed,
  read: Omit<RecordContext, "scope" | "seenAt">,
  unread: UnreadSources = {},
): SeenInstances {
  const at = isoNow(call.requests.clock);
  const context: RecordContext = { ...read, scope: call.scope, seenAt: at };
  const byId = new Map(rows.map((wire) => [idOf(wire), seenInstance(wire, context)]));
  const [requestId] = requestIds;
  const said = `${byId.size} of the instances asked for are listed`;
  return {
    byId,
    evidence: { api: "ecs:DescribeInstances", ...(requestId === undefined ? {} : { requestId }), said, at },
    unread,
  };
}

const idOf = (wire: Wire) => wire.need("InstanceId");
const interfaceIds = (wire: Wire) =>
  innerList(wire, "NetworkInterfaces.NetworkInterface").map((row) => row.need("NetworkInterfaceId"));

/** `InstanceId` of DescribeDisks takes one id. From this many on, all disks of the region cost fewer requests. */
const askOneByOne = 20;
/** Requests at a time, well below what an account is allowed. */
const concurrency = 5;

/** The disks that hang on instances, by instance. */
export async function readDisksOf(
  call: AliyunCall,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, readonly DiskFacts[]>> {
  const wanted = new Set(instanceIds);
  const rows =
    wanted.size > askOneByOne
      ? await call.pages("ecs", "DescribeDisks")
      : (
          await mapConcurrent([...wanted], concurrency, (id) => call.pages("ecs", "DescribeDisks", { InstanceId: id }))
        ).flat();
  const byInstance = new Map<string, Map<string, DiskFacts>>();
  for (const disk of rows.map(diskFacts)) {
    for (const { instanceId } of disk.attachments) {
      if (!wanted.has(instanceId)) continue;
      const disks = byInstance.get(instanceId) ?? new Map<string, DiskFacts>();
      byInstance.set(instanceId, disks.set(disk.id, disk));
    }
  }
  return new Map([...byInstance].map(([id, disks]) => [id, systemFirst([...disks.values()])]));
}

/** Disks by id, wherever they hang. An id that is missing was not listed. */
export async function readDisks(call: AliyunCall, ids: readonly string[]): Promise<ReadonlyMap<string, DiskFacts>> {
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) => call.pages("ecs", "DescribeDisks", { DiskIds: JSON.stringify(piece) })),
  );
  return new Map(pieces.flat().map((wire) => [wire.need("DiskId"), diskFacts(wire)]));
}

function systemFirst(disks: readonly DiskFacts[]): readonly DiskFacts[] {
  return [...disks.filter(({ role }) => role === "system"), ...disks.filter(({ role }) => role !== "system")];
}

/**
 * The second opinion on which disks an instance has: the listing of their health. It names the instance of each disk,
 * and takes none as a filter, so it is read for the whole region.
 */
async function readOpinion(call: AliyunCall, instanceIds: readonly string[]): Promise<DiskOpinion> {
  const byInstance = new Map<string, Set<string>>();
  const rows = instanceIds.length === 0 ? [] : await call.pages("ecs", "DescribeDisksFullStatus");
  for (const row of rows) {
    const instanceId = row.text("InstanceId");
    if (instanceId === undefined) continue;
    byInstance.set(instanceId, (byInstance.get(instanceId) ?? new Set()).add(row.need("DiskId")));
  }
  return { byInstance, all: new Set(rows.map((row) => row.need("DiskId"))) };
}

/** Network interfaces by id. One that is missing was not listed. */
export async function readInterfaces(call: AliyunCall, ids: readonly string[]): Promise<readonly InterfaceFacts[]> {
  const rows = await readBulk(
    call,
    {
      service: "ecs",
      action: "DescribeNetworkInterfaces",
      some: (piece) => ({ NetworkInterfaceId: [...piece] }),
      batch: idLimit,
      keysOf: (row) => [row.need("NetworkInterfaceId")],
    },
    ids,
  );
  return rows.map(interfaceFacts);
}
