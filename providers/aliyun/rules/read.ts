import { chunk } from "../../../src/batch.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { AliyunCall } from "../call.js";
import { readRulesOf } from "../dependencies/security-groups.js";

/** Groups of one DescribeSecurityGroupReferences (its request model). */
const groupsPerRequest = 10;

/** Groups of this account whose rules name one of these groups. */
export async function readReferencing(call: AliyunCall, groupIds: readonly string[]): Promise<readonly string[]> {
  const pieces = await Promise.all(
    chunk(groupIds, groupsPerRequest).map((piece) =>
      call.pages("ecs", "DescribeSecurityGroupReferences", { SecurityGroupId: [...piece] }),
    ),
  );
  return pieces.flat().flatMap((row) => {
    // Two lists deep. The page's own examples leave a level out; an answer of that shape must not pass for "nobody".
    const naming = row.object("ReferencingSecurityGroups");
    const references = naming ? naming.needList("ReferencingSecurityGroup") : row.needList("ReferencingSecurityGroups");
    return references
      .filter((reference) => (reference.text("AliUid") ?? call.scope.accountId) === call.scope.accountId)
      .map((reference) => reference.need("SecurityGroupId"));
  });
}

/** Reads the rules of groups, each group once however often it is asked for. */
export type RuleReader = (groupIds: readonly string[]) => Promise<readonly SecurityRule[]>;

/** Opens a {@link RuleReader}: one group is a request ("DescribeSecurityGroupAttribute"). */
export function ruleReader(call: AliyunCall): RuleReader {
  const read = new Map<string, Promise<readonly SecurityRule[]>>();
  return async (groupIds) => {
    const fresh = groupIds.filter((id) => !read.has(id));
    const answer = readRulesOf(call, fresh);
    for (const id of fresh) {
      read.set(
        id,
        answer.then((rules) => rules.filter(({ groupId }) => groupId === id)),
      );
    }
    return (await Promise.all(groupIds.map(async (id) => (await read.get(id)) ?? []))).flat();
  };
}
