import type { Operation, PermissionPolicy } from "../../../adapter.js";

const looking = ["GetCaller", "ListInstances", "ListDisks", "ListAddresses", "ListGroups"];
const undoing = ["SetProtection", "SetLock", "SetDiskFlag", "SetTags", "AddRule", "RegisterTarget", "AttachInstance"];

const actions: Readonly<Record<Operation, readonly string[]>> = {
  whoAmI: ["GetCaller"],
  findInstances: looking,
  listDependencies: [
    ...looking,
    "ListProtection",
    "ListInterfaces",
    "ListRules",
    "ListSnapshots",
    "ListTargets",
    "ListScalingGroups",
    "ListReferences",
  ],
  verifyDeleted: [...looking, "ListInterfaces", "ListRules", "ListSnapshots", "ListTargets", "ListScalingGroups"],
  findOwnArtifacts: ["GetCaller", "ListSnapshots"],
  snapshot: [...looking, "ListSnapshots", "CreateSnapshots"],
  releaseSecurityRules: [
    ...looking,
    "ListRules",
    "ListInterfaces",
    "ListGroupUsers",
    "ListPeerings",
    "RemoveRules",
    "AddRule",
  ],
  terminate: [
    ...looking,
    "ListProtection",
    "ListScalingGroups",
    "ListSnapshots",
    "GetBin",
    "QuoteRefund",
    "TerminateInstances",
    "Unsubscribe",
    "ConvertBilling",
    "SetAutoRenew",
    "ScheduleRelease",
    "Purge",
    "SetProtection",
    "SetLock",
    "SetDiskFlag",
  ],
  quarantine: [
    ...looking,
    "StopInstance",
    "StartInstance",
    "SetInterfaceGroups",
    "CreateGroup",
    "DeleteGroup",
    "SetGuestShutdown",
  ],
  releaseDependencies: [
    ...looking,
    "DeregisterTarget",
    "DetachInstance",
    "ReleaseAddress",
    "DeleteDisk",
    "RegisterTarget",
    "AttachInstance",
  ],
  revert: [...looking, ...undoing],
  tagInstances: [...looking, "SetTags"],
  recover: [...looking, "Recover"],
  removeArtifacts: ["GetCaller", "ListSnapshots", "DeleteSnapshot"],
};

const optional: ReadonlySet<string> = new Set(["ListReferences", "ListSnapshots", "QuoteRefund"]);

/** The least privilege for these operations. Sends nothing. */
export function permissions(operations: readonly Operation[] = allOperations): PermissionPolicy {
  const rows = operations.flatMap((operation) =>
    actions[operation].map((action) => ({ operation, action: `cloud:${action}`, optional: optional.has(action) })),
  );
  const allow = [...new Set(rows.map(({ action }) => action))].sort();
  return { cloud: "memory", document: { allow }, actions: rows };
}

const allOperations: readonly Operation[] = [
  "whoAmI",
  "findInstances",
  "listDependencies",
  "verifyDeleted",
  "findOwnArtifacts",
  "snapshot",
  "releaseSecurityRules",
  "terminate",
  "quarantine",
  "releaseDependencies",
  "revert",
  "tagInstances",
  "recover",
  "removeArtifacts",
];
