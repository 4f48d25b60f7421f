import type { IsoDate } from "./common.js";
import type { InstanceRecord } from "./instances.js";
import type { CallOptions } from "./options.js";

/**
 * The kinds of things that can hang on an instance; and, for coverage, the instance itself, its protection
 * and the bins.
 */
export type DependencyKind =
  | "disk"
  | "network-interface"
  | "public-address"
  | "private-address"
  | "virtual-ip"
  | "load-balancer-target"
  | "auto-scaling-group"
  | "spot-request"
  | "fleet"
  | "cluster-node"
  | "stack"
  | "managed-service"
  | "database"
  | "security-group"
  | "security-rule"
  | "address-list"
  | "snapshot"
  | "image"
  | "backup"
  | "backup-policy"
  | "route"
  | "nat-rule"
  | "dns-record"
  | "service-discovery"
  | "key-pair"
  | "instance-role"
  | "encryption-key"
  | "placement"
  | "dedicated-host"
  | "capacity-reservation"
  | "commitment"
  | "file-system"
  | "alarm"
  | "event-window"
  | "schedule"
  | "pending-operation"
  | "traffic-mirror"
  | "instance"
  | "protection"
  | "recycle-bin"
  | "other";
/**
 * Names one thing in an account and region. The id is the cloud's own; where it has none, a stable composite
 * that the adapter's page documents.
 */
export interface NodeRef {
  readonly kind: DependencyKind;
  readonly id: string;
}
/**
 * One thing in its relation to one instance: what `releaseDependencies` acts on. Made from an edge: `{
 * ...edge.node, instanceId: edge.instanceId }`.
 */
export interface DependencyRef {
  readonly kind: DependencyKind;
  readonly id: string;
  readonly instanceId: string;
}
/** A thing that hangs on one or more instances, each once in a report. */
export interface DependencyNode {
  readonly kind: DependencyKind;
  readonly id: string;
  readonly name?: string;
  readonly sizeGiB?: number;
  readonly since?: IsoDate;
  /** Whether it still costs money once the instances are gone, as things stand. */
  readonly billing: "stops" | "continues" | "none" | "unknown";
}
/** How one instance and one thing hang together. */
export interface DependencyEdge {
  readonly instanceId: string;
  readonly node: { readonly kind: DependencyKind; readonly id: string };
  /** `inferred` is a guess, such as a database that shares a group. It never blocks. */
  readonly relation: "attached" | "member" | "references" | "owned-by" | "inferred";
  /**
   * `blocks`: termination must not go on. `release-first`: it blocks until `releaseDependencies` has dealt
   * with it. `report`: for the reader.
   */
  readonly effect: "blocks" | "release-first" | "report";
  readonly atTermination: "deleted" | "detached" | "kept" | "unknown";
  readonly why: string;
  /** The way out, in words. Present where `effect` is `blocks`. */
  readonly unblock?: string;
  /** The API that said so. */
  readonly source: string;
}
/**
 * What shows that an empty answer means "none": a row the same principal sees in that source, or proof that
 * the read is account-wide.
 */
export type ControlRead = { readonly at: IsoDate } & (
  | {
      readonly by: "row";
      readonly row: "default-network" | "default-group" | "tombstone" | "own-artifact" | "other";
      readonly id: string;
    }
  | { readonly by: "account-wide"; readonly proof: string }
);
/**
 * What was looked at, and what was not. One line per kind and source of the cloud's table, always all of
 * them.
 */
export interface CoverageLine {
  readonly kind: DependencyKind;
  readonly source: string;
  /**
   * `required`: can block, replace the server, carry its traffic or hold its data. Not checked, it blocks.
   * `report`: not checked, the end is not `clean`. What names an ephemeral address (DNS record, address list,
   * NAT rule) is `required`.
   */
  readonly gate: "required" | "report";
  /**
   * `partial`: some was not read, or an empty answer has no control, or no second source confirms the set of
   * disks.
   */
  readonly status: "checked" | "partial" | "denied" | "unavailable" | "skipped";
  /** Present where the answer was empty and still counts as `checked`. */
  readonly control?: ControlRead;
  /** The instances concerned. Absent: all that were asked about. */
  readonly instanceIds?: readonly string[];
  /**
   * Why it was not fully checked, with the install line or the missing permission. Present unless `checked`.
   */
  readonly reason?: string;
}
/** Whether an asked-for instance was there. */
export type InstanceSighting =
  | { readonly status: "found"; readonly record: InstanceRecord }
  | { readonly status: "not-found"; readonly instanceId: string };
/** What hangs on the asked-for instances. `instances` is in the order asked, duplicates collapsed. */
export interface DependencyReport {
  readonly instances: readonly InstanceSighting[];
  readonly nodes: readonly DependencyNode[];
  readonly edges: readonly DependencyEdge[];
  readonly coverage: readonly CoverageLine[];
}
/**
 * When protection is read where that costs a request per instance: before, or not at all, since the cloud
 * refuses by itself.
 */
export type ProtectionCheck = "before" | "by-cloud";
/** Options of `listDependencies`. */
export interface ListDependenciesOptions extends CallOptions {
  /** Kinds to leave out; each keeps its coverage line, as `skipped`. Default: none. */
  readonly skip?: readonly DependencyKind[];
  /**
   * Default `before`. With `by-cloud` the coverage line is `skipped` with gate `report`, and records say
   * `unknown`.
   */
  readonly protectionCheck?: ProtectionCheck;
}
