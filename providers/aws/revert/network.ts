import { confirmByReading } from "../../../src/confirm.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { AwsCall } from "../call.js";
import { readGroupsOf, sameGroups, setGroups } from "../quarantine/isolate.js";
import { caughtUp, type Undo } from "./undo.js";

/** Moves an interface back into the groups it was in. */
export async function revertGroups(call: AwsCall, effect: Undo<"set-groups">): Promise<RevertResult> {
  const { networkInterfaceId, securityGroupIds } = effect.undo;
  const left = Array.isArray(effect.left) ? effect.left.map(String) : [];
  const now = await caughtUp(
    call,
    () => readGroupsOf(call, networkInterfaceId),
    (groupIds) => groupIds === undefined || sameGroups(groupIds, left),
  );
  if (now === undefined) return resourceGone(`${networkInterfaceId} is gone.`);
  if (sameGroups(now, securityGroupIds)) return { status: "already-reverted" };
  if (!sameGroups(now, left)) return changedSince(`${networkInterfaceId} is in ${now.join(", ")} by now.`);
  return resultOf(
    await setGroups(call, networkInterfaceId, securityGroupIds, effect.instanceIds, [givingBack(effect)]),
  );
}

/** Associates an Elastic IP with the interface it was on, where nobody uses it meanwhile. */
export async function revertAssociation(call: AwsCall, effect: Undo<"associate-address">): Promise<RevertResult> {
  const { address, networkInterfaceId, privateIp } = effect.undo;
  const { id } = address;
  if (id === undefined) {
    return { status: "not-reverted", cause: "impossible", why: `AWS had assigned ${address.ip} for a time only.` };
  }
  const now = await caughtUp(
    call,
    () => readAddress(call, id),
    (seen) => !seen || seen.networkInterfaceId === undefined,
  );
  if (!now || now.ip !== address.ip) return resourceGone(`${address.ip} is not the account's any more.`);
  if (now.networkInterfaceId === networkInterfaceId) return { status: "already-reverted" };
  if (now.networkInterfaceId !== undefined)
    return changedSince(`${address.ip} is on ${now.networkInterfaceId} by now.`);
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "AssociateAddress",
    parameters: {
      AllocationId: id,
      NetworkInterfaceId: networkInterfaceId,
      ...(privateIp === undefined ? {} : { PrivateIpAddress: privateIp }),
      // Never takes it from somebody who got it between the read and the request.
      AllowReassociation: false,
    },
    instanceIds: effect.instanceIds,
    effects: [givingBack(effect)],
    confirm: confirmByReading(
      call.requests,
      async () => (await readAddress(call, id))?.networkInterfaceId === networkInterfaceId,
    ),
  });
  return resultOf(answer);
}

/** An Elastic IP of the account, as it is now. */
export interface ElasticAddress {
  readonly id: string;
  readonly ip: string;
  readonly associationId?: string;
  readonly networkInterfaceId?: string;
  readonly instanceId?: string;
}

/** Reads one Elastic IP; `undefined` where the account does not hold it. By filter, since an absent id is an error. */
export async function readAddress(call: AwsCall, allocationId: string): Promise<ElasticAddress | undefined> {
  const Filters = [{ Name: "allocation-id", Values: [allocationId] }];
  const { body } = await call.read("ec2", "DescribeAddresses", { Filters });
  const row = body.needList("Addresses").find((address) => address.text("AllocationId") === allocationId);
  if (!row) return undefined;
  const associationId = row.text("AssociationId");
  const networkInterfaceId = row.text("NetworkInterfaceId");
  const instanceId = row.text("InstanceId");
  return {
    id: allocationId,
    ip: row.text("PublicIp") ?? "",
    ...(associationId === undefined ? {} : { associationId }),
    ...(networkInterfaceId === undefined ? {} : { networkInterfaceId }),
    ...(instanceId === undefined ? {} : { instanceId }),
  };
}
