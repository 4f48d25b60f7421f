import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { type ListSpec, list } from "../describe.js";
import type { AwsRequestContext, AwsState, Tags } from "../state.js";
import { need, records, text, texts } from "../wire/read.js";
import { done, type Ec2Actions, read, write } from "./actions.js";

/** Limits of "Tag your Amazon EC2 resources". */
const maxTags = 50;
const maxKeyLength = 128;
const maxValueLength = 256;

/** What has tags of its own, by the type that DescribeTags gives it and the code for an absent one. */
const taggable = [
  { prefix: "i-", map: "instances", type: "instance", notFound: "InvalidInstanceID.NotFound" },
  { prefix: "vol-", map: "volumes", type: "volume", notFound: "InvalidVolume.NotFound" },
  { prefix: "snap-", map: "snapshots", type: "snapshot", notFound: "InvalidSnapshot.NotFound" },
  { prefix: "ami-", map: "images", type: "image", notFound: "InvalidAMIID.NotFound" },
  { prefix: "eni-", map: "interfaces", type: "network-interface", notFound: "InvalidNetworkInterfaceID.NotFound" },
  { prefix: "eipalloc-", map: "addresses", type: "elastic-ip", notFound: "InvalidAllocationID.NotFound" },
  { prefix: "sgr-", map: "rules", type: "security-group-rule", notFound: "InvalidSecurityGroupRuleId.NotFound" },
  { prefix: "sg-", map: "groups", type: "security-group", notFound: "InvalidGroup.NotFound" },
  {
    prefix: "sir-",
    map: "spotRequests",
    type: "spot-instances-request",
    notFound: "InvalidSpotInstanceRequestID.NotFound",
  },
] as const;

interface Tagged {
  readonly id: string;
  readonly tags: Tags;
}

function holderOf(state: AwsState, id: string): { readonly tags: Tags; set(tags: Tags): void } {
  const row = taggable.find(({ prefix }) => id.startsWith(prefix));
  if (!row) throw refusal("InvalidID", `The ID '${id}' is not valid`);
  // Each map holds records with tags; which other fields they have does not matter here.
  const map: Map<string, Tagged> = state[row.map] as unknown as Map<string, Tagged>;
  const thing = map.get(id);
  const gone = row.map === "instances" && state.instances.get(id)?.state === "terminated";
  if (!thing || gone) throw refusal(row.notFound, `The ${row.type} ID '${id}' does not exist`);
  return { tags: thing.tags, set: (tags) => void map.set(id, { ...thing, tags }) };
}

/** One unknown id, and nothing is tagged. */
function create({ state, parameters, effect }: AwsRequestContext): JsonObject {
  const added = records(parameters, "Tag").map((tag) => [need(tag, "Key"), text(tag, "Value") ?? ""] as const);
  for (const [key, value] of added) checkTag(key, value);
  const ids = texts(parameters, "ResourceId");
  const holders = ids.map((id) => holderOf(state, id));
  for (const { tags } of holders) {
    const user = Object.keys({ ...tags, ...Object.fromEntries(added) }).filter((key) => !key.startsWith("aws:"));
    if (user.length > maxTags) throw refusal("TagLimitExceeded", `More than ${maxTags} tags.`);
  }
  for (const [index, holder] of holders.entries()) {
    holder.set({ ...holder.tags, ...Object.fromEntries(added) });
    effect(ids[index] ?? "");
  }
  return done;
}

function checkTag(key: string, value: string): void {
  if (key.startsWith("aws:"))
    throw refusal(
      "InvalidParameterValue",
      `Value ( ${key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
    );
  if (key === "" || key.length > maxKeyLength) throw refusal("InvalidParameterValue", "Tag key has an invalid length.");
  if (value.length > maxValueLength)
    throw refusal("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters");
}

/** A tag with a value goes only if it has that value; without tags all of the user's go (DeleteTags). */
function remove({ state, parameters, effect }: AwsRequestContext): JsonObject {
  const named = records(parameters, "Tag");
  const ids = texts(parameters, "ResourceId");
  const holders = ids.map((id) => holderOf(state, id));
  for (const [index, holder] of holders.entries()) {
    const kept = Object.entries(holder.tags).filter(([key, value]) => !goes(key, value, named));
    if (kept.length === Object.keys(holder.tags).length) continue;
    holder.set(Object.fromEntries(kept));
    effect(ids[index] ?? "");
  }
  return done;
}

function goes(key: string, value: string, named: readonly JsonObject[]): boolean {
  if (key.startsWith("aws:")) return false;
  if (named.length === 0) return true;
  return named.some((tag) => need(tag, "Key") === key && (tag.Value === undefined || tag.Value === value));
}

interface TagRow {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly value: string;
}

const rowList: ListSpec<TagRow> = {
  set: "tagSet",
  things: (state) =>
    taggable.flatMap(({ map, type }) =>
      [...state[map].values()].flatMap(({ id, tags }) =>
        Object.entries(tags).map(([key, value]) => ({ id, type, key, value })),
      ),
    ),
  pages: [5, 1000],
  filters: { key: "key", value: "value", "resource-id": "resourceId", "resource-type": "resourceType" },
  item: ({ id, type, key, value }) => ({ resourceId: id, resourceType: type, key, value }),
};

/** Tags. */
export const tagActions: Ec2Actions = {
  DescribeTags: read((context) => list(context, rowList)),
  CreateTags: write(create),
  DeleteTags: write(remove),
};
