import type { JsonObject } from "../../../../src/common.js";
import type { Disk, Snapshot, SnapshotGroup } from "../records.js";
import type { HuaweiState } from "../state.js";
import { bare } from "../times.js";

/** A disk as EVS lists it. Truth values are partly texts; encryption stands in two places. */
export function volumeOf({ projectId, region }: HuaweiState, disk: Disk): JsonObject {
  const base = `https://evs.${region}.myhuaweicloud.com`;
  return {
    id: disk.id,
    links: [
      { href: `${base}/v2/${projectId}/os-vendor-volumes/${disk.id}`, rel: "self" },
      { href: `${base}/${projectId}/os-vendor-volumes/${disk.id}`, rel: "bookmark" },
    ],
    name: disk.name,
    description: null,
    status: disk.status,
    attachments: disk.holders.map((holder) => ({
      volume_id: disk.id,
      id: disk.id,
      server_id: holder.serverId,
      device: holder.device,
      attachment_id: holder.attachmentId,
      attached_at: bare(holder.since),
      host_name: null,
    })),
    availability_zone: disk.zone,
    "os-vol-host-attr:host": `cinder-kvm003@${disk.type}#5`,
    "os-vol-tenant-attr:tenant_id": projectId,
    created_at: bare(disk.createdAt),
    updated_at: bare(disk.updatedAt),
    volume_image_metadata: {},
    volume_type: disk.type,
    size: disk.sizeGiB,
    bootable: String(disk.bootable),
    metadata: {
      "hw:passthrough": "false",
      __system__encrypted: disk.keyId === undefined ? "0" : "1",
      ...(disk.keyId === undefined ? {} : { __system__cmkid: disk.keyId }),
      ...(disk.orderId === undefined ? {} : { orderID: disk.orderId, policy: "" }),
    },
    encrypted: disk.keyId !== undefined,
    replication_status: "disabled",
    shareable: disk.shareable ? "true" : "False",
    multiattach: disk.shareable,
    user_id: "8a69ab024795445ebf20af583e6a4e82",
    service_type: "EVS",
    tags: { ...disk.tags },
    wwn: `6888603000${disk.id.replaceAll("-", "").slice(0, 22)}`,
    enterprise_project_id: "0",
    snapshot_id: null,
  };
}

/** A disk in the bin, with the two moments that only its list tells. */
export function binnedVolumeOf(state: HuaweiState, disk: Disk): JsonObject {
  const { since = 0, until = 0 } = disk.bin ?? {};
  return { ...volumeOf(state, disk), pre_deleted_at: bare(since), plan_delete_at: bare(until) };
}

/** A legacy snapshot. */
export function legacySnapshotOf({ projectId }: HuaweiState, snapshot: Snapshot): JsonObject {
  return {
    id: snapshot.id,
    name: snapshot.name,
    description: snapshot.description,
    status: snapshot.status,
    volume_id: snapshot.diskId,
    size: snapshot.sizeGiB,
    created_at: bare(snapshot.createdAt),
    updated_at: bare(snapshot.updatedAt),
    metadata: { ...snapshot.tags },
    service_type: "EVS",
    "os-extended-snapshot-attributes:progress": `${snapshot.progress}%`,
    "os-extended-snapshot-attributes:project_id": projectId,
  };
}

/** A standard snapshot (v5). */
export function standardSnapshotOf(snapshot: Snapshot): JsonObject {
  return {
    id: snapshot.id,
    name: snapshot.name,
    description: snapshot.description,
    created_at: bare(snapshot.createdAt),
    updated_at: bare(snapshot.updatedAt),
    volume_id: snapshot.diskId,
    size: snapshot.sizeGiB,
    status: snapshot.status,
    enterprise_project_id: "0",
    encrypted: snapshot.keyId !== undefined,
    cmk_id: snapshot.keyId ?? null,
    category: "standard",
    availability_zone: snapshot.zone,
    tags: { ...snapshot.tags },
    instant_access: false,
    retention_at: null,
    instant_access_retention_at: null,
    incremental: false,
    snapshot_type: "user",
    progress: `${snapshot.progress}%`,
    encrypt_algorithm: snapshot.keyId === undefined ? null : "AES_256",
    snapshot_chains: [],
    snapshot_group_id: snapshot.groupId ?? null,
  };
}

/** A group of standard snapshots. */
export function groupOf(group: SnapshotGroup): JsonObject {
  return {
    id: group.id,
    created_at: bare(group.createdAt),
    updated_at: bare(group.updatedAt),
    name: group.name,
    description: group.description,
    status: group.status,
    server_id: group.serverId,
    enterprise_project_id: "0",
    tags: { ...group.tags },
  };
}
