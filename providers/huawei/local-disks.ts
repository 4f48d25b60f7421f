import type { HuaweiCall } from "./call.js";
import type { RecordContext } from "./record.js";

/** Flavors of one page ("Listing flavor details", limit: 1,000 by default). */
const flavorPageLimit = 1000;

/**
 * Disks of the host by flavor, for every flavor of the region: disk-intensive flavors tell `quota:local_disk`, as
 * type:count:size:…, ultra-high I/O ones `quota:nvme_ssd`, as type:kind:count:size:… ("Data structure for querying
 * details about specifications").
 */
export async function readLocalDisks(call: HuaweiCall): Promise<NonNullable<RecordContext["localDisks"]>> {
  const action = "GET /v1/{project_id}/cloudservers/flavors";
  const rows = await call.pages("ecs", action, {}, { field: "flavors", limit: flavorPageLimit });
  return new Map(
    rows.map((row) => {
      const extra = row.object("os_extra_specs");
      const [, hardCount, hardSize] = (extra?.text("quota:local_disk") ?? "").split(":");
      const [, , flashCount, flashSize] = (extra?.text("quota:nvme_ssd") ?? "").split(":");
      return [row.need("id"), [...disks(hardCount, hardSize), ...disks(flashCount, flashSize)]];
    }),
  );
}

function disks(count: string | undefined, size: string | undefined) {
  const disk = { count: Number(count), sizeGiB: Number(size) };
  return count !== undefined && Number.isInteger(disk.count) && Number.isFinite(disk.sizeGiB) ? [disk] : [];
}
