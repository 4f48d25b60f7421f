import type { IsoDate, Mapped, Scope, Tristate } from "../../src/common.js";
import type {
  BillingMode,
  InstanceDisk,
  InstanceLock,
  InstanceNetworkInterface,
  InstanceRecord,
  InstanceState,
  PublicAddress,
} from "../../src/instances.js";
import type { RecoverableUntil } from "../../src/termination.js";
import type { Wire } from "../../src/wire.js";
import { momentOf } from "./times.js";

/** An instance as CVM shows it now: its record, and what only this adapter's decisions need. */
export interface SeenInstance {
  readonly record: InstanceRecord;
  readonly facts: InstanceFacts;
}

/** What a CVM instance says of itself beyond the neutral record. */
export interface InstanceFacts {
  readonly chargeType: string;
  readonly renewFlag?: string;
  readonly restrictState: string;
  readonly isolatedSource: string;
  /** `OPERATING` while something runs. Never proof of an end: it reads SUCCESS while the state still changes. */
  readonly operationState?: string;
  readonly operation?: string;
  readonly stopChargingMode?: string;
  readonly keyIds: readonly string[];
  readonly roleName?: string;
  readonly hostId?: string;
  readonly imageId?: string;
  /** Security groups are of one project, as instances are. */
  readonly projectId: string;
  readonly placementGroupIds: readonly string[];
  /** The cluster of machines on a fast network that it is part of. */
  readonly fastClusterId?: string;
  /** The account's own cluster of hosts that it runs on. */
  readonly dedicatedClusterId?: string;
  readonly isGateway: boolean;
  readonly disks: ReadonlyMap<string, DiskFacts>;
  /** Disks of the host, which CBS does not know. */
  readonly localDiskIds: ReadonlySet<string>;
  /** Disks that one of the two sources shows and the other does not; empty when both agree. */
  readonly disputedDiskIds: readonly string[];
}

/** What CBS says of one disk. */
export interface DiskFacts {
  readonly id: string;
  readonly name: string;
  readonly usage: "system" | "data";
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  readonly state: string;
  readonly chargeType: string;
  readonly portable: boolean;
  readonly deleteWithInstance: Tristate;
  /** Whether its snapshots die with it. */
  readonly deletesSnapshots: boolean;
  readonly snapshotAbility: boolean;
  /** How many snapshots it has; absent where that is not said. */
  readonly snapshotCount?: number;
  readonly backupCount: number;
  readonly instanceIds: readonly string[];
  readonly createdAt?: IsoDate;
  readonly tags: Readonly<Record<string, string>>;
}

/** What else was read to complete a record. */
export interface RecordContext {
  readonly scope: Scope;
  readonly seenAt: IsoDate;
  /** Disks by the instance they hang on; `undefined` where they could not be read. */
  readonly disksOf?: ReadonlyMap<string, readonly DiskFacts[]> | undefined;
  /** Interfaces by instance; `undefined` where they were not read. */
  readonly interfacesOf?: ReadonlyMap<string, readonly InstanceNetworkInterface[]> | undefined;
  /** Elastic addresses by public IP; `undefined` where they were not read. */
  readonly elastic?: ReadonlyMap<string, ElasticAddress> | undefined;
  /** Elastic addresses of IPv6 by public IP, of instances that show one; `undefined` where they were not read. */
  readonly version6?: ReadonlyMap<string, ElasticAddress> | undefined;
  /** Release timers by instance. */
  readonly timers?: ReadonlyMap<string, IsoDate> | undefined;
}

/** An elastic address, as far as a record needs it. */
export interface ElasticAddress {
  readonly id: string;
  /** Released by the cloud as soon as it is unbound. */
  readonly cascadeRelease: boolean;
  /** The instance that has it, on whichever interface. */
  readonly holderId?: string;
}

/** CVM's states ("Instance", data types of cvm 2017-03-12). What is not here, such as `BANNING`, is unknown. */
const states: Readonly<Record<string, InstanceState>> = {
  PENDING: "pending",
  STARTING: "pending",
  REBOOTING: "pending",
  RUNNING: "running",
  STOPPING: "stopping",
  STOPPED: "stopped",
  SHUTDOWN: "recycled",
  TERMINATING: "terminating",
  ENTER_RESCUE_MODE: "stopping",
  RESCUE_MODE: "stopped",
  EXIT_RESCUE_MODE: "pending",
  ENTER_SERVICE_LIVE_MIGRATE: "running",
  SERVICE_LIVE_MIGRATE: "running",
  EXIT_SERVICE_LIVE_MIGRATE: "running",
};

