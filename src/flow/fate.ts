import type { Capabilities } from "../capabilities.js";
import { dyingDisks } from "../data-gate.js";
import type { DependencyEdge, DependencyNode, NodeRef } from "../dependencies.js";
import type { InstanceDisk, InstanceRecord } from "../instances.js";
import type { RecoverableUntil, TerminationPath, TerminationSettings } from "../termination.js";
import type { Leftover } from "../verification.js";
import { isOwnerKind } from "./blockers.js";

/** What becomes of the things around an instance. */
export interface Fate {
  readonly goes: readonly NodeRef[];
  readonly stays: readonly NodeRef[];
  readonly keepsBilling: readonly Leftover[];
}

/** Sorts what hangs on an instance into what goes with it, what stays, and what of that goes on costing money. */
export function fateOf(
  record: InstanceRecord,
  edges: readonly DependencyEdge[],
  nodes: readonly DependencyNode[],
  released: readonly NodeRef[],
  dying: readonly InstanceDisk[],
): Fate {
  const goes = new Map<string, NodeRef>();
  const stays = new Map<string, { readonly node: NodeRef; readonly why: string }>();
  const isReleased = new Set(released.map(nameOf));
  const dies = new Set(dying.map((disk) => disk.id));
  for (const edge of edges) {
    if (edge.instanceId !== record.id || edge.relation === "inferred") continue;
    const key = nameOf(edge.node);
    const ends = edge.node.kind === "disk" ? dies.has(edge.node.id) : edge.atTermination === "deleted";
    if (ends || isReleased.has(key)) goes.set(key, edge.node);
    else stays.set(key, { node: edge.node, why: edge.why });
  }
  const known = new Map(nodes.map((node) => [nameOf(node), node]));
  const left = [...stays].filter(([key]) => !goes.has(key));
  return {
    goes: [...goes.values()],
    stays: left.map(([, { node }]) => node),
    keepsBilling: left.flatMap(([key, { why }]) => leftoverOf(known.get(key), why)),
  };
}

function leftoverOf(node: DependencyNode | undefined, why: string): readonly Leftover[] {
  if (!node || node.billing === "stops" || node.billing === "none") return [];
  const { kind, id, sizeGiB, since, billing } = node;
  return [
    {
      kind,
      id,
      ...(sizeGiB === undefined ? {} : { sizeGiB }),
      ...(since === undefined ? {} : { since }),
      billing,
      why,
    },
  ];
}

function nameOf(node: NodeRef): string {
  return `${node.kind} ${node.id}`;
}

/** Whether, and until when, an instance that ends this way can come back. */
export function recoverableAfter(how: TerminationPath): RecoverableUntil | "no" {
  return how === "recycle" || how === "let-expire" || how === "schedule" ? { basis: "unknown" } : "no";
}

/**
 * The way an on-demand instance without any bin ends, which needs no question to the cloud; `undefined` where only
 * a dry run tells.
 */
export function obviousPath(
  record: InstanceRecord,
  settings: TerminationSettings,
  capabilities: Capabilities,
): TerminationPath | undefined {
  if (settings.releaseAt !== undefined) return "schedule";
  if (record.billing.unified !== "on-demand" || record.state.unified === "recycled") return undefined;
  return capabilities.retention["on-demand"].bin === "none" ? "release" : undefined;
}

/** Tags that infrastructure-as-code tools leave on what they manage. */
const managedTags =
  /^(aws:cloudformation:|terraform|pulumi|kubernetes\.io\/|k8s\.|acs:ros:|ros-stack|tf[-_]|opentofu)/i;

/** Whether somebody could bring things back after the end, so that a second look is due. */
export function mayComeBack(record: InstanceRecord, edges: readonly DependencyEdge[]): boolean {
  return (
    edges.some(
      (edge) => edge.instanceId === record.id && (edge.relation === "owned-by" || isOwnerKind(edge.node.kind)),
    ) || Object.keys(record.tags).some((key) => managedTags.test(key))
  );
}

/** The instances that end with a plan, for judging which shared disks die: targets, and holders that are gone already. */
export function endingIds(records: readonly InstanceRecord[]): ReadonlySet<string> {
  return new Set(records.map((record) => record.id));
}

/** The disks that die when this instance goes, judged over the whole plan. */
export function dyingWith(
  record: InstanceRecord,
  settings: Pick<TerminationSettings, "dataDisks">,
  ending: ReadonlySet<string>,
): readonly InstanceDisk[] {
  return dyingDisks(record, settings.dataDisks, ending);
}
