import { unique } from "../../../batch.js";
import type { CoverageLine, DependencyKind, DependencyNode } from "../../../dependencies.js";
import { problemOf } from "../../../errors.js";
import type { Leftover, VerifyOptions } from "../../../verification.js";
import type { MemoryCall } from "./call.js";
import { readOwnCopies } from "./copies.js";
import { readInstances } from "./record.js";
import { fingerprint, readRules } from "./rules.js";

/** Things that were there before and still are, and what could not be looked at. */
export interface Search {
  readonly coverage: readonly CoverageLine[];
  leftoversOf(id: string): readonly Leftover[];
  /** Instances that a group put in the place of one, younger than what was seen of it. */
  replacedBy(id: string): readonly string[];
}

/** Where nothing is gone, nothing can have been left. */
export const nothingToSearch: Search = { coverage: [], leftoversOf: () => [], replacedBy: () => [] };

interface Listing {
  readonly kind: DependencyKind;
  readonly action: string;
  read(call: MemoryCall): Promise<ReadonlySet<string>>;
}

const listings: readonly Listing[] = [
  listing("disk", "ListDisks"),
  listing("network-interface", "ListInterfaces"),
  listing("public-address", "ListAddresses"),
  listing("snapshot", "ListSnapshots"),
  listing("load-balancer-target", "ListTargets"),
  listing("auto-scaling-group", "ListScalingGroups"),
];

function listing(kind: DependencyKind, action: string): Listing {
  return {
    kind,
    action,
    read: async (call) => {
      const rows = await call.pages(action);
      return new Set(
        rows.flatMap((row) => {
          if (kind === "load-balancer-target") {
            return [`${row.need("ownerId")}/${row.number("port") ?? 0}#${row.text("instanceId") ?? row.text("ip")}`];
          }
          if (kind === "auto-scaling-group") return row.texts("members").map((member) => `${row.need("id")}#${member}`);
          return [row.text("id") ?? row.need("ip")];
        }),
      );
    },
  };
}

/** Looks for what was left, kind by kind. */
export async function searchLeftovers(call: MemoryCall, options: VerifyOptions): Promise<Search> {
  const skip = new Set(options.skip);
  const present = new Map<DependencyKind, ReadonlySet<string>>();
  const coverage: CoverageLine[] = [];
  const look = async (kind: DependencyKind, action: string, read: () => Promise<void>) => {
    const line = { kind, source: `cloud:${action}`, gate: "report" } as const;
    if (skip.has(kind)) {
      coverage.push({ ...line, status: "skipped", reason: "Left out by the caller." });
      return;
    }
    try {
      await read();
      const partial = options.before === undefined;
      const reason = "Without an earlier report nobody knows what to look for.";
      coverage.push(partial ? { ...line, status: "partial", reason } : { ...line, status: "checked" });
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code === "aborted") throw error;
      coverage.push({
        ...line,
        status: problem.code === "access-denied" ? "denied" : "partial",
        reason: problem.message,
      });
    }
  };
  for (const { kind, action, read } of listings) {
    await look(kind, action, async () => void present.set(kind, await read(call)));
  }
  let rules: ReadonlySet<string> = new Set();
  await look("security-rule", "ListRules", async () => {
    rules = new Set((await readRules(call)).map((rule) => `${rule.groupId} ${fingerprint(rule.native)}`));
  });
  const ours = new Set<string>();
  if (!skip.has("snapshot") && present.has("snapshot")) {
    for (const copy of await readOwnCopies(call, {})) ours.add(copy.id);
  }
  const replacements = await readReplacements(call, options);
  return {
    coverage,
    leftoversOf: (id) => leftoversOf(id, options, present, rules, ours),
    replacedBy: (id) => replacements.get(id) ?? [],
  };
}

/** Members of the groups that owned an instance, if they were made after it was seen. */
async function readReplacements(
  call: MemoryCall,
  { before, skip }: VerifyOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const owned = (before?.edges ?? []).filter((edge) => edge.node.kind === "auto-scaling-group");
  if (owned.length === 0 || skip?.includes("auto-scaling-group")) return new Map();
  const groups = new Map((await call.pages("ListScalingGroups")).map((row) => [row.need("id"), row.texts("members")]));
  const { byId } = await readInstances(call, unique([...groups.values()].flat()));
  return new Map(
    owned.map(({ instanceId, node }) => {
      const sighting = before?.instances.find((one) => one.status === "found" && one.record.id === instanceId);
      const seenAt = sighting?.status === "found" ? sighting.record.seenAt : "";
      const younger = (groups.get(node.id) ?? []).filter((id) => (byId.get(id)?.record.createdAt ?? "") > seenAt);
      return [instanceId, younger];
    }),
  );
}

function leftoversOf(
  id: string,
  { before, removedRules = [] }: VerifyOptions,
  present: ReadonlyMap<DependencyKind, ReadonlySet<string>>,
  rules: ReadonlySet<string>,
  ours: ReadonlySet<string>,
): readonly Leftover[] {
  const edges = (before?.edges ?? []).filter((edge) => edge.instanceId === id);
  const left = edges.flatMap(({ node }): readonly Leftover[] => {
    const names = present.get(node.kind);
    const member = node.kind === "load-balancer-target" || node.kind === "auto-scaling-group";
    if (!names?.has(member ? `${node.id}#${id}` : node.id) || ours.has(node.id)) return [];
    return [
      leftoverOf(
        before?.nodes.find((one) => one.kind === node.kind && one.id === node.id),
        node,
      ),
    ];
  });
  const back = removedRules
    .filter(({ because }) => because.instanceIds.includes(id))
    .filter(({ rule }) => rules.has(`${rule.groupId} ${fingerprint(rule.native)}`))
    .map(({ rule }): Leftover => {
      const why = "It was closed and is open again.";
      return { kind: "security-rule", id: rule.id ?? rule.groupId, billing: "none", why };
    });
  return [...left, ...back];
}

const billing: readonly DependencyKind[] = ["disk", "public-address", "snapshot"];

function leftoverOf(
  known: DependencyNode | undefined,
  node: { readonly kind: DependencyKind; readonly id: string },
): Leftover {
  return {
    ...node,
    ...(known?.sizeGiB === undefined ? {} : { sizeGiB: known.sizeGiB }),
    billing: billing.includes(node.kind) ? "continues" : "none",
    why: "It was there before and still is.",
  };
}
