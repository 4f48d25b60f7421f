import { createHash } from "node:crypto";
import { markOf, type OwnMark, ownDescription, ownTags, runTag } from "../../../src/own-tags.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { tagsOf } from "../listings.js";

/** Ids that fit into a tag's value of 128 characters. */
const idsPerTag = 5;
/** A group holds 20 tags (CreateSecurityGroupRequest, Tag); the others of ours are five. */
const mostNamed = 14 * idsPerTag;
/** When a group was made, to the millisecond: its listing tells whole seconds. */
const createdTag = "cloud-decom:created";

/** The name of a run's isolation groups. Names are not unique here, so it is the tags that tell whose one is. */
export function groupName(runId: string): string {
  return `cloud-decom-isolation-${createHash("sha256").update(runId).digest("hex").slice(0, 24)}`;
}

/** The tags of an isolation group. Of very many instances it names the first ones. */
export function groupTags(mark: OwnMark, createdAt: string): Readonly<Record<string, string>> {
  const named = { ...mark, instanceIds: mark.instanceIds.slice(0, mostNamed) };
  return { ...ownTags(named, idsPerTag), [createdTag]: createdAt };
}

/** An isolation group as something we made and may remove again. */
export function groupArtifact(
  { scope }: AliyunCall,
  id: string,
  tags: Readonly<Record<string, string>>,
): Artifact | undefined {
  const mark = markOf(tags);
  return (
    mark && {
      ...scope,
      kind: "security-group",
      id,
      runId: mark.runId,
      attempt: mark.attempt,
      instanceIds: mark.instanceIds,
      diskIds: [],
      createdAt: tags[createdTag] ?? "",
      tags,
    }
  );
}

/** A group that is ours by tags, name and description; `undefined` for any other. */
export function ownGroup(call: AliyunCall, row: Wire): Artifact | undefined {
  const tags = tagsOf(row);
  const mark = markOf(tags);
  if (!mark || row.text("SecurityGroupName") !== groupName(mark.runId)) return undefined;
  if (row.text("Description") !== ownDescription(mark)) return undefined;
  return groupArtifact(call, row.need("SecurityGroupId"), tags);
}

/** All isolation groups that are ours, of one run or of every run, in one network or in all. */
export async function readOwnGroups(
  call: AliyunCall,
  runId: string | undefined,
  vpcId?: string,
): Promise<readonly Artifact[]> {
  const rows = await call.pages("ecs", "DescribeSecurityGroups", {
    Tag: [{ Key: runTag, ...(runId === undefined ? {} : { Value: runId }) }],
    ...(vpcId === undefined ? {} : { VpcId: vpcId }),
  });
  return rows.flatMap((row) => ownGroup(call, row) ?? []);
}
