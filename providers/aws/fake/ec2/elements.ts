import type { JsonObject } from "../../../../src/common.js";
import type { AwsRequestContext } from "../state.js";
import { flag, texts } from "../wire/read.js";

/** An account can hide what a service operates for it; only `IncludeManagedResources` shows it ("Operator"). */
export function hidesManaged(
  { operator }: { readonly operator?: string | undefined },
  { parameters }: AwsRequestContext,
): boolean {
  return operator !== undefined && flag(parameters, "IncludeManagedResources") !== true;
}

/** Whether a service operates a thing, and whether it is hidden. */
export function operatorElement(operator: string | undefined): JsonObject {
  return operator === undefined ? { managed: false } : { managed: true, principal: operator, hiddenByDefault: true };
}

/** Without `Owner` the public things of others are listed as well (DescribeSnapshots, DescribeImages). */
export function hidesForeign(
  { ownerId }: { readonly ownerId?: string | undefined },
  { parameters, scope }: AwsRequestContext,
): boolean {
  const owners = texts(parameters, "Owner").map((owner) => (owner === "self" ? scope.accountId : owner));
  return owners.length > 0 && !owners.includes(ownerId ?? scope.accountId);
}

/** Groups as EC2 names them wherever they are listed. */
export function groupSet({ state }: AwsRequestContext, groupIds: readonly string[]): readonly JsonObject[] {
  return groupIds.map((groupId) => ({ groupId, groupName: state.groups.get(groupId)?.name ?? "" }));
}

/** Id of an instance profile: made from its ARN, since the fake has no other. */
export function profileId(arn: string): string {
  return `AIPA${arn
    .replace(/[^A-Za-z0-9]/g, "")
    .toUpperCase()
    .slice(-17)}`;
}
