import type { Mapped, Scope, Tristate } from "../../src/common.js";
import type {
  BillingMode,
  InstanceDisk,
  InstanceNetworkInterface,
  InstanceRecord,
  InstanceState,
  PublicAddress,
} from "../../src/instances.js";
import type { Wire } from "../../src/wire.js";

/** An instance as EC2 shows it now: its record, and what only this adapter's decisions need. */
export interface SeenInstance {
  readonly record: InstanceRecord;
  readonly facts: InstanceFacts;
}

/** What an EC2 instance says of itself beyond the neutral record. */
export interface InstanceFacts {
  readonly instanceType: string;
  /** Root device: a volume, or the host's own disk. */
  readonly rootDevice: "ebs" | "instance-store";
  readonly spotRequestId?: string;
  readonly keyName?: string;
  readonly profileArn?: string;
  readonly placementGroup?: string;
  readonly hostId?: string;
  readonly capacityReservationId?: string;
  readonly imageId?: string;
  readonly dnsNames: readonly string[];
  /** Forwards traffic that is not its own when false: a router or NAT instance. */
  readonly sourceDestCheck: Tristate;
  /** Operated by another AWS service, by its principal. */
  readonly managedBy?: string;
  /** Device name of each volume. */
  readonly devices: ReadonlyMap<string, string>;
  /** Volumes that one of the two sources shows and the other does not; empty when both agree. */
  readonly disputedVolumeIds: readonly string[];
  /** Whether the instance type told of the host's own disks. Where it did not, such disks may be there unseen. */
  readonly instanceStoresKnown: boolean;
}

/** What DescribeVolumes says of one volume. */
export interface VolumeFacts {
  readonly id: string;
  readonly sizeGiB: number | "unknown";
  readonly encrypted: Tristate;
  readonly kmsKeyId?: string;
  readonly state: string;
  readonly createdAt?: string;
  readonly attachments: readonly {
    readonly instanceId: string;
    readonly device?: string;
    readonly deleteWithInstance: Tristate;
  }[];
  readonly tags: Readonly<Record<string, string>>;
}

/** What else was read to complete a record. */
export interface RecordContext {
  readonly scope: Scope;
  readonly seenAt: string;
  /** Volumes by the instance they hang on. */
  readonly volumesOf: ReadonlyMap<string, readonly VolumeFacts[]>;
  /** Instance-store capacity by instance type; a type that is missing was not described. */
  readonly instanceStores: ReadonlyMap<string, readonly { readonly sizeGiB: number; readonly count: number }[]>;
  /** Allocation ids of the account's Elastic IPs, by address: DescribeInstances does not tell them. */
  readonly allocations: ReadonlyMap<string, string>;
}

/** EC2's states. Only these six exist ("InstanceState", EC2 API reference). */
const states: Readonly<Record<string, InstanceState>> = {
  pending: "pending",
  running: "running",
  "shutting-down": "terminating",
  terminated: "gone",
  stopping: "stopping",
  stopped: "stopped",
};

/** Billing by `InstanceLifecycle`, which is absent for on-demand. Reservations are discounts, never a property of an instance. */
const billingModes: Readonly<Record<string, BillingMode>> = {
  "on-demand": "on-demand",
  scheduled: "on-demand",
  spot: "spot",
  "capacity-block": "on-demand",
  "interruptible-capacity-reservation": "on-demand",
};

/** Reads one element of DescribeInstances. */
export function seenInstance(wire: Wire, context: RecordContext): SeenInstance {
  const id = wire.need("InstanceId");
  const facts = factsOf(wire, id, context);
  const networkInterfaces = wire.list("NetworkInterfaces").map(interfaceOf);
  const tags = tagsOf(wire);
  const zone = wire.object("Placement")?.text("AvailabilityZone") ?? "";
  const createdAt = wire.date("LaunchTime");
  const vpcId = wire.text("VpcId");
  const subnetId = wire.text("SubnetId");
  const record: InstanceRecord = {
    cloud: context.scope.cloud,
    accountId: context.scope.accountId,
    region: context.scope.region,
    id,
    name: tags.Name ?? "",
    state: stateOf(wire),
    billing: billingOf(wire),
    // Neither protection is part of DescribeInstances; who needs them reads them (`protection.ts`).
    protection: { termination: "unknown", stop: "unknown", locks: [] },
    zone,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(subnetId === undefined ? {} : { subnetId }),
    privateIps: unique(
      networkInterfaces.flatMap((networkInterface) => networkInterface.privateIps),
      wire.text("PrivateIpAddress"),
    ),
    publicAddresses: publicAddressesOf(wire, context.allocations),
    disks: disksOf(wire, id, facts, context),
    networkInterfaces,
    securityGroupIds: unique([
      ...networkInterfaces.flatMap((networkInterface) => networkInterface.securityGroupIds),
      ...wire.list("SecurityGroups").map((group) => group.need("GroupId")),
    ]),
    tags,
    ...(createdAt === undefined ? {} : { createdAt, startedAt: createdAt }),
    seenAt: context.seenAt,
  };
  return { record, facts };
}

