import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { markOf, ownDescription } from "../../../src/own-tags.js";
import { pollUntil } from "../../../src/poll.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { AwsCall } from "../call.js";
import { tagsOf } from "../record.js";
import { groupName } from "./isolation-group.js";

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
  const now = await readGroup(call, artifact.id);
  if (!now) return { kind: "absent" };
  if (!isOurs(call, now, artifact)) return { kind: "kept", strange: true, problem: notOurs(artifact.id) };
  const { last: users } = await pollUntil(
    call.requests,
    pace,
    () => usersOf(call, artifact.id),
    (ids) => ids.length === 0,
  );
  if (users.length > 0) return { kind: "kept", strange: false, problem: inUse(artifact.id, users) };
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "DeleteSecurityGroup",
    parameters: { GroupId: artifact.id },
    instanceIds: artifact.instanceIds,
    effects,
    confirm: confirmByReading(call.requests, async () => (await readGroup(call, artifact.id)) === undefined),
  });
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? { kind: "absent" } : { kind: "sent", answer };
}

/** One security group, as far as its origin shows. */
interface GroupNow {
  readonly name: string;
  readonly description: string;
  readonly ownerId: string;
  readonly tags: Readonly<Record<string, string>>;
}

async function readGroup(call: AwsCall, id: string): Promise<GroupNow | undefined> {
  const { body } = await call.read("ec2", "DescribeSecurityGroups", { Filters: [{ Name: "group-id", Values: [id] }] });
  const [row] = body.needList("SecurityGroups");
  return (
    row && {
      name: row.text("GroupName") ?? "",
      description: row.text("Description") ?? "",
      ownerId: row.text("OwnerId") ?? "",
      tags: tagsOf(row),
    }
  );
}

function isOurs(call: AwsCall, { name, description, ownerId, tags }: GroupNow, { runId }: Artifact): boolean {
  const mark = markOf(tags);
  if (mark?.runId !== runId || ownerId !== call.scope.accountId) return false;
  return name === groupName(runId) && description === ownDescription(mark);
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
