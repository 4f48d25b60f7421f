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

interface Tagged {
  readonly id: string;
  readonly tags: Tags;
}
/** The tags of one thing, to read and to set. */
interface Holder {
  readonly tags: Tags;
  set(tags: Tags): void;
}
/** A kind of thing with tags of its own. */
interface Taggable {
  readonly prefix: string;
  /** Its word in DescribeTags. */
  readonly type: string;
  readonly notFound: string;
  all(state: AwsState): readonly Tagged[];
  find(state: AwsState, id: string): Holder | undefined;
}

function taggable<Thing extends Tagged>(
  prefix: string,
  type: string,
  notFound: string,
  of: (state: AwsState) => Map<string, Thing>,
): Taggable {
  return {
    prefix,
    type,
    notFound,
    all: (state) => [...of(state).values()],
    find: (state, id) => {
      const thing = of(state).get(id);
      return thing && { tags: thing.tags, set: (tags) => void of(state).set(id, { ...thing, tags }) };
    },
  };
}

const kinds: readonly Taggable[] = [
  taggable("i-", "instance", "InvalidInstanceID.NotFound", ({ instances }) => instances),
  taggable("vol-", "volume", "InvalidVolume.NotFound", ({ volumes }) => volumes),
  taggable("snap-", "snapshot", "InvalidSnapshot.NotFound", ({ snapshots }) => snapshots),
  taggable("ami-", "image", "InvalidAMIID.NotFound", ({ images }) => images),
  taggable("eni-", "network-interface", "InvalidNetworkInterfaceID.NotFound", ({ interfaces }) => interfaces),
  taggable("eipalloc-", "elastic-ip", "InvalidAllocationID.NotFound", ({ addresses }) => addresses),
  taggable("sgr-", "security-group-rule", "InvalidSecurityGroupRuleId.NotFound", ({ rules }) => rules),
  taggable("sg-", "security-group", "InvalidGroup.NotFound", ({ groups }) => groups),
  taggable(
    "sir-",
    "spot-instances-request",
    "InvalidSpotInstanceRequestID.NotFound",
    ({ spotRequests }) => spotRequests,
  ),
];

/** Nothing can be tagged that is gone: a terminated instance has lost its tags and takes no new ones. */
function holderOf(state: AwsState, id: string): Holder {
  const kind = kinds.find(({ prefix }) => id.startsWith(prefix));
  if (!kind) throw refusal("InvalidID", `The ID '${id}' is not valid`);
  const holder = kind.find(state, id);
  if (!holder || state.instances.get(id)?.state === "terminated")
    throw refusal(kind.notFound, `The ${kind.type} ID '${id}' does not exist`);
  return holder;
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
    kinds.flatMap(({ type, all }) =>
      all(state).flatMap(({ id, tags }) => Object.entries(tags).map(([key, value]) => ({ id, type, key, value }))),
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