/** Tags as a plain object. */
export function tagsOf(wire: Wire, field = "Tags"): Readonly<Record<string, string>> {
  return Object.fromEntries(wire.list(field).map((tag) => [tag.need("Key"), tag.text("Value") ?? ""]));
}

function stateOf(wire: Wire): Mapped<InstanceState> {
  const raw = wire.object("State")?.text("Name") ?? "";
  return { unified: states[raw] ?? "unknown", raw };
}

function billingOf(wire: Wire): Mapped<BillingMode | "unknown"> {
  const raw = wire.text("InstanceLifecycle") ?? "on-demand";
  return { unified: billingModes[raw] ?? "unknown", raw };
}

function interfaceOf(wire: Wire): InstanceNetworkInterface {
  const attachment = wire.object("Attachment");
  return {
    id: wire.need("NetworkInterfaceId"),
    primary: attachment?.number("DeviceIndex") === 0,
    deletedWithInstance: attachment?.flag("DeleteOnTermination") ?? "unknown",
    // The primary address first; IPv6 addresses stay with their interface as private ones do.
    privateIps: unique([
      ...texts(wire.text("PrivateIpAddress")),
      ...wire.list("PrivateIpAddresses").map((address) => address.need("PrivateIpAddress")),
      ...wire.list("Ipv6Addresses").map((address) => address.need("Ipv6Address")),
    ]),
    securityGroupIds: wire.list("Groups").map((group) => group.need("GroupId")),
  };
}

/** An address that AWS assigned has the owner `amazon` and goes with the instance; an Elastic IP is the account's and stays. */
function publicAddressesOf(wire: Wire, allocations: ReadonlyMap<string, string>): readonly PublicAddress[] {
  const addresses = new Map<string, PublicAddress>();
  for (const [ip, owner] of publicIpsOf(wire)) {
    const id = allocations.get(ip);
    const ephemeral = id === undefined && owner === "amazon";
    addresses.set(ip, {
      ...(id === undefined ? {} : { id }),
      ip,
      kind: ephemeral ? "ephemeral" : "elastic",
      releasedWithInstance: ephemeral,
    });
  }
  const bare = wire.text("PublicIpAddress");
  if (bare !== undefined && !addresses.has(bare)) {
    const id = allocations.get(bare);
    const known =
      id === undefined ? undefined : { id, ip: bare, kind: "elastic" as const, releasedWithInstance: false };
    addresses.set(bare, known ?? { ip: bare, kind: "ephemeral", releasedWithInstance: "unknown" });
  }
  return [...addresses.values()];
}

/** Public addresses on the interfaces of an instance, with the owner each names. */
export function publicIpsOf(wire: Wire): readonly (readonly [ip: string, owner: string])[] {
  return wire
    .list("NetworkInterfaces")
    .flatMap((networkInterface) => [networkInterface, ...networkInterface.list("PrivateIpAddresses")])
    .flatMap((holder) => {
      const association = holder.object("Association");
      const ip = association?.text("PublicIp");
      return ip === undefined ? [] : [[ip, association?.text("IpOwnerId") ?? ""] as const];
    });
}

function disksOf(wire: Wire, id: string, facts: InstanceFacts, context: RecordContext): readonly InstanceDisk[] {
  const rootName = wire.text("RootDeviceName");
  const volumes = new Map((context.volumesOf.get(id) ?? []).map((volume) => [volume.id, volume]));
  const mapped = wire.list("BlockDeviceMappings").flatMap((mapping) => {
    const ebs = mapping.object("Ebs");
    const volumeId = ebs?.text("VolumeId");
    if (ebs === undefined || volumeId === undefined) return [];
    const role = mapping.text("DeviceName") === rootName ? ("system" as const) : ("data" as const);
    return [volumeDisk(volumeId, role, ebs.flag("DeleteOnTermination") ?? "unknown", id, volumes.get(volumeId))];
  });
  const listed = new Set(mapped.map((disk) => disk.id));
  // A volume that only DescribeVolumes shows still hangs on the instance; it is written in rather than lost.
  const unlisted = [...volumes.values()]
    .filter((volume) => !listed.has(volume.id))
    .map((volume) =>
      volumeDisk(volume.id, "data", attachmentTo(volume, id)?.deleteWithInstance ?? "unknown", id, volume),
    );
  return [...mapped, ...unlisted, ...instanceStoreDisks(id, facts, context)];
}

