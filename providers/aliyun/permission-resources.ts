import type { JsonObject } from "../../src/common.js";

/**
 * The resources each writing action is on, as the end of a resource name: `ecs:instance/*` is
 * `acs:ecs:cn-hangzhou:*:instance/*` (RAM authorization pages of each service). What is not listed reads, or takes no
 * resource.
 */
export const writeResources: Readonly<Record<string, readonly string[]>> = {
  "ecs:AuthorizeSecurityGroup": ["ecs:securitygroup/*"],
  "ecs:AuthorizeSecurityGroupEgress": ["ecs:securitygroup/*"],
  "ecs:CreateSecurityGroup": ["ecs:securitygroup/*", "vpc:vpc/*"],
  "ecs:CreateSnapshot": ["ecs:disk/*", "ecs:snapshot/*"],
  // Authorized on the instance as well as on its disks (CreateSnapshotGroup).
  "ecs:CreateSnapshotGroup": ["ecs:instance/*", "ecs:disk/*", "ecs:snapshotgroup/*"],
  "ecs:DeleteDisk": ["ecs:disk/*"],
  "ecs:DeleteInstances": ["ecs:instance/*"],
  "ecs:DeleteSecurityGroup": ["ecs:securitygroup/*"],
  "ecs:DeleteSnapshot": ["ecs:snapshot/*"],
  "ecs:ModifyDiskAttribute": ["ecs:disk/*"],
  "ecs:ModifyInstanceAttribute": ["ecs:instance/*", "ecs:securitygroup/*"],
  "ecs:ModifyInstanceAutoReleaseTime": ["ecs:instance/*"],
  "ecs:ModifyInstanceAutoRenewAttribute": ["ecs:instance/*"],
  "ecs:ModifyInstanceChargeType": ["ecs:instance/*"],
  "ecs:ModifyNetworkInterfaceAttribute": ["ecs:eni/*", "ecs:securitygroup/*"],
  "ecs:ModifySnapshotAttribute": ["ecs:snapshot/*"],
  "ecs:RevokeSecurityGroup": ["ecs:securitygroup/*"],
  "ecs:RevokeSecurityGroupEgress": ["ecs:securitygroup/*"],
  "ecs:StartInstances": ["ecs:instance/*"],
  "ecs:StopInstances": ["ecs:instance/*"],
  "ecs:TagResources": ["ecs:instance/*", "ecs:snapshot/*", "ecs:snapshotgroup/*", "ecs:securitygroup/*"],
  "ecs:UntagResources": ["ecs:instance/*"],
  "vpc:ReleaseEipAddress": ["vpc:eip/*"],
  "vpc:UnassociateEipAddress": ["vpc:eip/*"],
};

/** `Resource` of a statement about this action: this region, any account. */
export function resourcesOf(region: string, action: string): JsonObject[string] {
  const names = (writeResources[action] ?? []).map((name) => {
    const [service = "", resource = ""] = name.split(":");
    return `acs:${service}:${region}:*:${resource}`;
  });
  return names.length === 0 ? "*" : names;
}
