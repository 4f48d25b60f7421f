import type { DependencySource, Findings } from "../../../coverage.js";
import type { DependencyEdge, DependencyKind, DependencyNode } from "../../../dependencies.js";
import type { Wire } from "../../../wire.js";
import type { MemoryCall } from "./call.js";
import type { Protection } from "./changes.js";
import type { Seen } from "./record.js";
import { readRules } from "./rules.js";

/** What a survey of dependencies works with. */
export interface SurveyContext {
  readonly call: MemoryCall;
  readonly seen: readonly Seen[];
  readonly byCloud: boolean;
  readonly protection: () => Promise<ReadonlyMap<string, Omit<Protection, "lock">>>;
  readonly addresses: () => Promise<readonly Wire[]>;
}

type Source = DependencySource<SurveyContext>;
type EdgeBody = Omit<DependencyEdge, "instanceId" | "node" | "source">;

/** Every kind of thing this cloud knows, and the listing that tells of it. */
export const dependencyTable: readonly Source[] = [
  source("disk", "ListDisks", "required", disks),
  source("protection", "ListProtection", "required", protections),
  source("pending-operation", "ListInstances", "required", pending),
  source("managed-service", "ListInstances", "required", managed),
  source("network-interface", "ListInterfaces", "report", interfaces),
  source("public-address", "ListAddresses", "report", addresses),
  source("security-group", "ListGroups", "report", groups),
  source("security-rule", "ListRules", "report", rules),
  source("snapshot", "ListSnapshots", "report", snapshots),
  source("load-balancer-target", "ListTargets", "required", targets),
  source("auto-scaling-group", "ListScalingGroups", "required", scalingGroups),
  reference("cluster-node", "required"),
  reference("stack", "required"),
  reference("route", "required"),
  reference("dns-record", "required"),
  reference("nat-rule", "required"),
  reference("address-list", "required"),
  reference("database", "report"),
  reference("image", "report"),
  reference("alarm", "report"),
  reference("backup-policy", "report"),
];

function source(
  kind: DependencyKind,
  action: string,
  gate: Source["gate"],
  read: (context: SurveyContext, api: string) => Promise<Findings>,
): Source {
  const api = `cloud:${action}`;
  return { kind, source: api, gate, hidesRows: false, read: (context) => read(context, api) };
}

/** Kinds that only name an instance or one of its addresses. */
function reference(kind: DependencyKind, gate: Source["gate"]): Source {
  const api = "cloud:ListReferences";
  const read = async ({ call, seen }: SurveyContext): Promise<Findings> => {
    const rows = await call.pages("ListReferences", { kind });
    const found = findings();
    for (const row of rows) {
      for (const { record } of seen) {
        const names = [record.id, ...record.privateIps, ...record.publicAddresses.map(({ ip }) => ip)];
        const members = row.texts("members");
        const owned = gate === "required" && row.text("by") === "instance";
        if (!members.some((member) => names.includes(member))) continue;
        found.add(record.id, { kind, id: row.need("id"), billing: "unknown" }, api, {
          relation: owned ? "owned-by" : "references",
          effect: owned ? "blocks" : "report",
          atTermination: "kept",
          why: `The ${kind} ${row.need("id")} names it.`,
          ...(owned ? { unblock: `Take it out of the ${kind} first.` } : {}),
        });
      }
    }
    return found;
  };
  return { kind, source: api, gate, hidesRows: false, read };
}

/** Nodes and edges as they are found. */
function findings() {
  const nodes: DependencyNode[] = [];
  const edges: DependencyEdge[] = [];
  const add = (instanceId: string, node: DependencyNode, api: string, edge: EdgeBody) => {
    nodes.push(node);
    edges.push({ instanceId, node: { kind: node.kind, id: node.id }, source: api, ...edge });
  };
  return { nodes, edges, add };
}

