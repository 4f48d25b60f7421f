import { chunk, unique } from "../../src/batch.js";
import { isoNow } from "../../src/clock.js";
import type { Evidence } from "../../src/verification.js";
import type { Wire } from "../../src/wire.js";
import type { AwsCall } from "./call.js";
import { type RecordContext, type SeenInstance, seenInstance, type VolumeFacts, volumeFacts } from "./record.js";

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
}

/** Form of an EC2 instance id. */
export const instanceIdForm = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

/**
 * Reads instances in bulk, with their disks. Asked by filter, since ids asked by name fail the whole call when one is
 * absent; managed instances included, since an account can hide them and a live one would look gone.
 */
export async function readInstances(call: AwsCall, ids: readonly string[]): Promise<SeenInstances> {
  const pieces = await Promise.all(
    chunk(ids, filterLimit).map((piece) => describeInstances(call, [{ Name: "instance-id", Values: [...piece] }])),
  );
  return await completed(call, pieces.flat());
}

/** Reads all instances that match EC2 filters, with their disks. */
export async function readInstancesBy(
  call: AwsCall,
  filters: readonly { readonly Name: string; readonly Values: string[] }[],
): Promise<SeenInstances> {
  return await completed(call, await describeInstances(call, filters));
}

/** States alone, at the price of one page: for polling. */
export async function readStates(call: AwsCall, ids: readonly string[]): Promise<SeenInstances> {
  const pieces = await Promise.all(
    chunk(ids, filterLimit).map((piece) => describeInstances(call, [{ Name: "instance-id", Values: [...piece] }])),
  );
  return assemble(call, pieces.flat(), new Map(), new Map());
}

async function describeInstances(
  call: AwsCall,
  filters: readonly { readonly Name: string; readonly Values: string[] }[],
): Promise<readonly Wire[]> {
  const parameters = { Filters: filters, MaxResults: pageLimit, IncludeManagedResources: true };
  const reservations = await call.pages("ec2", "DescribeInstances", parameters, "Reservations");
  return reservations.flatMap((reservation) => reservation.list("Instances"));
}

async function completed(call: AwsCall, wires: readonly Wire[]): Promise<SeenInstances> {
  // A terminated instance has lost its disks and interfaces: there is nothing left to complete.
  const alive = wires.filter((wire) => wire.object("State")?.text("Name") !== "terminated");
  const [volumes, stores] = await Promise.all([
    readVolumesOf(
      call,
      alive.map((wire) => wire.need("InstanceId")),
    ),
    readInstanceStores(call, unique(alive.flatMap((wire) => wire.text("InstanceType") ?? []))),
  ]);
  return assemble(call, wires, volumes, stores);
}

function assemble(
  call: AwsCall,
  wires: readonly Wire[],
  volumesOf: RecordContext["volumesOf"],
  instanceStores: RecordContext["instanceStores"],
): SeenInstances {
  const at = isoNow(call.requests.clock);
  const context: RecordContext = { scope: call.scope, seenAt: at, volumesOf, instanceStores };
  const byId = new Map(wires.map((wire) => [wire.need("InstanceId"), seenInstance(wire, context)]));
  const evidence: Evidence = {
    api: "ec2:DescribeInstances",
    said: `${byId.size} of the instances asked for are listed`,
    at,
  };
  return { byId, evidence };
}

/** The volumes that hang on instances, by instance: the second source that confirms the set of disks. */
export async function readVolumesOf(
  call: AwsCall,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, readonly VolumeFacts[]>> {
  const pieces = await Promise.all(
    chunk(instanceIds, filterLimit).map((piece) =>
      readVolumes(call, [{ Name: "attachment.instance-id", Values: [...piece] }]),
    ),
  );
  const byInstance = new Map<string, VolumeFacts[]>();
  for (const volume of pieces.flat()) {
    for (const { instanceId } of volume.attachments) {
      byInstance.set(instanceId, [...(byInstance.get(instanceId) ?? []), volume]);
    }
  }
  return byInstance;
}

/** Volumes that match EC2 filters. */
export async function readVolumes(
  call: AwsCall,
  filters: readonly { readonly Name: string; readonly Values: string[] }[],
): Promise<readonly VolumeFacts[]> {
  const parameters = { Filters: filters, MaxResults: volumePageLimit, IncludeManagedResources: true };
  return (await call.pages("ec2", "DescribeVolumes", parameters, "Volumes")).map(volumeFacts);
}

/** Types that one DescribeInstanceTypes call takes (EC2 API reference, InstanceType.N). */
const typesPerCall = 100;

async function readInstanceStores(call: AwsCall, types: readonly string[]): Promise<RecordContext["instanceStores"]> {
  const pieces = await Promise.all(
    chunk(types, typesPerCall).map((piece) =>
      call.pages("ec2", "DescribeInstanceTypes", { InstanceTypes: [...piece] }, "InstanceTypes"),
    ),
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
