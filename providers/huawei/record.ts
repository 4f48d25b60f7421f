import { unique } from "../../src/batch.js";
import type { IsoDate, Mapped, Scope } from "../../src/common.js";
import type { BillingMode, InstanceLock, InstanceRecord, InstanceState } from "../../src/instances.js";
import type { RecoverableUntil } from "../../src/termination.js";
import type { Wire } from "../../src/wire.js";
import { attachedVolumes, disksOf } from "./disk-records.js";
import type { AddressFacts, PortFacts, VolumeFacts } from "./facts.js";
import { given } from "./given.js";
import { addressEntries, interfacesOf, networkOf, publicAddressesOf } from "./network-records.js";
import { partOf } from "./part-of.js";
import type { MainSubscription } from "./subscriptions.js";
import { ownMarks, tagsOfServer } from "./tag-forms.js";
import { momentOf } from "./times.js";

/** A server as ECS shows it now: its record, and what only this adapter's decisions need. */
export interface SeenInstance {
  readonly record: InstanceRecord;
  readonly facts: InstanceFacts;
}

/** What a server says of itself beyond the neutral record. Never the whole object: its user data can hold passwords. */
export interface InstanceFacts {
  readonly status: string;
  /** A status or task under which ECS refuses other work. */
  readonly busy?: string;
  /** ECS calls the server faulty: it bypasses the bin. */
  readonly faulty: boolean;
  /** `freeze` for debts or a violation ("Metadata of an ECS", EcmResStatus). */
  readonly frozen: boolean;
  readonly flavorId: string;
  readonly keyName?: string;
  readonly agencyName?: string;
  readonly orderId?: string;
  readonly systemTags: Readonly<Record<string, string>>;
  readonly metadataKeys: readonly string[];
  readonly clusterId?: string;
  readonly volumes: ReadonlyMap<string, VolumeFacts>;
  /** Disks that one of the two sources shows and the other does not; empty when both agree. */
  readonly disputedDiskIds: readonly string[];
  /** Whether the flavor told of the host's own disks. Where it did not, such disks may be there unseen. */
  readonly localDisksKnown: boolean;
  readonly ports: readonly PortFacts[];
  readonly addresses: readonly AddressFacts[];
  readonly subscription?: MainSubscription;
  /** It may wait in the bin, which could not be looked into. */
  readonly perhapsBinned: boolean;
}

/** What else was read to complete a record; `undefined` where it was not, or could not be. */
export interface RecordContext {
  readonly scope: Scope;
  readonly seenAt: IsoDate;
  /** Volumes by the server they hang on. */
  readonly volumesOf?: ReadonlyMap<string, readonly VolumeFacts[]> | undefined;
  /** Ports by the server they belong to. */
  readonly portsOf?: ReadonlyMap<string, readonly PortFacts[]> | undefined;
  /** The project's EIPs. */
  readonly addresses?: readonly AddressFacts[] | undefined;
  /** Disks of the host by flavor; a flavor that is missing was not described. */
  readonly localDisks?:
    | ReadonlyMap<string, readonly { readonly sizeGiB: number; readonly count: number }[]>
    | undefined;
  readonly subscriptions?: ReadonlyMap<string, MainSubscription> | undefined;
  /** Servers that may wait in the bin, which could not be looked into. */
  readonly doubtfulIds?: ReadonlySet<string>;
}

/** Statuses of ECS ("ECS statuses"). What is not here, such as `UNKNOWN`, is unknown. */
const states: Readonly<Record<string, InstanceState>> = {
  ACTIVE: "running",
  BUILD: "pending",
  DELETED: "gone",
  HARD_REBOOT: "pending",
  MIGRATING: "running",
  PAUSED: "stopped",
  REBOOT: "pending",
  REBUILD: "pending",
  RESCUE: "running",
  RESIZE: "stopped",
  REVERT_RESIZE: "stopped",
  SHELVED: "stopped",
  SHELVED_OFFLOADED: "stopped",
  SHUTOFF: "stopped",
  SOFT_DELETED: "recycled",
  SUSPENDED: "stopped",
  VERIFY_RESIZE: "stopped",
};

