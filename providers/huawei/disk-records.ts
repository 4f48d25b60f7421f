import type { Tristate } from "../../src/common.js";
import type { InstanceDisk } from "../../src/instances.js";
import type { Wire } from "../../src/wire.js";
import type { VolumeFacts } from "./facts.js";
import type { InstanceFacts, RecordContext } from "./record.js";

/** The disks of a server: those that ECS lists, those that EVS alone shows, and those of its host. */
export function disksOf(
  wire: Wire,
  metadata: Wire | undefined,
  facts: InstanceFacts,
  context: RecordContext,
): readonly InstanceDisk[] {
  const id = wire.need("id");
  const attached = attachedVolumes(wire);
  const listed = attached.map((entry) => {
    const volumeId = entry.need("id");
    const system = isBoot(entry, attached.length);
    return cloudDisk(volumeId, system ? "system" : "data", entry.flag("delete_on_termination"), id, metadata, facts);
  });
  const ids = new Set(listed.map((disk) => disk.id));
  // A disk that only EVS shows still hangs on the server; it is written in rather than lost.
  const unlisted = [...facts.volumes.values()]
    .filter((volume) => !ids.has(volume.id))
    .map((volume) => cloudDisk(volume.id, volume.bootable ? "system" : "data", undefined, id, metadata, facts));
  return [...listed, ...unlisted, ...localDisks(id, facts.flavorId, context)];
}

/** The one that the server starts from. A server's only disk is that one, also where the index is missing. */
function isBoot(entry: Wire, count: number): boolean {
  const index = entry.text("bootIndex") ?? entry.text("boot_index");
  return index === undefined ? count === 1 : index === "0";
}

/** The disks that ECS itself lists for a server; the field has two names. */
export function attachedVolumes(wire: Wire): readonly Wire[] {
  return wire.list(wire.has("volumes_attached") ? "volumes_attached" : "os-extended-volumes:volumes_attached");
}

function cloudDisk(
  volumeId: string,
  role: "system" | "data",
  flagged: boolean | undefined,
  serverId: string,
  metadata: Wire | undefined,
  facts: InstanceFacts,
): InstanceDisk {
  const volume = facts.volumes.get(volumeId);
  const sharers = (volume?.serverIds ?? []).filter((holder) => holder !== serverId);
  return {
    id: volumeId,
    role,
    sizeGiB: volume?.sizeGiB ?? "unknown",
    encrypted: volume?.encrypted ?? "unknown",
    ephemeral: false,
    deletedWithInstance: fateOf({ id: volumeId, role, flagged, volume }, metadata, facts),
    ...(sharers.length === 0 ? {} : { sharedWith: sharers }),
  };
}

/** What was read of one disk. */
interface DiskSight {
  readonly id: string;
  readonly role: "system" | "data";
  readonly flagged: boolean | undefined;
  readonly volume: VolumeFacts | undefined;
}

/** Whether billing counts a disk among what was bought with its server, and is returned with it, whatever EVS says. */
export function isAttached(volumeId: string, { subscription }: Pick<InstanceFacts, "subscription">): boolean {
  return subscription?.attached.some(({ resourceId }) => resourceId === volumeId) === true;
}

/**
 * Whether a disk dies. A system disk always does, whatever its flag says. A shared disk is only detached. With a yearly or
 * monthly server go the disks of the same order, and those that billing names; one bought later stays until it is
 * unsubscribed by itself.
 */
function fateOf(
  { id, role, flagged, volume }: DiskSight,
  metadata: Wire | undefined,
  facts: Pick<InstanceFacts, "orderId" | "subscription">,
): Tristate {
  const { orderId } = facts;
  if (role === "system" || isAttached(id, facts)) return true;
  if (volume?.shareable === true) return false;
  const prepaidServer = metadata?.text("charging_mode") === "1";
  if (volume?.orderId !== undefined) {
    if (!prepaidServer) return false;
    return orderId === undefined ? "unknown" : volume.orderId === orderId;
  }
  if (volume === undefined && prepaidServer) return "unknown";
  return flagged ?? "unknown";
}

/** Disks of the host are in no listing; the flavor tells of them. No snapshot and no backup can save one. */
function localDisks(serverId: string, flavorId: string, { localDisks }: RecordContext): readonly InstanceDisk[] {
  const sizes = (localDisks?.get(flavorId) ?? []).flatMap(({ sizeGiB, count }) =>
    Array.from({ length: count }, () => sizeGiB),
  );
  return sizes.map((sizeGiB, index) => ({
    id: `${serverId}/local${index}`,
    role: "data",
    sizeGiB,
    encrypted: "unknown",
    ephemeral: true,
    deletedWithInstance: true,
  }));
}