async function disks({ seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  for (const { record } of seen) {
    for (const disk of record.disks) {
      const dies = disk.deletedWithInstance;
      const sizeGiB = disk.sizeGiB === "unknown" ? {} : { sizeGiB: disk.sizeGiB };
      const billing = dies === true ? "stops" : dies === false ? "continues" : "unknown";
      found.add(record.id, { kind: "disk", id: disk.id, billing, ...sizeGiB }, api, {
        relation: "attached",
        effect: "report",
        atTermination: dies === true ? "deleted" : dies === false ? "kept" : "unknown",
        why: `It is its ${disk.role} disk.`,
      });
    }
  }
  const disputed = seen.filter(({ facts }) => facts.disputed).map(({ record }) => record.id);
  if (disputed.length === 0) return found;
  return {
    ...found,
    partial: { reason: "Instances and disks do not agree about what is attached.", instanceIds: disputed },
  };
}

async function protections(context: SurveyContext, api: string): Promise<Findings> {
  if (context.byCloud) return { nodes: [], edges: [], skipped: "Left to the cloud, which refuses by itself." };
  const found = findings();
  const read = await context.protection();
  for (const { record } of context.seen) {
    const { termination, stop } = read.get(record.id) ?? { termination: true };
    const locked = record.protection.locks.length > 0;
    if (!termination && !stop && !locked) continue;
    found.add(record.id, { kind: "protection", id: record.id, billing: "none" }, api, {
      relation: "attached",
      effect: "blocks",
      atTermination: "deleted",
      why: locked ? "It is locked." : `It has ${termination ? "termination" : "stop"} protection.`,
      unblock: "Switch it off, or name the id in `protection.clear`.",
    });
  }
  return found;
}

async function pending({ seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  for (const { record, facts } of seen) {
    if (facts.busy === undefined) continue;
    found.add(record.id, { kind: "pending-operation", id: `${record.id}/${facts.busy}`, billing: "none" }, api, {
      relation: "attached",
      effect: "blocks",
      atTermination: "unknown",
      why: `A ${facts.busy} is under way.`,
      unblock: "Wait until it has ended.",
    });
  }
  return found;
}

async function managed({ seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  for (const { record, facts } of seen) {
    if (facts.managedBy === undefined) continue;
    found.add(record.id, { kind: "managed-service", id: facts.managedBy, billing: "unknown" }, api, {
      relation: "owned-by",
      effect: "blocks",
      atTermination: "kept",
      why: `${facts.managedBy} runs it.`,
      unblock: "Delete it through that service.",
    });
  }
  return found;
}

async function interfaces({ call, seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  const there = new Set((await call.pages("ListInterfaces")).map((row) => row.need("id")));
  for (const { record } of seen) {
    for (const one of record.networkInterfaces.filter(({ id }) => there.has(id))) {
      found.add(record.id, { kind: "network-interface", id: one.id, billing: "none" }, api, {
        relation: "attached",
        effect: "report",
        atTermination: one.deletedWithInstance === true ? "deleted" : "kept",
        why: one.primary ? "It is its primary interface." : "It is one of its interfaces.",
      });
    }
  }
  return found;
}

async function addresses(context: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  const there = new Set((await context.addresses()).map((row) => row.need("ip")));
  for (const { record } of context.seen) {
    for (const address of record.publicAddresses.filter(({ ip }) => there.has(ip))) {
      const released = address.releasedWithInstance === true;
      const node = { kind: "public-address", id: address.id ?? address.ip, name: address.ip } as const;
      found.add(record.id, { ...node, billing: released ? "stops" : "continues" }, api, {
        relation: "attached",
        effect: "report",
        atTermination: released ? "deleted" : "kept",
        why: "It is its public address.",
      });
    }
  }
  return found;
}

async function groups({ call, seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  const names = new Map((await call.pages("ListGroups")).map((row) => [row.need("id"), row.text("name") ?? ""]));
  for (const { record } of seen) {
    for (const id of record.securityGroupIds) {
      const name = names.get(id);
      if (name === undefined) continue;
      found.add(record.id, { kind: "security-group", id, name, billing: "none" }, api, {
        relation: "member",
        effect: "report",
        atTermination: "kept",
        why: "It is in this group.",
      });
    }
  }
  return found;
}

async function rules({ call, seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  for (const rule of await readRules(call)) {
    for (const { record } of seen) {
      const ips = [...record.privateIps, ...record.publicAddresses.map(({ ip }) => ip)];
      const { peer } = rule;
      const byGroup =
        peer.kind === "security-group" &&
        !record.securityGroupIds.includes(rule.groupId) &&
        record.securityGroupIds.includes(peer.groupId);
      const byAddress = peer.kind === "cidr" && ips.some((ip) => peer.cidr === `${ip}/32`);
      if (!byGroup && !byAddress) continue;
      const id = rule.id ?? `${rule.groupId}/${rule.direction}/${rule.position?.index}`;
      found.add(record.id, { kind: "security-rule", id, billing: "none" }, api, {
        relation: "references",
        effect: "report",
        atTermination: "kept",
        why: byGroup ? "It lets a group of this instance in." : "It names an address of this instance.",
      });
    }
  }
  return found;
}

async function snapshots({ call, seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  for (const row of await call.pages("ListSnapshots")) {
    for (const { record } of seen) {
      if (!record.disks.some((disk) => disk.id === row.text("diskId"))) continue;
      const sizeGiB = row.number("sizeGiB");
      const node = { kind: "snapshot", id: row.need("id"), billing: "continues" } as const;
      found.add(record.id, { ...node, ...(sizeGiB === undefined ? {} : { sizeGiB }) }, api, {
        relation: "references",
        effect: "report",
        atTermination: "kept",
        why: "It is a copy of one of its disks.",
      });
    }
  }
  return found;
}

async function targets({ call, seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  for (const row of await call.pages("ListTargets")) {
    for (const { record } of seen) {
      const ip = row.text("ip");
      const byAddress = ip !== undefined && record.privateIps.includes(ip);
      if (row.text("instanceId") !== record.id && !byAddress) continue;
      const id = `${row.need("ownerId")}/${row.number("port") ?? 0}`;
      found.add(record.id, { kind: "load-balancer-target", id, billing: "none" }, api, {
        relation: byAddress ? "references" : "member",
        effect: "release-first",
        atTermination: byAddress ? "kept" : "detached",
        why: "A load balancer sends it traffic.",
      });
    }
  }
  return found;
}

async function scalingGroups({ call, seen }: SurveyContext, api: string): Promise<Findings> {
  const found = findings();
  for (const row of await call.pages("ListScalingGroups")) {
    for (const { record } of seen.filter((one) => row.texts("members").includes(one.record.id))) {
      found.add(record.id, { kind: "auto-scaling-group", id: row.need("id"), billing: "none" }, api, {
        relation: "owned-by",
        effect: "release-first",
        atTermination: "detached",
        why: row.flag("replaces") ? "The group puts another in its place." : "The group counts it among its members.",
      });
    }
  }
  return found;
}
