import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { pollUntil } from "../../../src/poll.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { literalFilter } from "../filters.js";
import { ownGroup, readGroupRows } from "./own-group.js";

/** What became of an isolation group that was to go. */
export type GroupRemoval =
  | { readonly kind: "absent" }
  /** Not touched. `strange`: what has that id is not what we made. */
  | { readonly kind: "kept"; readonly problem: Problem; readonly strange: boolean }
  | { readonly kind: "sent"; readonly answer: MutationAnswer };

/** Interfaces leave their groups within seconds of being moved; a group in use cannot be deleted. */
const pace = { firstDelayMs: 2_000, longestDelayMs: 5_000, giveUpAfterMs: 60_000 };

/** Deletes an isolation group that is ours, by tags, description and name, once nobody is in it. */
export async function removeIsolationGroup(
  call: AwsCall,
  artifact: Artifact,
  effects: readonly Effect[],
): Promise<GroupRemoval> {
  const row = await readGroup(call, artifact.id);
  if (!row) return { kind: "absent" };
  const now = ownGroup(call, row);
  if (now?.runId !== artifact.runId) return { kind: "kept", strange: true, problem: notOurs(artifact.id) };
  const { id } = now;
  const { last: users } = await pollUntil(
    call.requests,
    pace,
    () => usersOf(call, id),
    (ids) => ids.length === 0,
  );
  if (users.length > 0) return { kind: "kept", strange: false, problem: inUse(id, users) };
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "DeleteSecurityGroup",
    parameters: { GroupId: id },
    instanceIds: artifact.instanceIds,
    effects,
    confirm: confirmByReading(call.requests, async () => (await readGroup(call, id)) === undefined),
  });
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? { kind: "absent" } : { kind: "sent", answer };
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

function notOurs(id: string): Problem {
  return {
    code: "conflict",
    message: `${id} is not the group that was made for the run.`,
    hint: "Look at it.",
    cloud: "aws",
  };
}

function inUse(id: string, users: readonly string[]): Problem {
  const message = `${id} is still the group of ${users.slice(0, 3).join(", ")}.`;
  return { code: "dependency", message, hint: "Move them into their own groups first.", cloud: "aws" };
}
