import { chunk } from "../../src/batch.js";
import { isoNow } from "../../src/clock.js";
import type { IsoDate } from "../../src/common.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import type { InstanceNetworkInterface } from "../../src/instances.js";
import { lazy } from "../../src/lazy.js";
import type { Evidence } from "../../src/verification.js";
import type { Wire } from "../../src/wire.js";
import type { TencentCall } from "./call.js";
import { inPieces } from "./pieces.js";
import { type DiskFacts, diskFacts, type RecordContext, type SeenInstance, seenInstance } from "./record.js";
import { momentOf } from "./times.js";
import { readVersion6 } from "./version6.js";

/** Ids one call takes, in CVM, CBS and VPC alike (each operation's `InstanceIds`, `DiskIds`, filter values). */
export const idLimit = 100;

/** Form of a CVM instance id. */
export const instanceIdForm = /^ins-[0-9a-z]{8,}$/;

/** What a bulk look at instances showed. */
export interface SeenInstances {
  /** By id; an id that is missing was not listed. */
  readonly byId: ReadonlyMap<string, SeenInstance>;
  readonly evidence: Evidence;
}

/** Parts of instances that could not be read, with the reason. */
export type Unread = Readonly<Partial<Record<"disks" | "interfaces" | "addresses" | "timers", Problem>>>;

/** A bulk look that went as far as it was let. */
export interface SeenWithGaps extends SeenInstances {
  readonly unread: Unread;
}

/**
 * Reads instances in bulk, with their disks, interfaces, elastic addresses and release timers. Throws where one of
 * these cannot be read: whoever acts must know them all.
 */
export async function readInstances(call: TencentCall, ids: readonly string[]): Promise<SeenInstances> {
  const { unread, ...seen } = await readWithGaps(call, ids);
  const [problem] = Object.values(unread);
  if (problem) throw new DecommissionError(problem);
  return seen;
}

/** The same for whoever only looks: a record whose disks may not be read is still a record. */
export async function readWithGaps(call: TencentCall, ids: readonly string[]): Promise<SeenWithGaps> {
  return await complete(call, await describeInstances(call, ids));
}

/** The same for every instance that fits filters. */
export async function readWithGapsBy(call: TencentCall, filters: readonly CvmFilter[]): Promise<SeenWithGaps> {
  return await complete(call, await describeBy(call, filters));
}

async function complete(call: TencentCall, wires: readonly Wire[]): Promise<SeenWithGaps> {
  const present = wires.map((wire) => wire.need("InstanceId"));
  const interfaces = lazy(() => readInterfacesOf(call, present));
  const [disksOf, interfacesOf, elastic, version6, timers] = await Promise.all([
    unlessRefused(() => readDisksOf(call, present)),
    unlessRefused(interfaces),
    unlessRefused(async () => await readElasticOf(call, present, await interfaces())),
    // Without it an address of IPv6 is only known to be there: not to die, and not to stay.
    unlessRefused(async () => await readVersion6Of(call, wires, await interfaces())),
    unlessRefused(() => readTimersOf(call, present)),
  ]);
  const seen = assemble(call, wires, {
    disksOf: disksOf.found,
    interfacesOf: interfacesOf.found,
    elastic: elastic.found,
    version6: version6.found,
    timers: timers.found,
  });
  return {
    ...seen,
    unread: {
      ...(disksOf.problem ? { disks: disksOf.problem } : {}),
      ...(interfacesOf.problem ? { interfaces: interfacesOf.problem } : {}),
      ...(elastic.problem ? { addresses: elastic.problem } : {}),
      ...(timers.problem ? { timers: timers.problem } : {}),
    },
  };
}

/** What a read answered, or why it did not. */
async function unlessRefused<T>(read: () => Promise<T>): Promise<{ readonly found?: T; readonly problem?: Problem }> {
  try {
    return { found: await read() };
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
    return { problem: error.problem };
  }
}

/** States alone: for polling, and for the re-read right before a termination. */
export async function readStates(call: TencentCall, ids: readonly string[]): Promise<SeenInstances> {
  return assemble(call, await describeInstances(call, ids), {});
}

