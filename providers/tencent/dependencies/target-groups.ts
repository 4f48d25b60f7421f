import type { InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { inPieces } from "../pieces.js";

/** Values of one filter of DescribeTargetGroupInstances: no page tells, five is what the service takes elsewhere. */
const filterValues = 5;
/** Requests up to which asking by instance needs no thought. */
const fewRequests = 8;

/** A registration in a target group. */
export interface GroupTarget {
  readonly instanceId: string;
  readonly groupId: string;
  readonly port: string;
}

/**
 * Registrations of these instances in target groups. Asked by instance and by address where those are few; else by
 * group, where the groups are fewer.
 */
export async function readGroupTargets(
  call: TencentCall,
  records: readonly InstanceRecord[],
): Promise<readonly GroupTarget[]> {
  const ids = records.map(({ id }) => id);
  const ips = [...new Set(records.flatMap(({ privateIps }) => privateIps))];
  const byKey = Math.ceil(ids.length / filterValues) + Math.ceil(ips.length / filterValues);
  const groups = byKey <= fewRequests ? undefined : await usedGroups(call);
  const rows =
    groups === undefined || Math.ceil(groups.length / filterValues) > byKey
      ? [...(await readBy(call, "InstanceId", ids)), ...(await readBy(call, "BindIP", ips))]
      : await readBy(call, "TargetGroupId", groups);
  return targetsAmong(rows, records);
}

/** Groups that hold something, as far as the listing tells. */
async function usedGroups(call: TencentCall): Promise<readonly string[]> {
  const list = { field: "TargetGroupSet", id: "TargetGroupId" };
  const rows = await call.pages("clb", "DescribeTargetGroups", {}, list);
  return rows.filter((row) => row.number("RegisteredInstancesCount") !== 0).map((row) => row.need("TargetGroupId"));
}

async function readBy(call: TencentCall, filter: string, values: readonly string[]): Promise<readonly Wire[]> {
  // A target has no id of its own: pages are kept apart by everything that tells one from another.
  const list = { field: "TargetGroupInstanceSet", id: ["TargetGroupId", "InstanceId", "EniId", "Port"] };
  return await inPieces(values, filterValues, (piece) =>
    call.pages("clb", "DescribeTargetGroupInstances", { Filters: [{ Name: filter, Values: piece }] }, list),
  );
}

/** By instance, by interface, and by address where a row tells neither. */
function targetsAmong(rows: readonly Wire[], records: readonly InstanceRecord[]): readonly GroupTarget[] {
  const holders = new Map<string, string>();
  for (const record of records) {
    for (const ip of record.privateIps) holders.set(ip, record.id);
    for (const { id } of record.networkInterfaces) holders.set(id, record.id);
    holders.set(record.id, record.id);
  }
  const found = new Map<string, GroupTarget>();
  for (const row of rows) {
    const [key] = [row.text("InstanceId"), row.text("EniId"), ...row.texts("PrivateIpAddresses")].flatMap(
      (name) => name ?? [],
    );
    const instanceId = holders.get(key ?? "");
    if (instanceId === undefined) continue;
    const target = { instanceId, groupId: row.need("TargetGroupId"), port: row.text("Port") ?? "0" };
    found.set(Object.values(target).join("/"), target);
  }
  return [...found.values()];
}