function volumeDisk(
  volumeId: string,
  role: "system" | "data",
  deletedWithInstance: Tristate,
  instanceId: string,
  volume: VolumeFacts | undefined,
): InstanceDisk {
  const sharedWith = (volume?.attachments ?? [])
    .map((attachment) => attachment.instanceId)
    .filter((holder) => holder !== instanceId);
  return {
    id: volumeId,
    role,
    sizeGiB: volume?.sizeGiB ?? "unknown",
    encrypted: volume?.encrypted ?? "unknown",
    ephemeral: false,
    deletedWithInstance,
    ...(sharedWith.length === 0 ? {} : { sharedWith }),
  };
}

/** The API lists no instance-store disks; the instance type tells of them, and an instance-store root is one. */
function instanceStoreDisks(id: string, facts: InstanceFacts, context: RecordContext): readonly InstanceDisk[] {
  const sizes = (context.instanceStores.get(facts.instanceType) ?? []).flatMap((store) =>
    Array.from({ length: store.count }, () => store.sizeGiB),
  );
  const known = sizes.map((sizeGiB, index) => ephemeralDisk(`${id}/ephemeral${index}`, "data", sizeGiB));
  return facts.rootDevice === "instance-store" ? [ephemeralDisk(`${id}/root`, "system", "unknown"), ...known] : known;
}

function ephemeralDisk(id: string, role: "system" | "data", sizeGiB: number | "unknown"): InstanceDisk {
  return { id, role, sizeGiB, encrypted: "unknown", ephemeral: true, deletedWithInstance: true };
}

function factsOf(wire: Wire, id: string, context: RecordContext): InstanceFacts {
  const placement = wire.object("Placement");
  const operator = wire.object("Operator");
  const mapped = wire.list("BlockDeviceMappings").flatMap((mapping) => {
    const volumeId = mapping.object("Ebs")?.text("VolumeId");
    return volumeId === undefined ? [] : [[volumeId, mapping.text("DeviceName") ?? ""] as const];
  });
  const devices = new Map(mapped);
  const listed = new Set((context.volumesOf.get(id) ?? []).map((volume) => volume.id));
  return {
    instanceType: wire.text("InstanceType") ?? "",
    rootDevice: wire.text("RootDeviceType") === "instance-store" ? "instance-store" : "ebs",
    ...given("spotRequestId", wire.text("SpotInstanceRequestId")),
    ...given("keyName", wire.text("KeyName")),
    ...given("profileArn", wire.object("IamInstanceProfile")?.text("Arn")),
    ...given("placementGroup", placement?.text("GroupName")),
    ...given("hostId", placement?.text("HostId")),
    ...given("capacityReservationId", wire.text("CapacityReservationId")),
    ...given("imageId", wire.text("ImageId")),
    dnsNames: ["PrivateDnsName", "PublicDnsName"].flatMap((name) => wire.text(name) ?? []),
    sourceDestCheck: wire.flag("SourceDestCheck") ?? "unknown",
    ...given(
      "managedBy",
      operator?.flag("Managed") === true ? (operator.text("Principal") ?? "another service") : undefined,
    ),
    devices,
    disputedVolumeIds: [
      ...[...devices.keys()].filter((volumeId) => !listed.has(volumeId)),
      ...[...listed].filter((volumeId) => !devices.has(volumeId)),
    ],
    instanceStoresKnown: context.instanceStores.has(wire.text("InstanceType") ?? ""),
  };
}

/** Reads one element of DescribeVolumes. */
export function volumeFacts(wire: Wire): VolumeFacts {
  const createdAt = wire.date("CreateTime");
  return {
    id: wire.need("VolumeId"),
    sizeGiB: wire.number("Size") ?? "unknown",
    encrypted: wire.flag("Encrypted") ?? "unknown",
    ...given("kmsKeyId", wire.text("KmsKeyId")),
    state: wire.text("State") ?? "unknown",
    ...(createdAt === undefined ? {} : { createdAt }),
    attachments: wire.list("Attachments").flatMap((attachment) => {
      const instanceId = attachment.text("InstanceId");
      if (instanceId === undefined || attachment.text("State") === "detached") return [];
      return [
        {
          instanceId,
          ...given("device", attachment.text("Device")),
          deleteWithInstance: attachment.flag("DeleteOnTermination") ?? ("unknown" as const),
        },
      ];
    }),
    tags: tagsOf(wire),
  };
}

function attachmentTo(volume: VolumeFacts, instanceId: string): VolumeFacts["attachments"][number] | undefined {
  return volume.attachments.find((attachment) => attachment.instanceId === instanceId);
}

/** A field where there is a value, nothing where there is none. */
function given<Name extends string>(name: Name, value: string | undefined): { readonly [K in Name]?: string } {
  // A computed key is widened to any string by the compiler; the name is the one given.
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]?: string });
}

function texts(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

function unique(items: readonly string[], extra?: string): readonly string[] {
  return [...new Set(extra === undefined ? items : [...items, extra])];
}
