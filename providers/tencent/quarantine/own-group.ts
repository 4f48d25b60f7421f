import { createHash } from "node:crypto";
import { markOf, type OwnMark, ownDescription, ownTags } from "../../../src/own-tags.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { tagPairs } from "../record.js";

/** When a group was made, by our own word: the group's own time has no zone. */
const createdTag = "cloud-decom:created";
/** A tag's value holds 255 characters: ids of 12 characters with a space between. */
const idsPerTag = 19;
/** "GroupDescription": at most 100 characters (CreateSecurityGroup, vpc 2017-03-12). */
const longestDescription = 100;

/** The name of a run's isolation groups: at most 60 characters, so the run has its hash in it. */
export function groupName(runId: string): string {
  return `cloud-decom-isolation-${createHash("sha256").update(runId).digest("hex").slice(0, 24)}`;
}

/** The description of an isolation group. */
export function groupDescription(mark: OwnMark): string {
  return ownDescription(mark).slice(0, longestDescription);
}

/** The tags of an isolation group. */
export function groupTags(mark: OwnMark, createdAt: string): Readonly<Record<string, string>> {
  return { ...ownTags(mark, idsPerTag), [createdTag]: createdAt };
}

/** An isolation group as something we made and may remove again. */
export function groupArtifact(
  { scope }: TencentCall,
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

/** A group that is ours by tags, name and description; `undefined` for any other. */
export function ownGroup(call: TencentCall, row: Wire): Artifact | undefined {
  const tags = tagPairs(row, "TagSet");
  const mark = markOf(tags);
  if (!mark || row.text("SecurityGroupName") !== groupName(mark.runId)) return undefined;
  if (row.text("SecurityGroupDesc") !== groupDescription(mark)) return undefined;
  return groupArtifact(call, row.need("SecurityGroupId"), mark, tags);
}

type Filters = readonly { readonly Name: string; readonly Values: readonly string[] }[];

/** Groups that match filters; all of the region without any. */
export async function readGroupRows(call: TencentCall, filters: Filters): Promise<readonly Wire[]> {
  const list = { field: "SecurityGroupSet", id: "SecurityGroupId", asText: true } as const;
  const parameters = filters.length === 0 ? {} : { Filters: filters };
  return await call.pages("vpc", "DescribeSecurityGroups", parameters, list);
}

/** All isolation groups that are ours, of one run or of every run. */
export async function readOwnGroups(call: TencentCall, runId: string | undefined): Promise<readonly Artifact[]> {
  const filters = runId === undefined ? [] : [{ Name: "security-group-name", Values: [groupName(runId)] }];
  return (await readGroupRows(call, filters)).flatMap((row) => ownGroup(call, row) ?? []);
}