/** What each charge type means. An unknown one is refused. */
const billingModes: Readonly<Record<string, BillingMode>> = {
  PREPAID: "prepaid",
  POSTPAID_BY_HOUR: "on-demand",
  SPOTPAID: "spot",
  // On a dedicated host or cluster: the host is what is paid for, the instance ends like a postpaid one.
  CDHPAID: "on-demand",
  CDCPAID: "on-demand",
};

/** Reads one element of DescribeInstances. */
export function seenInstance(wire: Wire, context: RecordContext): SeenInstance {
  const id = wire.need("InstanceId");
  const { scope, seenAt } = context;
  const disks = context.disksOf?.get(id) ?? [];
  const facts = factsOf(wire, disks);
  const state = stateOf(wire);
  const billing = billingOf(wire);
  const tags = tagsOf(wire);
  const createdAt = momentOf(wire.text("CreatedTime"));
  const network = wire.object("VirtualPrivateCloud");
  const networkInterfaces = context.interfacesOf?.get(id) ?? [];
  const scheduledReleaseAt = context.timers?.get(id);
  const record: InstanceRecord = {
    ...scope,
    id,
    name: wire.text("InstanceName") ?? "",
    state,
    billing,
    protection: { termination: wire.flag("DisableApiTermination") ?? "unknown", locks: locksOf(facts) },
    zone: wire.object("Placement")?.text("Zone") ?? "",
    ...given("vpcId", network?.text("VpcId")),
    ...given("subnetId", network?.text("SubnetId")),
    privateIps: unique([...wire.texts("PrivateIpAddresses"), ...networkInterfaces.flatMap((one) => one.privateIps)]),
    publicAddresses: publicAddressesOf(wire, context),
    disks: disksOf(wire, facts, context),
    networkInterfaces,
    securityGroupIds: unique([
      ...wire.texts("SecurityGroupIds"),
      ...networkInterfaces.flatMap((one) => one.securityGroupIds),
    ]),
    tags,
    ...(scheduledReleaseAt === undefined ? {} : { scheduledReleaseAt }),
    ...(state.unified === "recycled" ? { recycled: recycledOf(facts, billing.expiresAt) } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    seenAt,
  };
  return { record, facts };
}

/** Tags as a plain object. Recordings carry `Key` and `tagKey` side by side. */
export function tagsOf(wire: Wire): Readonly<Record<string, string>> {
  return tagPairs(wire, "Tags");
}

/** Tags under whatever name a listing has for them: `Tags` in CVM and CBS, `TagSet` in VPC. */
export function tagPairs(wire: Wire, field: "Tags" | "TagSet"): Readonly<Record<string, string>> {
  return Object.fromEntries(
    wire.list(field).flatMap((tag) => {
      const key = tag.text("Key") ?? tag.text("tagKey");
      return key === undefined ? [] : [[key, tag.text("Value") ?? tag.text("tagValue") ?? ""]];
    }),
  );
}

function stateOf(wire: Wire): Mapped<InstanceState> {
  const raw = wire.text("InstanceState") ?? "";
  return { unified: states[raw] ?? "unknown", raw };
}

function billingOf(wire: Wire): InstanceRecord["billing"] {
  const raw = wire.text("InstanceChargeType") ?? "";
  const unified = billingModes[raw] ?? "unknown";
  const expiresAt = unified === "prepaid" ? momentOf(wire.text("ExpiredTime")) : undefined;
  return { unified, raw, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

/** What the platform holds against an instance: `RestrictState`, and isolation for debts. */
function locksOf({ restrictState, isolatedSource }: InstanceFacts): readonly InstanceLock[] {
  if (restrictState === "PROTECTIVELY_ISOLATED") return [{ unified: "security", raw: restrictState }];
  if (isolatedSource === "ARREAR") return [{ unified: "overdue", raw: isolatedSource }];
  return [];
}

const binHours = 168;

/** Why it is in the bin. Only an expired one tells when it got there; a returned one's days count from our request. */
function recycledOf(
  { isolatedSource }: InstanceFacts,
  expiresAt: IsoDate | undefined,
): NonNullable<InstanceRecord["recycled"]> {
  const causes = { MANMADE: "returned", EXPIRE: "expired", ARREAR: "overdue" } as const;
  const cause = isolatedSource in causes ? causes[isolatedSource as keyof typeof causes] : "unknown";
  const until: RecoverableUntil =
    cause === "expired" && expiresAt !== undefined
      ? { basis: "computed", at: new Date(Date.parse(expiresAt) + binHours * 3_600_000).toISOString() }
      : { basis: "unknown" };
  return { cause, until };
}

/**
 * An ordinary public address goes with the instance; an elastic one stays, unless it says that it cascades. The instance
 * names the addresses of its primary interface only.
 */
function publicAddressesOf(wire: Wire, { elastic, version6 }: RecordContext): readonly PublicAddress[] {
  const id = wire.need("InstanceId");
  const all = new Map([...(elastic ?? []), ...(version6 ?? [])]);
  const elsewhere = [...all].filter(([, { holderId }]) => holderId === id).map(([ip]) => ip);
  return unique([...wire.texts("PublicIpAddresses"), ...wire.texts("PublicIPv6Addresses"), ...elsewhere]).map((ip) => {
    const known = all.get(ip);
    if (known) return { id: known.id, ip, kind: "elastic" as const, releasedWithInstance: known.cascadeRelease };
    const listing = ip.includes(":") ? version6 : elastic;
    return {
      ip,
      kind: "ephemeral" as const,
      releasedWithInstance: listing === undefined ? ("unknown" as const) : true,
    };
  });
}

function disksOf(wire: Wire, facts: InstanceFacts, context: RecordContext): readonly InstanceDisk[] {
  const instanceId = wire.need("InstanceId");
  const system = wire.object("SystemDisk");
  const listed = [
    ...(system?.text("DiskId") === undefined || system === undefined
      ? []
      : [instanceDisk(system, "system", instanceId, facts, context)]),
    ...wire
      .list("DataDisks")
      .flatMap((disk) =>
        disk.text("DiskId") === undefined ? [] : [instanceDisk(disk, "data", instanceId, facts, context)],
      ),
  ];
  const ids = new Set(listed.map((disk) => disk.id));
  // A disk that only CBS shows still hangs on the instance; it is written in rather than lost.
  const unlisted = [...facts.disks.values()]
    .filter((disk) => !ids.has(disk.id))
    .map((disk) => unlistedDisk(disk, instanceId));
  return [...listed, ...unlisted];
}

function instanceDisk(
  wire: Wire,
  role: "system" | "data",
  instanceId: string,
  facts: InstanceFacts,
  { disksOf }: RecordContext,
): InstanceDisk {
  const id = wire.need("DiskId");
  const known = facts.disks.get(id);
  const local = (wire.text("DiskType") ?? "").startsWith("LOCAL");
  const flagged = known?.deleteWithInstance ?? wire.flag("DeleteWithInstance") ?? "unknown";
  return {
    id,
    role,
    sizeGiB: known?.sizeGiB ?? wire.number("DiskSize") ?? "unknown",
    encrypted: known?.encrypted ?? wire.flag("Encrypt") ?? "unknown",
    ephemeral: local && role === "data",
    deletedWithInstance: fateOf({ role, local, known, flagged, cbsRead: disksOf !== undefined }),
    ...sharedWith(known, instanceId),
  };
}

/** Whether a disk dies: what cannot be detached shares the instance's fate, a prepaid elastic disk never does. */
function fateOf(disk: {
  readonly role: "system" | "data";
  readonly local: boolean;
  readonly known: DiskFacts | undefined;
  readonly flagged: Tristate;
  readonly cbsRead: boolean;
}): Tristate {
  if (disk.role === "system" || disk.local) return true;
  if (!disk.known) return disk.cbsRead ? disk.flagged : "unknown";
  if (!disk.known.portable) return true;
  if (disk.known.chargeType === "PREPAID") return false;
  return disk.flagged;
}

function unlistedDisk(disk: DiskFacts, instanceId: string): InstanceDisk {
  return {
    id: disk.id,
    role: disk.usage,
    sizeGiB: disk.sizeGiB,
    encrypted: disk.encrypted,
    ephemeral: false,
    deletedWithInstance: disk.portable && disk.chargeType === "PREPAID" ? false : disk.deleteWithInstance,
    ...sharedWith(disk, instanceId),
  };
}

function sharedWith(known: DiskFacts | undefined, instanceId: string): { readonly sharedWith?: readonly string[] } {
  const sharers = (known?.instanceIds ?? []).filter((holder) => holder !== instanceId);
  return sharers.length === 0 ? {} : { sharedWith: sharers };
}

function factsOf(wire: Wire, disks: readonly DiskFacts[]): InstanceFacts {
  const listed = [wire.object("SystemDisk"), ...wire.list("DataDisks")].flatMap((disk) => disk?.text("DiskId") ?? []);
  const local = new Set(
    [wire.object("SystemDisk"), ...wire.list("DataDisks")].flatMap((disk) =>
      (disk?.text("DiskType") ?? "").startsWith("LOCAL") ? (disk?.text("DiskId") ?? []) : [],
    ),
  );
  const known = new Map(disks.map((disk) => [disk.id, disk]));
  return {
    chargeType: wire.text("InstanceChargeType") ?? "",
    ...given("renewFlag", wire.text("RenewFlag")),
    restrictState: wire.text("RestrictState") ?? "",
    isolatedSource: wire.text("IsolatedSource") ?? "",
    ...given("operationState", wire.text("LatestOperationState")),
    ...given("operation", wire.text("LatestOperation")),
    ...given("stopChargingMode", wire.text("StopChargingMode")),
    keyIds: wire.object("LoginSettings")?.texts("KeyIds") ?? [],
    ...given("roleName", wire.text("CamRoleName")),
    ...given("hostId", wire.object("Placement")?.text("HostId")),
    ...given("imageId", wire.text("ImageId")),
    ...given("fastClusterId", wire.text("HpcClusterId")),
    ...given("dedicatedClusterId", wire.text("DedicatedClusterId")),
    projectId: wire.object("Placement")?.text("ProjectId") ?? "0",
    placementGroupIds: unique([
      ...wire.texts("DisasterRecoverGroupIds"),
      ...(wire.text("DisasterRecoverGroupId") ? [wire.need("DisasterRecoverGroupId")] : []),
    ]),
    isGateway: wire.object("VirtualPrivateCloud")?.flag("AsVpcGateway") ?? false,
    disks: known,
    localDiskIds: local,
    disputedDiskIds: [
      // Local disks belong to the host and are unknown to CBS.
      ...listed.filter((diskId) => !known.has(diskId) && !local.has(diskId)),
      ...[...known.keys()].filter((diskId) => !listed.includes(diskId)),
    ],
  };
}

/** Reads one element of DescribeDisks. */
export function diskFacts(wire: Wire): DiskFacts {
  const createdAt = momentOf(wire.text("CreateTime"));
  const instanceId = wire.text("InstanceId");
  const snapshotCount = wire.number("SnapshotCount");
  return {
    id: wire.need("DiskId"),
    name: wire.text("DiskName") ?? "",
    usage: wire.text("DiskUsage") === "SYSTEM_DISK" ? "system" : "data",
    sizeGiB: wire.number("DiskSize") ?? 0,
    encrypted: wire.flag("Encrypt") ?? false,
    ...given("kmsKeyId", wire.text("KmsKeyId")),
    state: wire.text("DiskState") ?? "unknown",
    chargeType: wire.text("DiskChargeType") ?? "",
    portable: wire.flag("Portable") ?? false,
    deleteWithInstance: wire.flag("DeleteWithInstance") ?? "unknown",
    deletesSnapshots: wire.number("DeleteSnapshot") === 1,
    snapshotAbility: wire.flag("SnapshotAbility") ?? false,
    ...(snapshotCount === undefined ? {} : { snapshotCount }),
    backupCount: wire.number("DiskBackupCount") ?? 0,
    instanceIds: unique([...(instanceId === undefined ? [] : [instanceId]), ...wire.texts("InstanceIdList")]),
    ...(createdAt === undefined ? {} : { createdAt }),
    tags: tagsOf(wire),
  };
}

/** A field where there is a value, nothing where there is none. */
export function given<Name extends string>(name: Name, value: string | undefined): { readonly [K in Name]?: string } {
  // A computed key is widened to any string by the compiler; the name is the one given.
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]?: string });
}

function unique(items: readonly string[]): readonly string[] {
  return [...new Set(items)];
}
