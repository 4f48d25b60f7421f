import type { SeedOwner } from "../../../../src/testing/seed.js";
import type { Disk, Server, Snapshot } from "../records.js";
import { addResource, change, type HuaweiContext, join } from "../state.js";
import { utc } from "../times.js";
import { timings } from "../timings.js";
import { membersOf, type OwnerSeeder, variantOf } from "./members.js";

const week = 7 * timings.dayMs;

/** What hangs on disks: members are disks, or servers for all their disks. */
export const storageOwners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  snapshot: (context, owner, path) => {
    const generation = variantOf(owner, path, ["legacy", "standard"]);
    for (const [index, disk] of disksOf(context, owner.members).entries()) {
      const { id } = addSnapshot(context, disk, generation, index === 0 ? owner.id : undefined);
      join(context.state, "snapshot", id, disk.id);
    }
  },
  image: (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("image", owner.id);
    const [server] = serversOf(context, owner.members);
    addResource(state, "image", id, {
      id,
      name: owner.id,
      status: "active",
      __imagetype: "private",
      __data_origin: `instance,${server?.id ?? ""}`,
      __image_size: "1073741824",
      __os_type: "Linux",
      __isregistered: "true",
      min_disk: 40,
      min_ram: 0,
      visibility: "private",
      owner: state.projectId,
      created_at: utc(now - week),
      updated_at: utc(now - week),
      enterprise_project_id: "0",
      tags: [],
    });
    for (const disk of disksOf(context, owner.members)) join(state, "image", id, disk.id);
  },
  backup: (context, owner) => {
    const { state, ids } = context;
    for (const [index, server] of serversOf(context, owner.members).entries()) {
      const id = ids.assign("backup", index === 0 ? owner.id : undefined);
      addBackup(context, id, vaultOf(context, server), server);
      join(state, "backup", id, server.id);
    }
  },
  "backup-policy": (context, owner) => {
    const { state, ids } = context;
    const policyId = ids.assign("backup-policy", owner.id);
    for (const server of membersOf(context, owner.members)) {
      const vaultId = vaultOf(context, server);
      change(state.vaults, vaultId, { policyId });
      join(state, "backup-policy", policyId, server.id);
    }
  },
};

function disksOf({ state, ids }: HuaweiContext, members: readonly string[]): readonly Disk[] {
  return members.flatMap((name) => {
    const id = ids.find(name);
    const found = state.servers.get(id)?.attachments.map(({ diskId }) => diskId) ?? [id];
    const disks = found.flatMap((diskId) => state.disks.get(diskId) ?? []);
    if (disks.length === 0) throw new Error(`"${name}" is neither an EVS disk nor an instance with one.`);
    return disks;
  });
}

/** Backups and images are of servers: those that hold the disks that are named. */
function serversOf(context: HuaweiContext, members: readonly string[]): readonly Server[] {
  const ids = disksOf(context, members).flatMap(({ holders }) => holders.map(({ serverId }) => serverId));
  return [...new Set(ids)].flatMap((id) => context.state.servers.get(id) ?? []);
}

/** A snapshot somebody else made a week ago. */
function addSnapshot(
  { state, ids, now }: HuaweiContext,
  disk: Disk,
  generation: Snapshot["generation"],
  name?: string,
): Snapshot {
  const snapshot: Snapshot = {
    id: ids.assign("snapshot", name),
    name: name ?? "",
    description: "",
    generation,
    diskId: disk.id,
    zone: disk.zone,
    sizeGiB: disk.sizeGiB,
    keyId: disk.keyId,
    status: "available",
    progress: 100,
    createdAt: now - week,
    updatedAt: now - week,
    tags: {},
  };
  state.snapshots.set(snapshot.id, snapshot);
  return snapshot;
}

/** The vault a server is in; one of its own where it is in none. */
function vaultOf({ state, ids, now }: HuaweiContext, { id: serverId }: Server): string {
  const known = [...state.vaults.values()].find(({ resourceIds }) => resourceIds.includes(serverId));
  if (known) return known.id;
  const id = ids.assign("vault");
  state.vaults.set(id, {
    id,
    name: `vault-${id.slice(0, 4)}`,
    objectType: "server",
    sizeGiB: 1_000,
    resourceIds: [serverId],
    skips: [],
    createdAt: now - week,
    tags: {},
  });
  return id;
}

function addBackup(context: HuaweiContext, id: string, vaultId: string, server: Server): void {
  const { state, ids, now } = context;
  state.backups.set(id, {
    id,
    checkpointId: ids.assign("checkpoint"),
    vaultId,
    name: `autobk_${id.slice(0, 4)}`,
    description: "",
    resourceId: server.id,
    resourceName: server.name,
    resourceType: "OS::Nova::Server",
    zone: server.zone,
    status: "available",
    progress: 100,
    disks: server.attachments.flatMap(({ diskId }) => {
      const disk = state.disks.get(diskId);
      if (!disk) return [];
      const { sizeGiB, bootable, keyId } = disk;
      return [{ id: diskId, backupId: ids.assign("backup"), sizeGiB, bootable, encrypted: keyId !== undefined }];
    }),
    createdAt: now - week,
  });
}
