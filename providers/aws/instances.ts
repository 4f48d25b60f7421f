import { chunk, unique } from "../../src/batch.js";
import { isoNow } from "../../src/clock.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import type { Evidence } from "../../src/verification.js";
import type { Wire } from "../../src/wire.js";
import { type BulkAnswer, readBulk, readPages } from "./bulk.js";
import type { AwsCall } from "./call.js";
import {
  publicIpsOf,
  type RecordContext,
  type SeenInstance,
  seenInstance,
  type VolumeFacts,
  volumeFacts,
} from "./record.js";

/** Values one filter takes. Not in the reference, observed as `FilterLimitExceeded`. */
export const filterLimit = 200;
/** Largest page of DescribeInstances and most other EC2 listings (EC2 API reference, MaxResults). */
export const pageLimit = 1000;
/** Largest page of DescribeVolumes that every account takes. */
export const volumePageLimit = 500;

/** What a bulk look at instances showed. */
export interface SeenInstances {
  /** By id; an id that is missing was not listed. */
  readonly byId: ReadonlyMap<string, SeenInstance>;
  readonly evidence: Evidence;
  /** What DescribeVolumes said, by instance. */
  readonly volumesOf: ReadonlyMap<string, readonly VolumeFacts[]>;
  /**
   * Why disks could not be read, where they could not: the records then hold what the instances themselves say, every
   * volume is disputed, and instance stores are not known.
   */
  readonly unread: UnreadSources;
}

/** Why the sources besides the instances themselves were not read, where they were not. */
export interface UnreadSources {
  readonly volumes?: Problem;
  readonly instanceStores?: Problem;
  /** The records' Elastic IPs then have no ids. */
  readonly addresses?: Problem;
}

/** Form of an EC2 instance id. */
export const instanceIdForm = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

/**
 * Reads instances in bulk, with their disks. Asked by filter, since ids asked by name fail the whole call when one is
 * absent; managed instances included, since an account can hide them and a live one would look gone.
 */
export async function readInstances(call: AwsCall, ids: readonly string[]): Promise<SeenInstances> {
  return await completed(call, await describeByIds(call, ids));
}

/** Reads all instances that match EC2 filters, with their disks. */
export async function readInstancesBy(
  call: AwsCall,
  filters: readonly { readonly Name: string; readonly Values: readonly string[] }[],
): Promise<SeenInstances> {
  const parameters = { ...everyInstance, Filters: filters };
  const { items, requestIds } = await readPages(call, "ec2", "DescribeInstances", parameters, "Reservations");
  return await completed(call, { items: items.flatMap(instancesIn), requestIds });
}

/** States alone, at the price of one page: for polling. */
export async function readStates(call: AwsCall, ids: readonly string[]): Promise<SeenInstances> {
  return assemble(call, await describeByIds(call, ids));
}

/** States of all instances that match EC2 filters. */
export async function readStatesBy(
  call: AwsCall,
  filters: readonly { readonly Name: string; readonly Values: readonly string[] }[],
): Promise<SeenInstances> {
  const parameters = { ...everyInstance, Filters: filters };
  const { items, requestIds } = await readPages(call, "ec2", "DescribeInstances", parameters, "Reservations");
  return assemble(call, { items: items.flatMap(instancesIn), requestIds });
}

const everyInstance = { MaxResults: pageLimit, IncludeManagedResources: true };
const instancesIn = (reservation: Wire) => reservation.list("Instances");
const idOf = (instance: Wire) => instance.need("InstanceId");

async function describeByIds(call: AwsCall, ids: readonly string[]): Promise<BulkAnswer> {
  const { items, requestIds } = await readBulk(
    call,
    {
      service: "ec2",
      action: "DescribeInstances",
      list: "Reservations",
      whole: everyInstance,
      some: (piece) => ({ ...everyInstance, Filters: [{ Name: "instance-id", Values: [...piece] }] }),
      batch: filterLimit,
      keysOf: (reservation) => instancesIn(reservation).map(idOf),
      oneEach: true,
    },
    ids,
  );
  const asked = new Set(ids);
  return { items: items.flatMap(instancesIn).filter((instance) => asked.has(idOf(instance))), requestIds };
}

