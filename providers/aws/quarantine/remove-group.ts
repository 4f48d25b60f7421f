import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { type GroupRemoval, removeGroupBy } from "../../../src/holding/remove-group.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { literalFilter } from "../filters.js";
import { ownGroup, readGroupRows } from "./own-group.js";

/** Interfaces leave their groups within seconds of being moved; a group in use cannot be deleted. */
const pace = { firstDelayMs: 2_000, longestDelayMs: 5_000, giveUpAfterMs: 60_000 };

/** Deletes an isolation group that is ours, by tags, description and name, once nobody is in it. */
export async function removeIsolationGroup(
  call: AwsCall,
  artifact: Artifact,
  effects: readonly Effect[],
): Promise<GroupRemoval> {
  const { requests } = call;
  return await removeGroupBy(
    {
      requests,
      pace,
      readNow: async ({ id }) => {
        const row = await readGroup(call, id);
        return row && (ownGroup(call, row) ?? "strange");
      },
      members: (groupId) => usersOf(call, groupId),
      remove: ({ id }, announced) =>
        requests.mutate({
          service: "ec2",
          action: "DeleteSecurityGroup",
          parameters: { GroupId: id },
          instanceIds: artifact.instanceIds,
          effects: announced,
          confirm: confirmByReading(requests, async () => (await readGroup(call, id)) === undefined),
        }),
    },
    artifact,
    effects,
  );
}

/** A group by its id, or by its network and name as it was announced before it had an id. */
export async function readGroup(call: AwsCall, id: string): Promise<Wire | undefined> {
  const [vpcId = "", name] = id.split("/");
  const filters =
    name === undefined
      ? [literalFilter("group-id", id)]
      : [literalFilter("vpc-id", vpcId), literalFilter("group-name", name)];
  return (await readGroupRows(call, filters))[0];
}

async function usersOf(call: AwsCall, groupId: string): Promise<readonly string[]> {
  const Filters = [{ Name: "group-id", Values: [groupId] }];
  const parameters = { Filters, MaxResults: 100, IncludeManagedResources: true };
  const rows = await call.pages("ec2", "DescribeNetworkInterfaces", parameters, "NetworkInterfaces");
  return rows.map((row) => row.need("NetworkInterfaceId"));
}