/** States, and when those that are paid by use are due to be released. */
export async function readStatesAndTimers(call: TencentCall, ids: readonly string[]): Promise<SeenInstances> {
  const wires = await describeInstances(call, ids);
  // Only what is paid by use can have a timer ("ImportInstancesActionTimer").
  const timed = wires
    .filter((wire) => wire.text("InstanceChargeType") !== "PREPAID")
    .map((wire) => wire.need("InstanceId"));
  return assemble(call, wires, { timers: await readTimersOf(call, timed) });
}

/** One element of DescribeInstances for each id that is listed. */
export async function describeInstances(call: TencentCall, ids: readonly string[]): Promise<readonly Wire[]> {
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) =>
      call.pages(
        "cvm",
        "DescribeInstances",
        { InstanceIds: [...piece] },
        { field: "InstanceSet", id: "InstanceId", most: piece.length },
      ),
    ),
  );
  return pieces.flat();
}

/** A filter of a listing: an item fits when it has one of the values. */
export interface CvmFilter {
  readonly Name: string;
  readonly Values: readonly string[];
}

/** One element of DescribeInstances for each instance that fits all filters; without filters, for each of the region. */
export async function describeBy(call: TencentCall, filters: readonly CvmFilter[]): Promise<readonly Wire[]> {
  const parameters = filters.length === 0 ? {} : { Filters: filters };
  return await call.pages("cvm", "DescribeInstances", parameters, { field: "InstanceSet", id: "InstanceId" });
}

/** Makes records of what was listed. */
export function assemble(
  call: TencentCall,
  wires: readonly Wire[],
  read: Omit<RecordContext, "scope" | "seenAt">,
): SeenInstances {
  const at = isoNow(call.requests.clock);
  const context: RecordContext = { ...read, scope: call.scope, seenAt: at };
  const byId = new Map(wires.map((wire) => [wire.need("InstanceId"), seenInstance(wire, context)]));
  const said = `${byId.size} of the instances asked for are listed`;
  return { byId, evidence: { api: "cvm:DescribeInstances", said, at } };
}

