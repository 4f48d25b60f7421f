import { chunk, groupBy } from "../../../batch.js";
import { isoNow } from "../../../clock.js";
import type { InstanceDisk, InstanceRecord, InstanceState, PublicAddress } from "../../../instances.js";
import type { Evidence } from "../../../verification.js";
import type { Wire } from "../../../wire.js";
import { batchSize } from "../options.js";
import type { MemoryCall } from "./call.js";

/** An instance, and what no record holds. */
export interface Seen {
  readonly record: InstanceRecord;
  readonly facts: {
    readonly autoRenew: boolean;
    readonly guestShutdown: string;
    readonly busy?: string;
    readonly managedBy?: string;
    readonly timerId?: string;
    /** Disks that cannot be kept without their instance. */
    readonly tiedDiskIds: readonly string[];
    /** Set where instance and disks do not agree about what is attached. */
    readonly disputed: boolean;
  };
}

/** What one bulk read showed. */
export interface Reading {
  readonly byId: ReadonlyMap<string, Seen>;
  readonly evidence: Evidence;
}

const states: Readonly<Record<string, InstanceState>> = {
  pending: "pending",
  running: "running",
  stopping: "stopping",
  stopped: "stopped",
  terminating: "terminating",
  recycled: "recycled",
};

/** Reads instances by id, with their disks and addresses. */
export async function readInstances(call: MemoryCall, ids: readonly string[]): Promise<Reading> {
  const pieces = await Promise.all(chunk(ids, batchSize).map((piece) => call.pages("ListInstances", { ids: piece })));
  return await readingOf(call, pieces.flat());
}

/** Reads instances by tags. The cloud takes patterns: match again. */
export async function readInstancesBy(call: MemoryCall, tags: Readonly<Record<string, string>>): Promise<Reading> {
  return await readingOf(call, await call.pages("ListInstances", { tags }));
}

/** Only what state instances are in: for polling. */
export async function readStates(
  call: MemoryCall,
  ids: readonly string[],
): Promise<ReadonlyMap<string, InstanceState>> {
  const pieces = await Promise.all(chunk(ids, batchSize).map((piece) => call.pages("ListInstances", { ids: piece })));
  return new Map(pieces.flat().map((row) => [row.need("id"), states[row.need("status")] ?? "unknown"]));
}

async function readingOf(call: MemoryCall, rows: readonly Wire[]): Promise<Reading> {
  const ids = rows.map((row) => row.need("id"));
  const [disks, addresses] = await Promise.all([readDisksOf(call, ids), call.pages("ListAddresses")]);
  const disksOf = groupBy(disks, (disk) => disk.instanceId);
  const addressesOf = groupBy(addresses, (address) => address.text("instanceId") ?? "");
  const seenAt = isoNow(call.requests.clock);
  const byId = new Map(
    rows.map((row) => {
      const id = row.need("id");
      const input = { row, disks: disksOf.get(id) ?? [], addresses: addressesOf.get(id) ?? [], seenAt };
      return [id, seenOf(call, input)] as const;
    }),
  );
  return {
    byId,
    evidence: { api: "cloud:ListInstances", said: `${byId.size} of those asked for are listed`, at: seenAt },
  };
}

interface DiskRow {
  readonly instanceId: string;
  readonly disk: InstanceDisk;
  readonly tied: boolean;
}

async function readDisksOf(call: MemoryCall, instanceIds: readonly string[]): Promise<readonly DiskRow[]> {
  const pieces = await Promise.all(
    chunk(instanceIds, batchSize).map((piece) => call.pages("ListDisks", { instanceIds: piece })),
  );
  return pieces.flat().flatMap((row) => {
    const attachments = row.list("attachments");
    return attachments.map((attachment) => {
      const instanceId = attachment.need("instanceId");
      const others = attachments.map((one) => one.need("instanceId")).filter((id) => id !== instanceId);
      const ephemeral = row.text("medium") === "local";
      const tied = row.flag("tied") ?? false;
      const role = row.text("role") === "system" ? "system" : "data";
      const flagged = role === "system" || ephemeral || tied || attachment.flag("deleteWithInstance");
      const disk: InstanceDisk = {
        id: row.need("id"),
        role,
        sizeGiB: row.number("sizeGiB") ?? "unknown",
        encrypted: row.flag("encrypted") ?? "unknown",
        ephemeral,
        deletedWithInstance: flagged ?? "unknown",
        ...(others.length === 0 ? {} : { sharedWith: others }),
      };
      return { instanceId, disk, tied };
    });
  });
}

