import { mapConcurrent, unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { AliyunCall } from "../call.js";
import { innerList } from "../listings.js";
import type { SeenInstance } from "../record.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "nas:DescribeMountedClients";
/** Reads at a time: one mount target each. */
const concurrency = 5;

/** File systems that the instances have mounted. They stay, and bill. */
export const fileSystemSources: readonly AliyunSource[] = [listing("file-system", source, "report", mounts)];

/** A place where a file system can be mounted. */
interface MountTarget {
  readonly fileSystemId: string;
  readonly name: string;
  /** `standard`, `extreme`, `cpfs`. */
  readonly type: string;
  readonly domain: string;
  readonly vpcId?: string;
}

/**
 * Only general-purpose file systems tell who uses them, and of these only who did within the last minute
 * (DescribeMountedClients). Of the others in a network of the instances nobody knows.
 */
async function mounts({ call, instances }: AliyunSurvey): Promise<Findings> {
  const targets = await readMountTargets(call);
  const telling = targets.filter(({ type }) => type === "standard");
  const found = await mapConcurrent(telling, concurrency, async (target) => {
    const rows = await call.pages("nas", "DescribeMountedClients", {
      FileSystemId: target.fileSystemId,
      MountTargetDomain: target.domain,
    });
    const clients = new Set(rows.map((row) => row.need("ClientIP")));
    return instances.flatMap((seen) => (isAmong(seen, clients) ? [mountFinding(target, seen)] : []));
  });
  return { ...findingsOf(source, found.flat()), ...untold(targets, instances) };
}

/** Every mount target of the region: a file system can be mounted from a network that its own is connected with. */
async function readMountTargets(call: AliyunCall): Promise<readonly MountTarget[]> {
  const rows = await call.pages("nas", "DescribeFileSystems");
  return rows.flatMap((row) => {
    const fileSystemId = row.need("FileSystemId");
    const name = row.text("Description") ?? fileSystemId;
    return innerList(row, "MountTargets.MountTarget").map((target): MountTarget => {
      const vpcId = target.text("VpcId");
      return {
        fileSystemId,
        name,
        type: row.text("FileSystemType") ?? "unknown",
        domain: target.need("MountTargetDomain"),
        ...(vpcId === undefined ? {} : { vpcId }),
      };
    });
  });
}

function isAmong({ record }: SeenInstance, clients: ReadonlySet<string>): boolean {
  return record.privateIps.some((ip) => clients.has(ip));
}

/** A client is told by its address, which says who it is within one network alone. */
function mountFinding({ fileSystemId, name, vpcId }: MountTarget, { record }: SeenInstance): Finding {
  const sure = vpcId !== undefined && vpcId === record.vpcId;
  return {
    instanceId: record.id,
    node: { kind: "file-system", id: fileSystemId, name, billing: "continues" },
    edge: {
      relation: sure ? "attached" : "inferred",
      effect: "report",
      atTermination: "kept",
      why: sure
        ? `It has the file system ${name} mounted, which stays.`
        : `An address like its own has the file system ${name} mounted, from another network.`,
    },
  };
}

function untold(targets: readonly MountTarget[], instances: readonly SeenInstance[]): Pick<Findings, "partial"> {
  const silent = targets.filter(({ type }) => type !== "standard");
  const networks = new Set(silent.map(({ vpcId }) => vpcId));
  const instanceIds = instances.filter(({ record }) => networks.has(record.vpcId)).map(({ record }) => record.id);
  if (instanceIds.length === 0) return {};
  const ids = unique(silent.map(({ fileSystemId }) => fileSystemId)).join(", ");
  return { partial: { reason: `No API tells who has mounted ${ids}, in the network of the instances.`, instanceIds } };
}