/** The disks that hang on instances, by instance: the second source that confirms the set of disks. */
export async function readDisksOf(
  call: TencentCall,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, readonly DiskFacts[]>> {
  const disks = await inPieces(instanceIds, idLimit, (values) =>
    call.pages(
      "cbs",
      "DescribeDisks",
      { Filters: [{ Name: "instance-id", Values: values }] },
      { field: "DiskSet", id: "DiskId" },
    ),
  );
  const byInstance = new Map<string, DiskFacts[]>();
  for (const disk of disks.map(diskFacts)) {
    for (const holder of disk.instanceIds) byInstance.set(holder, [...(byInstance.get(holder) ?? []), disk]);
  }
  return byInstance;
}

/** The network interfaces of instances, by instance. */
export async function readInterfacesOf(
  call: TencentCall,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, readonly InstanceNetworkInterface[]>> {
  const wires = await inPieces(instanceIds, idLimit, (values) =>
    call.pages(
      "vpc",
      "DescribeNetworkInterfaces",
      { Filters: [{ Name: "attachment.instance-id", Values: values }] },
      { field: "NetworkInterfaceSet", id: "NetworkInterfaceId" },
    ),
  );
  const byInstance = new Map<string, InstanceNetworkInterface[]>();
  for (const wire of wires) {
    const holder = wire.object("Attachment")?.text("InstanceId");
    if (holder === undefined) continue;
    const primary = wire.flag("Primary") ?? false;
    const networkInterface: InstanceNetworkInterface = {
      id: wire.need("NetworkInterfaceId"),
      primary,
      // The primary interface goes with its instance; one that was created apart is detached and stays.
      deletedWithInstance: primary,
      privateIps: wire.list("PrivateIpAddressSet").map((address) => address.need("PrivateIpAddress")),
      securityGroupIds: wire.texts("GroupSet"),
    };
    byInstance.set(holder, [...(byInstance.get(holder) ?? []), networkInterface]);
  }
  return byInstance;
}

/**
 * The elastic addresses of instances, by IP. Those on secondary interfaces are asked for by interface: the filter by
 * instance is not said to cover them ("Filters", DescribeAddresses, vpc 2017-03-12).
 */
export async function readElasticOf(
  call: TencentCall,
  instanceIds: readonly string[],
  interfacesOf: ReadonlyMap<string, readonly InstanceNetworkInterface[]>,
): Promise<NonNullable<RecordContext["elastic"]>> {
  const holders = new Map(instanceIds.map((id) => [id, id]));
  const secondary: string[] = [];
  for (const [instanceId, interfaces] of interfacesOf) {
    for (const { id, primary } of interfaces) {
      holders.set(id, instanceId);
      if (!primary) secondary.push(id);
    }
  }
  const [byInstance, byInterface] = await Promise.all([
    addressesBy(call, "instance-id", instanceIds),
    addressesBy(call, "network-interface-id", secondary),
  ]);
  return new Map(
    [...byInstance, ...byInterface].map((wire) => {
      const holderId = holders.get(wire.text("InstanceId") ?? "") ?? holders.get(wire.text("NetworkInterfaceId") ?? "");
      const address = { id: wire.need("AddressId"), cascadeRelease: wire.flag("CascadeRelease") ?? false };
      return [wire.need("AddressIp"), holderId === undefined ? address : { ...address, holderId }];
    }),
  );
}

/** The elastic IPv6 addresses of instances that show one. Most have none, and are not asked about. */
async function readVersion6Of(
  call: TencentCall,
  wires: readonly Wire[],
  interfacesOf: ReadonlyMap<string, readonly InstanceNetworkInterface[]>,
): Promise<NonNullable<RecordContext["elastic"]>> {
  const showing = wires.filter((wire) => wire.texts("PublicIPv6Addresses").length > 0);
  if (showing.length === 0) return new Map();
  const instanceIds = showing.map((wire) => wire.need("InstanceId"));
  const holders = new Map(instanceIds.map((id) => [id, id]));
  for (const id of instanceIds) for (const one of interfacesOf.get(id) ?? []) holders.set(one.id, id);
  const interfaceIds = [...holders.keys()].filter((id) => !instanceIds.includes(id));
  const found = await readVersion6(call, { instanceIds, interfaceIds });
  return new Map(
    found.map(({ id, ip, boundTo, cascadeRelease }) => {
      const [holderId] = boundTo.flatMap((one) => holders.get(one) ?? []);
      return [ip, { id, cascadeRelease, ...(holderId === undefined ? {} : { holderId }) }];
    }),
  );
}

async function addressesBy(call: TencentCall, filter: string, ids: readonly string[]): Promise<readonly Wire[]> {
  return await inPieces(ids, idLimit, (values) =>
    call.pages(
      "vpc",
      "DescribeAddresses",
      { Filters: [{ Name: filter, Values: values }] },
      { field: "AddressSet", id: "AddressId" },
    ),
  );
}

/** When instances are due to be released by a timer, by instance. */
export async function readTimersOf(
  call: TencentCall,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, IsoDate>> {
  const timers = await readTimers(call, instanceIds);
  return new Map([...timers].map(([instanceId, { at }]) => [instanceId, at]));
}

/** A release that is due: the timer's id and its moment. */
export interface ReleaseTimer {
  readonly id: string;
  readonly at: IsoDate;
}

/** The release timers that are still to run, by instance. */
export async function readTimers(
  call: TencentCall,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, ReleaseTimer>> {
  const wires = await inPieces(instanceIds, idLimit, async (values) => {
    const parameters = { InstanceIds: values, StatusList: ["UNDO"], TimerAction: "TerminateInstances" };
    const { body } = await call.read("cvm", "DescribeInstancesActionTimer", parameters);
    return body.needList("ActionTimers");
  });
  return new Map(
    wires.flatMap((wire) => {
      const at = momentOf(wire.text("ActionTime"));
      const holder = wire.text("InstanceId");
      return at === undefined || holder === undefined
        ? []
        : [[holder, { id: wire.need("ActionTimerId"), at }] as const];
    }),
  );
}