function seenOf(
  call: MemoryCall,
  input: {
    readonly row: Wire;
    readonly disks: readonly DiskRow[];
    readonly addresses: readonly Wire[];
    readonly seenAt: string;
  },
): Seen {
  const { row, disks, addresses, seenAt } = input;
  const busy = row.text("busy");
  const managedBy = row.text("managedBy");
  const timerId = row.text("timerId");
  const listed = row.texts("diskIds");
  const found = new Set(disks.map(({ disk }) => disk.id));
  return {
    record: recordOf(call, row, disks, addresses, seenAt),
    facts: {
      autoRenew: row.flag("autoRenew") ?? false,
      guestShutdown: row.text("guestShutdown") ?? "stop",
      tiedDiskIds: disks.filter(({ tied }) => tied).map(({ disk }) => disk.id),
      disputed: listed.length !== found.size || listed.some((id) => !found.has(id)),
      ...(busy === undefined ? {} : { busy }),
      ...(managedBy === undefined ? {} : { managedBy }),
      ...(timerId === undefined ? {} : { timerId }),
    },
  };
}

function recordOf(
  call: MemoryCall,
  row: Wire,
  disks: readonly DiskRow[],
  addresses: readonly Wire[],
  seenAt: string,
): InstanceRecord {
  const interfaces = row.needList("interfaces").map((one) => ({
    id: one.need("id"),
    primary: one.flag("primary") ?? false,
    deletedWithInstance: one.flag("deleteWithInstance") ?? ("unknown" as const),
    privateIps: one.texts("privateIps"),
    securityGroupIds: one.texts("groupIds"),
  }));
  const status = row.need("status");
  const billing = row.need("billing");
  const optional = {
    createdAt: row.date("createdAt"),
    startedAt: row.date("startedAt"),
    scheduledReleaseAt: row.date("releaseAt"),
  };
  return {
    ...call.scope,
    id: row.need("id"),
    name: row.text("name") ?? "",
    state: { unified: states[status] ?? "unknown", raw: status },
    billing: billingOf(billing, row.date("expiresAt")),
    protection: { termination: "unknown", locks: row.list("locks").map(lockOf) },
    zone: row.text("zone") ?? "",
    vpcId: row.need("networkId"),
    subnetId: row.need("subnetId"),
    privateIps: interfaces.flatMap((one) => one.privateIps),
    publicAddresses: addresses.map((address) => addressOf(address)),
    disks: disks.map(({ disk }) => disk),
    networkInterfaces: interfaces,
    securityGroupIds: [...new Set(interfaces.flatMap((one) => one.securityGroupIds))],
    tags: tagsOf(row),
    ...binOf(row),
    ...definedOf(optional),
    seenAt,
  };
}

function billingOf(raw: string, expiresAt: string | undefined): InstanceRecord["billing"] {
  const unified = raw === "on-demand" || raw === "prepaid" || raw === "spot" ? raw : "unknown";
  return { unified, raw, ...(unified === "prepaid" && expiresAt !== undefined ? { expiresAt } : {}) };
}

const lockKinds = ["user", "order", "security", "overdue", "refunded", "reclaim", "platform"] as const;

function lockOf(row: Wire): InstanceRecord["protection"]["locks"][number] {
  const raw = row.need("kind");
  const orderId = row.text("orderId");
  return {
    unified: lockKinds.find((kind) => kind === raw) ?? "unknown",
    raw,
    ...(orderId === undefined ? {} : { orderId }),
  };
}

function addressOf(row: Wire): PublicAddress {
  const id = row.text("id");
  return {
    ...(id === undefined ? {} : { id }),
    ip: row.need("ip"),
    kind: row.text("kind") === "ephemeral" ? "ephemeral" : "elastic",
    releasedWithInstance: row.flag("releasedWithInstance") ?? "unknown",
  };
}

function binOf(row: Wire): Pick<InstanceRecord, "recycled"> {
  const cause = row.text("binCause");
  if (cause === undefined) return {};
  const at = row.date("binUntil");
  return {
    recycled: {
      cause: cause === "returned" || cause === "expired" || cause === "overdue" ? cause : "unknown",
      until: at === undefined ? { basis: "unknown" } : { basis: "reported", at },
    },
  };
}

/** Tags of anything. */
export function tagsOf(row: Wire): Readonly<Record<string, string>> {
  const tags = row.object("tags")?.toJson() ?? {};
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]));
}

function definedOf<Name extends string>(
  fields: Readonly<Record<Name, string | undefined>>,
): Readonly<Partial<Record<Name, string>>> {
  const defined: Partial<Record<Name, string>> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) defined[name] = value;
  }
  return defined;
}
