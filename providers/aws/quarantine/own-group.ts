import { markOf, type OwnMark, ownDescription, ownTags, runTag } from "../../../src/own-tags.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { literalFilter } from "../filters.js";
import { pageLimit } from "../instances.js";
import { tagsOf } from "../record.js";

/** When a group was made: EC2 keeps no time for groups, so a tag does. */
const createdTag = "cloud-decom:created";
/** "GroupName … up to 255 characters in length" (CreateSecurityGroup). */
const longestName = 255;

/** The name of a run's isolation groups: one in each network. */
export function groupName(runId: string): string {
  return `cloud-decom-isolation-${runId}`.slice(0, longestName);
}

/** The tags of an isolation group. */
export function groupTags(mark: OwnMark, createdAt: string): Readonly<Record<string, string>> {
  return { ...ownTags(mark), [createdTag]: createdAt };
}

/** An isolation group as something we made and may remove again. */
export function groupArtifact(
  { scope }: AwsCall,
  id: string,
  mark: OwnMark,
  tags: Readonly<Record<string, string>>,
): Artifact {
  return {
    ...scope,
    kind: "security-group",
    id,
    runId: mark.runId,
    attempt: mark.attempt,
    instanceIds: mark.instanceIds,
    diskIds: [],
    createdAt: tags[createdTag] ?? "",
    tags,
  };
}

/** A group that is ours by tags, name, description and owner; `undefined` for any other. */
export function ownGroup(call: AwsCall, row: Wire): Artifact | undefined {
  const tags = tagsOf(row);
  const mark = markOf(tags);
  if (!mark || row.text("OwnerId") !== call.scope.accountId) return undefined;
  if (row.text("GroupName") !== groupName(mark.runId) || row.text("Description") !== ownDescription(mark))
    return undefined;
  return groupArtifact(call, row.need("GroupId"), mark, tags);
}

/** Groups that match EC2 filters. */
export async function readGroupRows(
  call: AwsCall,
  filters: readonly { readonly Name: string; readonly Values: readonly string[] }[],
): Promise<readonly Wire[]> {
  return await call.pages(
    "ec2",
    "DescribeSecurityGroups",
    { Filters: filters, MaxResults: pageLimit },
    "SecurityGroups",
  );
}

/** All isolation groups that are ours, of one run or of every run. */
export async function readOwnGroups(call: AwsCall, runId: string | undefined): Promise<readonly Artifact[]> {
  const filter = runId === undefined ? { Name: "tag-key", Values: [runTag] } : literalFilter(`tag:${runTag}`, runId);
  return (await readGroupRows(call, [filter])).flatMap((row) => ownGroup(call, row) ?? []);
}