async function completed(call: AwsCall, answer: BulkAnswer): Promise<SeenInstances> {
  // A terminated instance has lost its disks and interfaces: there is nothing left to complete.
  const alive = answer.items.filter((wire) => wire.object("State")?.text("Name") !== "terminated");
  const [volumes, stores, addresses] = await Promise.all([
    unlessRefused(() => readVolumesOf(call, alive.map(idOf))),
    unlessRefused(() => readInstanceStores(call, unique(alive.flatMap((wire) => wire.text("InstanceType") ?? [])))),
    unlessRefused(() => readAllocations(call, alive)),
  ]);
  return assemble(
    call,
    answer,
    {
      ...(volumes.found ? { volumesOf: volumes.found } : {}),
      ...(stores.found ? { instanceStores: stores.found } : {}),
      ...(addresses.found ? { allocations: addresses.found } : {}),
    },
    {
      ...(volumes.problem ? { volumes: volumes.problem } : {}),
      ...(stores.problem ? { instanceStores: stores.problem } : {}),
      ...(addresses.problem ? { addresses: addresses.problem } : {}),
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
  call: AwsCall,
  { items, requestIds }: BulkAnswer,
  read: Partial<Pick<RecordContext, "volumesOf" | "instanceStores" | "allocations">> = {},
  unread: UnreadSources = {},
): SeenInstances {
  const at = isoNow(call.requests.clock);
  const none = { volumesOf: new Map(), instanceStores: new Map(), allocations: new Map() };
  const context: RecordContext = { scope: call.scope, seenAt: at, ...none, ...read };
  const byId = new Map(items.map((wire) => [idOf(wire), seenInstance(wire, context)]));
  const [requestId] = requestIds;
  const evidence: Evidence = {
    api: "ec2:DescribeInstances",
    ...(requestId === undefined ? {} : { requestId }),
    said: `${byId.size} of the instances asked for are listed`,
    at,
  };
  return { byId, evidence, volumesOf: context.volumesOf, unread };
}

/** The volumes that hang on instances, by instance: the second source that confirms the set of disks. */
export async function readVolumesOf(
  call: AwsCall,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, readonly VolumeFacts[]>> {
  const { items } = await readBulk(
    call,
    {
      service: "ec2",
      action: "DescribeVolumes",
      list: "Volumes",
      whole: { ...everyVolume, Filters: [{ Name: "attachment.status", Values: attachedStates }] },
      some: (piece) => ({ ...everyVolume, Filters: [{ Name: "attachment.instance-id", Values: [...piece] }] }),
      batch: filterLimit,
      keysOf: (volume) => volume.list("Attachments").flatMap((attachment) => attachment.text("InstanceId") ?? []),
    },
    instanceIds,
  );
  const byInstance = new Map<string, VolumeFacts[]>();
  for (const volume of items.map(volumeFacts)) {
    for (const { instanceId } of volume.attachments) {
      byInstance.set(instanceId, [...(byInstance.get(instanceId) ?? []), volume]);
    }
  }
  return byInstance;
}

/** Every state of an attachment that holds a volume (DescribeVolumes, filter `attachment.status`). */
const attachedStates = ["attaching", "attached", "detaching"];
const everyVolume = { MaxResults: volumePageLimit, IncludeManagedResources: true };

/** Volumes that match EC2 filters. */
export async function readVolumes(
  call: AwsCall,
  filters: readonly { readonly Name: string; readonly Values: readonly string[] }[],
): Promise<readonly VolumeFacts[]> {
  const parameters = { ...everyVolume, Filters: filters };
  return (await call.pages("ec2", "DescribeVolumes", parameters, "Volumes")).map(volumeFacts);
}

/** Asked only where an instance holds an address that is not AWS's own. It has no pages: all of them is one request. */
async function readAllocations(call: AwsCall, instances: readonly Wire[]): Promise<RecordContext["allocations"]> {
  const ips = unique(instances.flatMap(publicIpsOf).flatMap(([ip, owner]) => (owner === "amazon" ? [] : [ip])));
  if (ips.length === 0) return new Map();
  const filter = ips.length <= filterLimit ? { Filters: [{ Name: "public-ip", Values: [...ips] }] } : {};
  const { body } = await call.read("ec2", "DescribeAddresses", filter);
  return new Map(
    body.needList("Addresses").flatMap((address) => {
      const ip = address.text("PublicIp");
      const id = address.text("AllocationId");
      return ip === undefined || id === undefined ? [] : [[ip, id] as const];
    }),
  );
}

/** Largest page of DescribeInstanceTypes (EC2 API reference, MaxResults). */
const typesPerPage = 100;

/** Asked by filter: a type that the region no longer offers would fail the whole request if it were named. */
async function readInstanceStores(call: AwsCall, types: readonly string[]): Promise<RecordContext["instanceStores"]> {
  const pieces = await Promise.all(
    chunk(types, filterLimit).map((piece) => {
      const parameters = { Filters: [{ Name: "instance-type", Values: [...piece] }], MaxResults: typesPerPage };
      return call.pages("ec2", "DescribeInstanceTypes", parameters, "InstanceTypes");
    }),
  );
  return new Map(
    pieces.flat().map((type) => [
      type.need("InstanceType"),
      (type.object("InstanceStorageInfo")?.list("Disks") ?? []).map((disk) => ({
        sizeGiB: disk.number("SizeInGB") ?? 0,
        count: disk.number("Count") ?? 1,
      })),
    ]),
  );
}
