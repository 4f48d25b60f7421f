import type { IsoDate, JsonObject, Mapped, Scope } from "./common.js";
import type { InstanceRecord } from "./instances.js";
import type { DryRunOptions } from "./options.js";
import type { Blocked, Failed, InstanceOutcome, NotFound } from "./snapshots.js";

/** One side of a rule. Neutral kinds; the cloud's name for a list is in `list`. */
export type RulePeer =
  | { readonly kind: "any" }
  | { readonly kind: "cidr"; readonly cidr: string; readonly family: "ipv4" | "ipv6" }
  | {
      readonly kind: "security-group";
      readonly groupId: string;
      readonly accountId?: string;
      readonly accountName?: string;
      readonly vpcId?: string;
      readonly peeringConnectionId?: string;
    }
  | {
      readonly kind: "address-list";
      readonly list: "prefix-list" | "address-group" | "address-template" | "address-template-group";
      readonly id: string;
    };
/**
 * What traffic a rule means. `from` and `to` are inclusive. A list (port list, service template) is kept by
 * id.
 */
export type RulePorts =
  | { readonly kind: "all" }
  | { readonly kind: "ranges"; readonly ranges: readonly { readonly from: number; readonly to: number }[] }
  | { readonly kind: "icmp"; readonly type: number; readonly code: number }
  | {
      readonly kind: "list";
      readonly list: "port-list" | "service-template" | "service-template-group";
      readonly id: string;
    };
/**
 * A firewall rule of any of the clouds. The neutral fields are for judging and for reading; `native` is for
 * putting it back. AWS: one source per rule, tags, peering. Aliyun: source *and* destination, source ports,
 * NIC type, port list, priority. Tencent: no id, position and version, templates. Huawei: priority, action,
 * enabled, several ports, address group.
 */
export interface SecurityRule {
  /** Stable within the cloud that gives rules ids. Absent where the position is the identity. */
  readonly id?: string;
  readonly groupId: string;
  readonly direction: "ingress" | "egress";
  readonly action: "allow" | "deny";
  readonly family: "ipv4" | "ipv6" | "both";
  readonly protocol: Mapped<"any" | "tcp" | "udp" | "icmp" | "icmpv6" | "other">;
  readonly ports: RulePorts;
  /** Default: all. */
  readonly sourcePorts?: RulePorts;
  /** The far side: source of an ingress rule, destination of an egress rule. */
  readonly peer: RulePeer;
  /** The near side, where a cloud can narrow it. Default: whoever is in the group. */
  readonly local?: RulePeer;
  /** The cloud's number. What an omitted one means differs per API, so a restore always sends it. */
  readonly priority?: number;
  /**
   * Where order decides: index from 0 within its direction, of how many, in which version, and fingerprints of
   * the rules before and after.
   */
  readonly position?: {
    readonly index: number;
    readonly count: number;
    readonly version: string;
    readonly neighbours: readonly [string | null, string | null];
  };
  /** False: present but switched off. Default: true. */
  readonly enabled?: boolean;
  readonly nicType?: "internet" | "intranet";
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The rule's own fields exactly as the cloud described them, names and empty strings included. */
  readonly native: JsonObject;
}
/**
 * A rule that was taken away, complete enough to come back byte for byte where the cloud allows (it gets a
 * new id).
 */
export interface RemovedSecurityRule extends Scope {
  readonly rule: SecurityRule;
  readonly vpcId?: string;
  /** Why it went, and so when it may come back. */
  readonly because: /**
   * `address` belonged to `instanceIds[0]`. It comes back only while a fresh read shows that same instance
   * holding it.
   */
    | {
        readonly scope: "own-address";
        readonly instanceIds: readonly string[];
        readonly address: string;
        readonly addressId?: string;
        readonly networkInterfaceId?: string;
      }
    /**
     * All users of the group were among these, read again right before. `reference`: the rule sat in another
     * group and named this one. It comes back only to that group id, with no user outside the recovered targets
     * and the content we left.
     */
    | {
        readonly scope: "exclusive-group";
        readonly instanceIds: readonly string[];
        readonly groupId: string;
        readonly reference: boolean;
      };
  readonly removedAt: IsoDate;
  readonly requestId?: string;
}
/** A rule that was looked at and left, with the reason. */
export interface KeptSecurityRule {
  readonly rule: SecurityRule;
  readonly why: string;
}
/** Options of `releaseSecurityRules`. */
export interface ReleaseRulesOptions extends DryRunOptions {
  /**
   * Default `both`. Exclusive only if all users of a group could be read; never a default, managed, shared or
   * foreign group.
   */
  readonly scope?: "own-address" | "exclusive-group" | "both";
  /** Earlier records of the targets: addresses seen there count as well. Default: none. */
  readonly sightings?: readonly InstanceRecord[];
}
/**
 * What became of one instance's rules. A rule that concerns several targets is listed with the first of them
 * only. A deny rule is kept until the server is gone; a private address in networks that overlap or are not
 * known is kept.
 */
export type RuleReleaseOutcome =
  | Blocked
  | NotFound
  | (InstanceOutcome & {
      readonly status: "released";
      readonly removed: readonly RemovedSecurityRule[];
      readonly kept: readonly KeptSecurityRule[];
    })
  | (InstanceOutcome & {
      readonly status: "would-release";
      readonly rules: readonly SecurityRule[];
      /** Whether the cloud confirmed that we may take them away and put them back. */
      readonly permissionChecked: boolean;
      readonly kept: readonly KeptSecurityRule[];
    })
  | (InstanceOutcome & { readonly status: "nothing-to-release"; readonly kept: readonly KeptSecurityRule[] })
  /** `removed` holds all that went, and all that may have gone. */
  | (Failed & { readonly removed: readonly RemovedSecurityRule[]; readonly kept: readonly KeptSecurityRule[] });
