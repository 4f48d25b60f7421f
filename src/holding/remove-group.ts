import type { Effect } from "../effects.js";
import type { Problem } from "../errors.js";
import { type PollPace, pollUntil } from "../poll.js";
import type { MutationAnswer, Requests } from "../requests.js";
import type { Artifact } from "../snapshots.js";

/** What became of an isolation group that was to go. */
export type GroupRemoval =
  | { readonly kind: "absent" }
  /** Not touched. `strange`: what has that id is not what we made. */
  | { readonly kind: "kept"; readonly problem: Problem; readonly strange: boolean }
  | { readonly kind: "sent"; readonly answer: MutationAnswer };

/** How one cloud removes an isolation group. */
export interface GroupRemovalCloud {
  readonly requests: Requests;
  /** How long members may take to leave a group that they were moved out of. */
  readonly pace: PollPace;
  /** The group as it is now; `undefined` where it is gone, `"strange"` where it is not ours by its marks. */
  readNow(artifact: Artifact): Promise<Artifact | "strange" | undefined>;
  /** The interfaces that are in it. */
  members(groupId: string): Promise<readonly string[]>;
  /** Deletes it, and settles a lost answer by reading. */
  remove(group: Artifact, effects: readonly Effect[]): Promise<MutationAnswer>;
}

/** Deletes an isolation group that is ours, once nobody is in it. */
export async function removeGroupBy(
  cloud: GroupRemovalCloud,
  artifact: Artifact,
  effects: readonly Effect[],
): Promise<GroupRemoval> {
  const now = await cloud.readNow(artifact);
  if (!now) return { kind: "absent" };
  if (now === "strange" || now.runId !== artifact.runId)
    return { kind: "kept", strange: true, problem: notOurs(artifact) };
  const look = () => cloud.members(now.id);
  const { last: members } = await pollUntil(cloud.requests, cloud.pace, look, (ids) => ids.length === 0);
  if (members.length > 0) return { kind: "kept", strange: false, problem: inUse(now, members) };
  const answer = await cloud.remove(now, effects);
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? { kind: "absent" } : { kind: "sent", answer };
}

function notOurs({ id, cloud }: Artifact): Problem {
  return { code: "conflict", message: `${id} is not the group that was made for the run.`, hint: "Look at it.", cloud };
}

function inUse({ id, cloud }: Artifact, members: readonly string[]): Problem {
  const message = `${id} is still the group of ${members.slice(0, 3).join(", ")}.`;
  return { code: "dependency", message, hint: "Move them into their own groups first.", cloud };
}
