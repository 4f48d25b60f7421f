import { mapConcurrent } from "../../src/batch.js";
import { DecommissionError } from "../../src/errors.js";
import { ownerInWords } from "../../src/owner-tags.js";
import type { SecurityRule } from "../../src/security-rules.js";
import type { TencentCall } from "./call.js";
import { serviceMarks } from "./dependencies/owner-tags.js";
import { tagPairs } from "./record.js";
import { securityRules } from "./rule.js";

/** A security group. It belongs to no network, and every group is of this account. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  /** The group that each project has from the start; it cannot be deleted. */
  readonly isDefault: boolean;
  /** Which service made it, as its tags say. No field tells. */
  readonly managedBy?: string;
}

/** The rules of one group in order, and the version that each change of them raises. */
export interface GroupPolicies {
  readonly groupId: string;
  readonly version: string;
  readonly ingress: readonly SecurityRule[];
  readonly egress: readonly SecurityRule[];
}

/** Groups read at a time: one request reads the rules of one group. */
const concurrency = 8;

/** All groups of the region. This listing wants its offsets as texts. */
export async function readSecurityGroups(call: TencentCall): Promise<ReadonlyMap<string, SecurityGroup>> {
  const list = { field: "SecurityGroupSet", id: "SecurityGroupId", asText: true } as const;
  const rows = await call.pages("vpc", "DescribeSecurityGroups", {}, list);
  return new Map(
    rows.map((row) => {
      const id = row.need("SecurityGroupId");
      const name = row.text("SecurityGroupName") ?? "";
      const managedBy = ownerInWords(tagPairs(row, "TagSet"), serviceMarks);
      const managed = managedBy === undefined ? {} : { managedBy };
      return [id, { id, name, isDefault: row.flag("IsDefault") ?? false, ...managed }];
    }),
  );
}

/** The rules of one group; `undefined` where the group is gone. There is one page of them. */
export async function readPolicies(call: TencentCall, groupId: string): Promise<GroupPolicies | undefined> {
  try {
    const { body } = await call.read("vpc", "DescribeSecurityGroupPolicies", { SecurityGroupId: groupId });
    const set = body.object("SecurityGroupPolicySet");
    // An answer without the set, or without a version, must not pass for a group without rules.
    if (!set) throw new DecommissionError(noPolicies(groupId));
    const version = set.need("Version");
    return {
      groupId,
      version,
      ingress: securityRules(groupId, "ingress", version, set.needList("Ingress")),
      egress: securityRules(groupId, "egress", version, set.needList("Egress")),
    };
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "not-found") return undefined;
    throw error;
  }
}

/** The rules of many groups, by group. A group that is gone is left out. */
export async function readPoliciesOf(
  call: TencentCall,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, GroupPolicies>> {
  const read = await mapConcurrent(groupIds, concurrency, (groupId) => readPolicies(call, groupId));
  return new Map(read.flatMap((policies) => (policies ? [[policies.groupId, policies] as const] : [])));
}

/** Both directions of a group's rules. */
export function rulesOf({ ingress, egress }: GroupPolicies): readonly SecurityRule[] {
  return [...ingress, ...egress];
}

function noPolicies(groupId: string) {
  return {
    code: "service",
    message: `The answer to DescribeSecurityGroupPolicies of ${groupId} has no rules in it.`,
    hint: "Check that `endpoint` and proxies lead to the cloud itself, then try again.",
    cloud: "tencent",
  } as const;
}
