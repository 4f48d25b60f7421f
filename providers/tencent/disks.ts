import type { TencentCall } from "./call.js";
import { type DiskFacts, diskFacts } from "./record.js";

/** One disk of the region; `undefined` where it is gone. */
export async function readDisk(call: TencentCall, id: string): Promise<DiskFacts | undefined> {
  const [disk] = await call.pages("cbs", "DescribeDisks", { DiskIds: [id] }, { field: "DiskSet", id: "DiskId" });
  return disk && diskFacts(disk);
}
