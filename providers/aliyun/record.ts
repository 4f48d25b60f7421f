import { unique } from "../../src/batch.js";
import type { Mapped, Scope, Tristate } from "../../src/common.js";
import type {
  BillingMode,
  InstanceDisk,
  InstanceLock,
  InstanceNetworkInterface,
  InstanceRecord,
  InstanceState,
  PublicAddress,
} from "../../src/instances.js";
import type { Wire } from "../../src/wire.js";
import { type DiskFacts, isLocalDisk } from "./disk-facts.js";
import type { InterfaceFacts } from "./interface-facts.js";
import { innerList, innerTexts, tagsOf } from "./listings.js";

/** An instance as ECS shows it now: its record, and what only this adapter's decisions need. */
export interface SeenInstance {
  readonly record: InstanceRecord;
  readonly facts: InstanceFacts;
}

/** What an ECS instance says of itself beyond the neutral record. */
export interface InstanceFacts {
  readonly instanceType: string;
  /** `PostPaid` or `PrePaid`. It alone decides how an instance is paid: `ExpiredTime` is a real date for all. */
  readonly chargeType: string;
  /** `KeepCharging`, `StopCharging`; absent while it runs. */
  readonly stoppedMode?: string;
  readonly keyPair?: string;
  readonly deploymentSetId?: string;
  readonly dedicatedHostId?: string;
  readonly hpcClusterId?: string;
  readonly capacityReservationId?: string;
  readonly imageId?: string;
  readonly hostName?: string;
  /** A preview by invitation; nothing is promised on it. */
  readonly recyclable: boolean;
  /** What DescribeDisks said of each of its disks. Empty where disks were not read. */
  readonly disks: readonly DiskFacts[];
  /** What DescribeNetworkInterfaces said of each of its interfaces. Empty where they were not read. */
  readonly interfaces: readonly InterfaceFacts[];
  /** Disks that one of the two listings shows on it and the other does not; empty when both agree. */
  readonly disputedDiskIds: readonly string[];
  /** Interfaces of which only the id is known. */
  readonly unreadInterfaceIds: readonly string[];
}

/** Which disks there are, and on which instances, as a second listing has it. */
export interface DiskOpinion {
  readonly byInstance: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every disk listed. One that several instances share names one of them, or none. */
  readonly all: ReadonlySet<string>;
}

/** What else was read to complete a record. */
export interface RecordContext {
  readonly scope: Scope;
  readonly seenAt: string;
  /** Disks by the instance they hang on. Absent: not read. */
  readonly disksOf?: ReadonlyMap<string, readonly DiskFacts[]>;
  /** What the second listing of disks shows. Absent: not read. */
  readonly opinion?: DiskOpinion;
  /** Network interfaces by id. Absent: not read. */
  readonly interfaces?: ReadonlyMap<string, InterfaceFacts>;
}

/** The states of the current API. None says "released": the id just vanishes ("Status", DescribeInstances). */
const states: Readonly<Record<string, InstanceState>> = {
  Pending: "pending",
  Starting: "pending",
  Running: "running",
  Stopping: "stopping",
  Stopped: "stopped",
};

/** `OperationLocks.LockReason[].LockReason`; a reason that is not listed is `unknown`. */
const lockReasons: Readonly<Record<string, InstanceLock["unified"]>> = {
  financial: "overdue",
  security: "security",
  Recycling: "reclaim",
  dedicatedhostfinancial: "platform",
  refunded: "refunded",
};

