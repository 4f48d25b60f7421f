import type { JsonObject } from "../../../../src/common.js";
import { need, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list, usualPages } from "../list.js";
import type { SnapshotPolicy } from "../records.js";
import { cbs } from "../service.js";
import { change, existing, join, leave, type TencentActions } from "../state.js";
import { beijing } from "../times.js";

/** Policies that snapshot disks by the clock. */
export const policyActions: TencentActions = {
  "cbs:DescribeAutoSnapshotPolicies": list<SnapshotPolicy>(cbs, {
    parameters: "AutoSnapshotPolicyIds[100] Filters[]{Name! Values[]!} Limit:n Offset:n Order OrderField",
    set: "AutoSnapshotPolicySet",
    things: ({ snapshotPolicies }) => snapshotPolicies,
    ids: { parameter: "AutoSnapshotPolicyIds", path: "AutoSnapshotPolicyId" },
    item: policyItem,
    filters: {
      "auto-snapshot-policy-id": "AutoSnapshotPolicyId",
      "auto-snapshot-policy-state": "AutoSnapshotPolicyState",
      "auto-snapshot-policy-name": "AutoSnapshotPolicyName",
    },
    filterValues: 100,
    pages: usualPages,
  }),
  "cbs:DescribeDiskAssociatedAutoSnapshotPolicy": list<SnapshotPolicy>(cbs, {
    parameters: "DiskId!",
    set: "AutoSnapshotPolicySet",
    things: ({ snapshotPolicies }, { parameters }) =>
      [...snapshotPolicies.values()].filter(({ diskIds }) => diskIds.includes(need(parameters, "DiskId"))),
    item: policyItem,
  }),
  "cbs:BindAutoSnapshotPolicy": cbs.write("AutoSnapshotPolicyId! DiskIds[80]", ({ state, parameters, effect }) => {
    const id = need(parameters, "AutoSnapshotPolicyId");
    const policy = existing(state.snapshotPolicies, id, "InvalidAutoSnapshotPolicyId.NotFound", "policy");
    const diskIds = texts(parameters, "DiskIds");
    for (const diskId of diskIds) existing(state.disks, diskId, "InvalidDiskId.NotFound", "disk");
    for (const diskId of diskIds) {
      effect(diskId);
      join(state, "backup-policy", id, diskId);
    }
    change(state.snapshotPolicies, id, { diskIds: [...new Set([...policy.diskIds, ...diskIds])] });
    return {};
  }),
  // Disks that are not bound to it are skipped.
  "cbs:UnbindAutoSnapshotPolicy": cbs.write(
    "AutoSnapshotPolicyId! DiskIds[] InstanceIds[]",
    ({ state, parameters, effect }) => {
      const id = need(parameters, "AutoSnapshotPolicyId");
      const policy = existing(state.snapshotPolicies, id, "InvalidAutoSnapshotPolicyId.NotFound", "policy");
      const named = [...texts(parameters, "DiskIds"), ...texts(parameters, "InstanceIds")];
      if (named.length === 0) throw refusal("MissingParameter", "The request names neither disks nor instances.");
      for (const member of [...policy.diskIds, ...policy.instanceIds].filter((one) => named.includes(one))) {
        effect(member);
        leave(state, "backup-policy", id, member);
      }
      const keeps = (member: string) => !named.includes(member);
      change(state.snapshotPolicies, id, {
        diskIds: policy.diskIds.filter(keeps),
        instanceIds: policy.instanceIds.filter(keeps),
      });
      return {};
    },
  ),
};

function policyItem({ id, diskIds, instanceIds, createdAt }: SnapshotPolicy): JsonObject {
  return {
    DiskIdSet: diskIds,
    IsActivated: true,
    AutoSnapshotPolicyState: "NORMAL",
    IsCopyToRemote: 0,
    IsPermanent: false,
    NextTriggerTime: beijing(createdAt + 24 * 3_600_000),
    AutoSnapshotPolicyName: id,
    AutoSnapshotPolicyId: id,
    Policy: [{ DayOfWeek: [0, 1, 2, 3, 4, 5, 6], Hour: [23], DayOfMonth: [], IntervalDays: 0 }],
    CreateTime: beijing(createdAt),
    RetentionDays: 7,
    CopyToAccountUin: null,
    InstanceIdSet: instanceIds,
    RetentionMonths: 0,
    RetentionAmount: 0,
    AdvancedRetentionPolicy: null,
    CopyFromAccountUin: null,
    Tags: [],
  };
}
