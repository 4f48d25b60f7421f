import { mapConcurrent } from "../../src/batch.js";
import { type Scope, sameScope } from "../../src/common.js";
import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import { DecommissionError, invalidRequest, type Problem, problemOf } from "../../src/errors.js";
import { type InstanceTarget, isRecord } from "../../src/instances.js";
import { refused } from "../../src/outcomes.js";
import type { RecoverableRef, RecoverOptions, RecoverOutcome } from "../../src/reversal.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { instanceIdForm } from "./instances.js";

type Item = InstanceTarget | RecoverableRef;
type Binned = "disk" | "snapshot" | "image";

/** How each kind is looked for in the Recycle Bin, taken out of it, and found outside of it. */
const bins: Readonly<
  Record<
    Binned,
    {
      readonly list: string;
      readonly ids: string;
      readonly rows: string;
      readonly id: string;
      readonly restore: string;
      readonly describe: string;
      readonly filter: string;
      readonly found: string;
    }
  >
> = {
  disk: {
    list: "ListVolumesInRecycleBin",
    ids: "VolumeIds",
    rows: "Volumes",
    id: "VolumeId",
    restore: "RestoreVolumeFromRecycleBin",
    describe: "DescribeVolumes",
    filter: "volume-id",
    found: "Volumes",
  },
  snapshot: {
    list: "ListSnapshotsInRecycleBin",
    ids: "SnapshotIds",
    rows: "Snapshots",
    id: "SnapshotId",
    restore: "RestoreSnapshotFromRecycleBin",
    describe: "DescribeSnapshots",
    filter: "snapshot-id",
    found: "Snapshots",
  },
  image: {
    list: "ListImagesInRecycleBin",
    ids: "ImageIds",
    rows: "Images",
    id: "ImageId",
    restore: "RestoreImageFromRecycleBin",
    describe: "DescribeImages",
    filter: "image-id",
    found: "Images",
  },
};
const concurrency = 4;

/** Takes volumes, snapshots and images out of the Recycle Bin. EC2 keeps no instances and no addresses in one. */
export async function recover(
  open: OpenAwsCall,
  items: readonly Item[],
  options: RecoverOptions = {},
): Promise<readonly RecoverOutcome[]> {
  for (const item of items) checkItem(item);
  if (items.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  return await mapConcurrent(items, concurrency, async (item): Promise<RecoverOutcome> => {
    const problem = refusalOf(item, call.scope);
    if (problem) return { item, status: "blocked", problem };
    try {
      return await takeOut(call, item, options);
    } catch (error) {
      return { item, status: "failed", problem: problemOf(error) };
    }
  });
}

function checkItem(item: Item): void {
  const id = typeof item === "string" ? item : item.id;
  const isInstance = typeof item === "string" || isRecord(item) || item.kind === "instance";
  if (typeof id === "string" && id !== "" && (!isInstance || instanceIdForm.test(id))) return;
  throw invalidRequest(`${JSON.stringify(id)} is no id of what could be recovered.`, "Pass an id or what was seen.");
}

function refusalOf(item: Item, scope: Scope): Problem | undefined {
  if (typeof item !== "string" && !sameScope(item, scope)) {
    const message = `${item.id} belongs to ${item.accountId} in ${item.region}.`;
    return problem("wrong-account", message, "Use the credentials and region it belongs to.");
  }
  if (typeof item === "string" || isRecord(item) || item.kind === "instance") {
    return problem("unsupported", "EC2 has no bin for instances.", "Launch a new one from its snapshots.");
  }
  if (item.kind !== "address") return undefined;
  const hint = "Ask for it with AllocateAddress and its IP, while nobody else has it.";
  return problem("unsupported", "EC2 has no bin for addresses.", hint);
}

async function takeOut(call: AwsCall, item: Item, options: RecoverOptions): Promise<RecoverOutcome> {
  if (typeof item === "string" || isRecord(item)) return { item, status: "not-found" };
  const { id, kind, instanceId } = item;
  if (kind !== "disk" && kind !== "snapshot" && kind !== "image") return { item, status: "not-found" };
  if (!(await isBinned(call, kind, id))) {
    return { item, status: (await isOutside(call, kind, id)) ? "not-recycled" : "not-found" };
  }
  if (options.dryRun) return { item, status: "would-recover" };
  const effect: Effect = {
    ...call.scope,
    kind: "instance-recovered",
    resource: { kind, id },
    instanceIds: instanceId === undefined ? [] : [instanceId],
    undo: { impossible: `Delete ${id} to put it back into the bin, where the account's rule still applies.` },
  };
  const answer = await call.requests.mutate({
    service: "ec2",
    action: bins[kind].restore,
    parameters: { [bins[kind].id]: id },
    instanceIds: effect.instanceIds,
    effects: [effect],
    confirm: confirmByReading(call.requests, () => isOutside(call, kind, id)),
  });
  if (answer.effect === "applied") return { item, status: "recovered", effects: [effect] };
  if (answer.effect === "unknown") return { item, status: "unknown", problem: answer.problem };
  return { item, status: answer.sent ? refused(id, answer.problem).status : "blocked", problem: answer.problem };
}

/** Whether a name that is not in the bin is left out of the answer or refused is not documented: both say the same. */
async function isBinned(call: AwsCall, kind: Binned, id: string): Promise<boolean> {
  const bin = bins[kind];
  try {
    const rows = await call.pages("ec2", bin.list, { [bin.ids]: [id] }, bin.rows);
    return rows.some((row) => row.text(bin.id) === id);
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "not-found") return false;
    throw error;
  }
}

async function isOutside(call: AwsCall, kind: Binned, id: string): Promise<boolean> {
  const bin = bins[kind];
  const rows = await call.pages("ec2", bin.describe, { Filters: [{ Name: bin.filter, Values: [id] }] }, bin.found);
  return rows.some((row) => row.text(bin.id) === id);
}

function problem(code: Problem["code"], message: string, hint: string): Problem {
  return { code, message, hint, cloud: "aws" };
}