/** Reads one element of DescribeInstances. */
export function seenInstance(wire: Wire, context: RecordContext): SeenInstance {
  const id = wire.need("InstanceId");
  const network = wire.object("VpcAttributes");
  const vpcId = network?.text("VpcId");
  const subnetId = network?.text("VSwitchId");
  const createdAt = wire.date("CreationTime");
  const startedAt = wire.date("StartTime");
  const scheduledReleaseAt = wire.date("AutoReleaseTime");
  const locks = locksOf(wire);
  const networkInterfaces = interfacesOf(wire, context);
  const record: InstanceRecord = {
    cloud: context.scope.cloud,
    accountId: context.scope.accountId,
    region: context.scope.region,
    id,
    name: wire.text("InstanceName") ?? "",
    state: stateOf(wire),
    billing: billingOf(wire),
    protection: { termination: wire.flag("DeletionProtection") ?? "unknown", locks },
    zone: wire.text("ZoneId") ?? "",
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(subnetId === undefined ? {} : { subnetId }),
    privateIps: unique([
      ...networkInterfaces.flatMap(({ privateIps }) => privateIps),
      ...(network ? innerTexts(network, "PrivateIpAddress.IpAddress") : []),
      ...innerTexts(wire, "InnerIpAddress.IpAddress"),
    ]),
    publicAddresses: publicAddressesOf(wire, context),
    disks: disksOf(wire, id, locks, context),
    networkInterfaces,
    securityGroupIds: unique([
      ...networkInterfaces.flatMap(({ securityGroupIds }) => securityGroupIds),
      ...innerTexts(wire, "SecurityGroupIds.SecurityGroupId"),
    ]),
    tags: tagsOf(wire),
    ...(scheduledReleaseAt === undefined ? {} : { scheduledReleaseAt }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(startedAt === undefined ? {} : { startedAt }),
    seenAt: context.seenAt,
  };
  return { record, facts: factsOf(wire, id, context) };
}

function stateOf(wire: Wire): Mapped<InstanceState> {
  const raw = wire.text("Status") ?? "";
  return { unified: states[raw] ?? "unknown", raw };
}

/** Spot instances are pay-as-you-go ones with a strategy. Only a subscription has an end that means anything. */
function billingOf(wire: Wire): InstanceRecord["billing"] {
  const raw = wire.text("InstanceChargeType") ?? "";
  const strategy = wire.text("SpotStrategy") ?? "NoSpot";
  if (raw === "PrePaid") {
    const expiresAt = wire.date("ExpiredTime");
    return { unified: "prepaid", raw, ...(expiresAt === undefined ? {} : { expiresAt }) };
  }
  if (raw !== "PostPaid") return { unified: "unknown", raw };
  if (strategy === "NoSpot") return { unified: "on-demand", raw };
  const known: BillingMode | "unknown" = spotStrategies.has(strategy) ? "spot" : "unknown";
  return { unified: known, raw: `${raw}/${strategy}` };
}

const spotStrategies = new Set(["SpotWithPriceLimit", "SpotAsPriceGo"]);

function locksOf(wire: Wire): readonly InstanceLock[] {
  return innerList(wire, "OperationLocks.LockReason").map((lock) => {
    const raw = lock.text("LockReason") ?? "";
    return { unified: lockReasons[raw] ?? "unknown", raw };
  });
}

/** The instance's own list has every interface; groups and flags stand in DescribeNetworkInterfaces. */
function interfacesOf(wire: Wire, { interfaces }: RecordContext): readonly InstanceNetworkInterface[] {
  return innerList(wire, "NetworkInterfaces.NetworkInterface").map((row) => {
    const id = row.need("NetworkInterfaceId");
    const facts = interfaces?.get(id);
    const primary = isPrimary(row, wire, facts);
    return {
      id,
      primary,
      // A primary interface is made and released with its instance.
      deletedWithInstance: primary || (facts?.deleteOnRelease ?? "unknown"),
      privateIps: unique([
        ...some(row.text("PrimaryIpAddress")),
        ...innerList(row, "PrivateIpSets.PrivateIpSet").flatMap((set) => set.text("PrivateIpAddress") ?? []),
        ...innerList(row, "Ipv6Sets.Ipv6Set").flatMap((set) => set.text("Ipv6Address") ?? []),
        ...(facts?.privateIps ?? []),
      ]),
      securityGroupIds:
        facts?.securityGroupIds ?? (primary ? innerTexts(wire, "SecurityGroupIds.SecurityGroupId") : []),
    };
  });
}

/** `Type` is newer than the list (recorded answers of 2018 lack it); the primary interface has the instance's own address. */
function isPrimary(row: Wire, wire: Wire, facts: InterfaceFacts | undefined): boolean {
  const type = row.text("Type");
  if (type !== undefined) return type === "Primary";
  const network = wire.object("VpcAttributes");
  const own = network ? innerTexts(network, "PrivateIpAddress.IpAddress") : [];
  return facts?.primary ?? own.includes(row.text("PrimaryIpAddress") ?? "none");
}

/** A static address goes with its instance; an EIP, on the instance or on an interface, is the account's and stays. */
function publicAddressesOf(wire: Wire, { interfaces }: RecordContext): readonly PublicAddress[] {
  const addresses = new Map<string, PublicAddress>();
  for (const ip of innerTexts(wire, "PublicIpAddress.IpAddress"))
    addresses.set(ip, { ip, kind: "ephemeral", releasedWithInstance: true });
  const elastic = [
    { ip: wire.object("EipAddress")?.text("IpAddress"), id: wire.object("EipAddress")?.text("AllocationId") },
    ...innerList(wire, "NetworkInterfaces.NetworkInterface").flatMap(
      (row) => interfaces?.get(row.need("NetworkInterfaceId"))?.addresses ?? [],
    ),
  ];
  for (const { ip, id } of elastic) {
    if (ip === undefined) continue;
    addresses.set(ip, { ...(id === undefined ? {} : { id }), ip, kind: "elastic", releasedWithInstance: false });
  }
  return [...addresses.values()];
}

function disksOf(
  wire: Wire,
  id: string,
  locks: readonly InstanceLock[],
  context: RecordContext,
): readonly InstanceDisk[] {
  const listed = context.disksOf?.get(id) ?? [];
  const known = new Set(listed.map((disk) => disk.id));
  const locked = locks.some(({ unified }) => unified === "security");
  return [
    ...listed.map((disk) => recordDisk(disk, id, locked)),
    // A disk that only the second listing shows still hangs on the instance; it is written in rather than lost.
    ...[...(context.opinion?.byInstance.get(id) ?? [])].filter((diskId) => !known.has(diskId)).map(bareDisk),
    ...hiddenLocalDisks(wire, id, listed, context),
  ];
}

function recordDisk(disk: DiskFacts, instanceId: string, locked: boolean): InstanceDisk {
  const sharedWith = disk.attachments.map((holder) => holder.instanceId).filter((holder) => holder !== instanceId);
  return {
    id: disk.id,
    role: disk.role,
    sizeGiB: disk.sizeGiB,
    encrypted: disk.encrypted,
    ephemeral: isLocalDisk(disk),
    deletedWithInstance: fateOf(disk, locked),
    ...(sharedWith.length === 0 ? {} : { sharedWith }),
  };
}

/**
 * What happens to a disk at release. A disk of the host, and one that is not portable, goes with its instance whatever
 * the flag says; so does every disk of an instance that is locked for security (DeleteInstance: "this attribute is
 * ignored"). A multi-attach disk has no flag; whether a security lock takes it too is not documented.
 */
function fateOf(disk: DiskFacts, locked: boolean): Tristate {
  if (disk.multiAttach) return locked ? "unknown" : false;
  if (locked || isLocalDisk(disk) || disk.portable === false) return true;
  return disk.deleteWithInstance;
}

function bareDisk(id: string): InstanceDisk {
  return {
    id,
    role: "data",
    sizeGiB: "unknown",
    encrypted: "unknown",
    ephemeral: false,
    deletedWithInstance: "unknown",
  };
}

/** `LocalStorageAmount` counts the disks of the host; what DescribeDisks does not list of them is written in. */
function hiddenLocalDisks(
  wire: Wire,
  id: string,
  listed: readonly DiskFacts[],
  context: RecordContext,
): readonly InstanceDisk[] {
  if (!context.disksOf) return [];
  const missing = (wire.number("LocalStorageAmount") ?? 0) - listed.filter(isLocalDisk).length;
  return Array.from({ length: Math.max(0, missing) }, (_, index) => ({
    id: `${id}/local${index}`,
    role: "data",
    sizeGiB: "unknown",
    encrypted: "unknown",
    ephemeral: true,
    deletedWithInstance: true,
  }));
}

function factsOf(wire: Wire, id: string, context: RecordContext): InstanceFacts {
  const ids = innerList(wire, "NetworkInterfaces.NetworkInterface").map((row) => row.need("NetworkInterfaceId"));
  return {
    instanceType: wire.text("InstanceType") ?? "",
    chargeType: wire.text("InstanceChargeType") ?? "",
    ...given("stoppedMode", meaningful(wire.text("StoppedMode"))),
    ...given("keyPair", wire.text("KeyPairName")),
    ...given("deploymentSetId", wire.text("DeploymentSetId")),
    ...given("dedicatedHostId", wire.object("DedicatedHostAttribute")?.text("DedicatedHostId")),
    ...given("hpcClusterId", wire.text("HpcClusterId")),
    ...given("capacityReservationId", wire.object("EcsCapacityReservationAttr")?.text("CapacityReservationId")),
    ...given("imageId", wire.text("ImageId")),
    ...given("hostName", wire.text("HostName")),
    recyclable: wire.flag("Recyclable") ?? false,
    disks: context.disksOf?.get(id) ?? [],
    interfaces: ids.flatMap((each) => context.interfaces?.get(each) ?? []),
    disputedDiskIds: disputed(id, context),
    unreadInterfaceIds: ids.filter((each) => !context.interfaces?.has(each)),
  };
}

/** Disks of the host need not show in the second listing, which is one of block storage. */
function disputed(id: string, { disksOf, opinion }: RecordContext): readonly string[] {
  const listed = disksOf?.get(id) ?? [];
  const confirmed = opinion?.byInstance.get(id) ?? new Set();
  const agrees = (disk: DiskFacts) =>
    isLocalDisk(disk) || (disk.multiAttach ? opinion?.all.has(disk.id) === true : confirmed.has(disk.id));
  const known = new Set(listed.map((disk) => disk.id));
  return [
    ...listed.filter((disk) => !agrees(disk)).map((disk) => disk.id),
    ...[...confirmed].filter((diskId) => !known.has(diskId)),
  ];
}

/** What is said of a running instance: nothing. */
function meaningful(mode: string | undefined): string | undefined {
  return mode === "Not-applicable" ? undefined : mode;
}

/** A text as a list of one, or of none. */
function some(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

/** A field where there is a value, nothing where there is none. */
function given<Name extends string>(name: Name, value: string | undefined): { readonly [K in Name]?: string } {
  // A computed key is widened to any string by the compiler; the name is the one given.
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]?: string });
}