/** Tasks that say more than the status, which stays what it was until they end. */
const tasks: Readonly<Record<string, InstanceState>> = {
  deleting: "terminating",
  "soft-deleting": "recycled",
  "powering-off": "stopping",
  "powering-on": "pending",
};

/** Statuses in which ECS refuses a deletion with Ecs.0100 until they pass. */
const busyStatuses: ReadonlySet<string> = new Set([
  "BUILD",
  "HARD_REBOOT",
  "MIGRATING",
  "REBOOT",
  "REBUILD",
  "RESCUE",
  "RESIZE",
  "REVERT_RESIZE",
  "VERIFY_RESIZE",
]);

/** `metadata.charging_mode` ("Metadata of an ECS"). A value nobody mapped is refused. */
const billingModes: Readonly<Record<string, BillingMode>> = { "0": "on-demand", "1": "prepaid", "2": "spot" };

/** Whether an entry of a listing is a server. Asked for an unknown id, ECS answers an entry of `id` and `fault` alone. */
export function isServer(wire: Wire): boolean {
  return wire.text("status") !== undefined;
}

/** Reads one server of the details. */
export function seenInstance(wire: Wire, context: RecordContext): SeenInstance {
  const id = wire.need("id");
  const metadata = partOf(wire, "metadata");
  const facts = factsOf(wire, metadata, context);
  const state = stateOf(wire);
  const networkInterfaces = interfacesOf(wire, facts, context);
  const ownGroups = wire.list("security_groups").flatMap((group) => group.text("id") ?? []);
  const createdAt = momentOf(wire.text("created"));
  const scheduledReleaseAt = momentOf(wire.text("auto_terminate_time"));
  const vpcId = metadata?.text("vpc_id") ?? networkOf(wire);
  const subnetId = facts.ports.find(
    (port) => port.id === networkInterfaces.find(({ primary }) => primary)?.id,
  )?.networkId;
  const record: InstanceRecord = {
    ...context.scope,
    id,
    name: wire.text("name") ?? "",
    state,
    billing: billingOf(metadata, facts),
    protection: protectionOf(wire, metadata, facts),
    zone: wire.text("OS-EXT-AZ:availability_zone") ?? "",
    ...given("vpcId", vpcId),
    ...given("subnetId", subnetId),
    // An address without a port, as Nova lists them, is the server's all the same.
    privateIps: unique([
      ...networkInterfaces.flatMap(({ privateIps }) => privateIps),
      ...addressEntries(wire).flatMap(({ ip, floating }) => (floating ? [] : [ip])),
    ]),
    publicAddresses: publicAddressesOf(wire, facts),
    disks: disksOf(wire, metadata, facts, context),
    networkInterfaces,
    securityGroupIds: unique([...networkInterfaces.flatMap(({ securityGroupIds }) => securityGroupIds), ...ownGroups]),
    tags: { ...tagsOfServer(wire), ...ownMarks(metadata) },
    ...(scheduledReleaseAt === undefined ? {} : { scheduledReleaseAt }),
    ...(state.unified === "recycled" ? { recycled: { cause: "unknown", until: unknownUntil } } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    seenAt: context.seenAt,
  };
  return { record, facts };
}

/** A server does not tell when it went into the bin, so until when it can come back cannot be computed from it. */
const unknownUntil: RecoverableUntil = { basis: "unknown" };

function stateOf(wire: Wire): Mapped<InstanceState> {
  const status = wire.text("status") ?? "";
  const task = wire.text("OS-EXT-STS:task_state");
  const raw = task === undefined ? status : `${status}/${task}`;
  const binned = wire.flag("in_recycle_bin") === true || states[status] === "recycled";
  // In the bin a deletion is for good: it is being purged.
  if (binned) return { unified: task === "deleting" ? "terminating" : "recycled", raw };
  if (task !== undefined && tasks[task] && states[status] !== "gone") return { unified: tasks[task], raw };
  // A faulty server is on or off all the same, and can be deleted.
  if (status === "ERROR") return { unified: wire.number("OS-EXT-STS:power_state") === 1 ? "running" : "stopped", raw };
  return { unified: states[status] ?? "unknown", raw };
}

function billingOf(metadata: Wire | undefined, { subscription }: InstanceFacts): InstanceRecord["billing"] {
  const raw = metadata?.text("charging_mode") ?? "";
  const unified = billingModes[raw] ?? "unknown";
  const expiresAt = unified === "prepaid" ? subscription?.expiresAt : undefined;
  return { unified, raw, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

/**
 * What holds a server. ECS has no deletion protection of its own: a user's lock is what keeps a server from deletion and
 * what can be taken off, so it stands as that. A lock with a scene is an order's ("Metadata of an ECS", lockScene):
 * unlocked, the server could be deleted while its subscription is being bought.
 */
function protectionOf(wire: Wire, metadata: Wire | undefined, { frozen }: InstanceFacts): InstanceRecord["protection"] {
  const scene = metadata?.text("lockScene") ?? metadata?.text("lockSource");
  const orderId = metadata?.text("lockSourceId");
  const byOrder = scene !== undefined || orderId !== undefined;
  const locks: readonly InstanceLock[] = [
    ...(byOrder ? [{ unified: "order" as const, raw: scene ?? "locked", ...given("orderId", orderId) }] : []),
    ...(frozen ? [{ unified: "security" as const, raw: "EcmResStatus=freeze" }] : []),
  ];
  return { termination: byOrder ? false : (wire.flag("locked") ?? "unknown"), locks };
}

function factsOf(wire: Wire, metadata: Wire | undefined, context: RecordContext): InstanceFacts {
  const id = wire.need("id");
  const status = wire.text("status") ?? "";
  const task = wire.text("OS-EXT-STS:task_state");
  const flavorId = partOf(wire, "flavor")?.text("id") ?? "";
  const volumes = new Map((context.volumesOf?.get(id) ?? []).map((volume) => [volume.id, volume]));
  const listed = attachedVolumes(wire).map((entry) => entry.need("id"));
  const ports = context.portsOf?.get(id) ?? [];
  const portIds = new Set([
    ...ports.map((port) => port.id),
    ...addressEntries(wire).flatMap(({ portId }) => portId ?? []),
  ]);
  const ips = new Set(addressEntries(wire).flatMap(({ ip, floating }) => (floating ? [ip] : [])));
  const subscription = context.subscriptions?.get(id);
  return {
    status,
    ...given("busy", busyStatuses.has(status) || task !== undefined ? (task ?? status) : undefined),
    faulty: status === "ERROR",
    frozen: metadata?.text("EcmResStatus") === "freeze",
    flavorId,
    ...given("keyName", wire.text("key_name")),
    ...given("agencyName", metadata?.text("agency_name")),
    ...given("orderId", metadata?.text("metering.order_id")),
    systemTags: Object.fromEntries(wire.list("sys_tags").map((tag) => [tag.need("key"), tag.text("value") ?? ""])),
    metadataKeys: metadata === undefined ? [] : Object.keys(metadata.toJson()),
    ...given("clusterId", metadata?.text("CCE-Cluster-ID") ?? metadata?.text("cce_cluster_id")),
    volumes,
    disputedDiskIds: [
      ...listed.filter((volumeId) => !volumes.has(volumeId)),
      ...[...volumes.keys()].filter((volumeId) => !listed.includes(volumeId)),
    ],
    localDisksKnown: context.localDisks?.has(flavorId) ?? false,
    ports,
    addresses: (context.addresses ?? []).filter(
      (address) =>
        address.serverId === id || ips.has(address.ip) || (address.portId !== undefined && portIds.has(address.portId)),
    ),
    ...(subscription === undefined ? {} : { subscription }),
    perhapsBinned: context.doubtfulIds?.has(id) === true,
  };
}
