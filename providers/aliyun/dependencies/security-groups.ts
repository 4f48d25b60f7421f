import { mapConcurrent } from "../../../src/batch.js";
import { ownerInWords } from "../../../src/owner-tags.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { tagsOf } from "../listings.js";
import { securityRule } from "../rule.js";
import { ownerMarks } from "./owner-tags.js";

/** A security group, as far as decisions need it. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly vpcId?: string;
  /** Nothing but what the cloud wrote about it tells a group that came with a network from others. */
  readonly isDefault: boolean;
  /** What made it, where it is another service or a cluster. */
  readonly managedBy?: string;
  /** False only where the listing says that it holds no rule. */
  readonly mayHoldRules: boolean;
}

/** What the cloud writes about a group that it made by itself, in either language (ECS API reference, examples). */
const systemCreated = /^(System created security group\.?|系统创建的安全组)/i;

/** All groups of the region that these credentials see. */
export async function readSecurityGroups(call: AliyunCall): Promise<ReadonlyMap<string, SecurityGroup>> {
  const rows = await call.pages("ecs", "DescribeSecurityGroups");
  return new Map(rows.map((row) => [row.need("SecurityGroupId"), securityGroup(row)]));
}

/** Attribute reads at a time: one group each. */
const concurrency = 5;

/** The rules of these groups, ingress and egress. */
export async function readRulesOf(call: AliyunCall, groupIds: readonly string[]): Promise<readonly SecurityRule[]> {
  const found = await mapConcurrent(groupIds, concurrency, async (groupId) => {
    const parameters = { SecurityGroupId: groupId, Direction: "all" };
    const rows = await call.pages("ecs", "DescribeSecurityGroupAttribute", parameters);
    return rows.map((row) => securityRule(row, groupId));
  });
  return found.flat();
}

function securityGroup(row: Wire): SecurityGroup {
  const name = row.text("SecurityGroupName") ?? "";
  const vpcId = row.text("VpcId");
  const managedBy =
    row.flag("ServiceManaged") === true ? "a service of the cloud" : ownerInWords(tagsOf(row), ownerMarks);
  return {
    id: row.need("SecurityGroupId"),
    name,
    ...(vpcId === undefined ? {} : { vpcId }),
    isDefault: systemCreated.test(row.text("Description") ?? ""),
    ...(managedBy === undefined ? {} : { managedBy }),
    mayHoldRules: row.number("RuleCount") !== 0,
  };
}
