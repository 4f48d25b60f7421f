import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { sentTags } from "../lists.js";
import type { AliyunActions, AliyunRequestContext, AliyunState, Tags } from "../state.js";
import { tokenPage } from "../wire/pages.js";
import { flag, need, records, text, texts } from "../wire/read.js";

const maxTags = 20;

interface Tagged {
  readonly tags: Tags;
}
/** One kind of things that can be tagged, as TagResources names it. */
interface TagPlace {
  readonly things: ReadonlyMap<string, Tagged>;
  put(id: string, tags: Tags): void;
}

function place<Thing extends Tagged>(things: Map<string, Thing>): TagPlace {
  const put = (id: string, tags: Tags) => {
    const before = things.get(id);
    if (before) things.set(id, { ...before, tags });
  };
  return { things, put };
}

function placeOf(state: AliyunState, type: string): TagPlace {
  switch (type) {
    case "instance":
      return place(state.instances);
    case "disk":
      return place(state.disks);
    case "snapshot":
      return place(state.snapshots);
    case "securitygroup":
      return place(state.groups);
    case "eni":
      return place(state.interfaces);
    default:
      throw refusal("InvalidResourceType.NotFound", "The ResourceType provided does not exist in our records.", 404);
  }
}

/** The things a request names. One unknown id, and nothing happens to any. */
function namedThings({ state, input }: AliyunRequestContext) {
  const found = placeOf(state, need(input, "ResourceType"));
  const ids = [...new Set(texts(input, "ResourceId"))];
  if (ids.some((id) => !found.things.has(id)))
    throw refusal("InvalidResourceId.NotFound", "The specified ResourceIds are not found in our records.", 404);
  return { found, ids };
}

function tagResources(context: AliyunRequestContext): undefined {
  const sent = sentTags(context.input);
  const { found, ids } = namedThings(context);
  const merged = ids.map((id) => ({ id, tags: { ...found.things.get(id)?.tags, ...sent } }));
  if (merged.some(({ tags }) => Object.keys(tags).length > maxTags))
    throw refusal("OperationDenied.QuotaExceed", "The quota of tags on resource is beyond permitted range.");
  for (const { id, tags } of merged) {
    found.put(id, tags);
    context.effect(id);
  }
}

/** `All` counts only where no key is named. Neither of them: nothing happens. */
function untagResources(context: AliyunRequestContext): undefined {
  const { input } = context;
  const keys = texts(input, "TagKey");
  const { found, ids } = namedThings(context);
  for (const id of ids) {
    const before = found.things.get(id)?.tags ?? {};
    const goes = (key: string) => (keys ? keys.includes(key) : flag(input, "All") === true);
    if (!Object.keys(before).some(goes)) continue;
    found.put(id, Object.fromEntries(Object.entries(before).filter(([key]) => !goes(key))));
    context.effect(id);
  }
}

/** One row for each thing and tag. */
function listTagResources({ state, input }: AliyunRequestContext): JsonObject {
  const type = need(input, "ResourceType");
  const ids = texts(input, "ResourceId");
  const wanted = records(input, "Tag");
  if (!ids && !wanted) throw refusal("MissingParameter.Tags", "The parameter - Tags should not be null", 404);
  const fits = (key: string, value: string) =>
    !wanted || wanted.some((tag) => text(tag, "Key") === key && (text(tag, "Value") ?? value) === value);
  const all = [...placeOf(state, type).things].flatMap(([ResourceId, { tags }]) =>
    ids && !ids.includes(ResourceId)
      ? []
      : Object.entries(tags)
          .filter(([key, value]) => fits(key, value))
          .map(([TagKey, TagValue]) => ({ id: `${ResourceId}/${TagKey}`, ResourceId, TagKey, TagValue })),
  );
  const { rows, fields } = tokenPage(input, all, { size: "MaxResults", usual: 50, most: 50 });
  const TagResource = rows.map(({ ResourceId, TagKey, TagValue }) => ({
    ResourceId,
    ResourceType: type,
    TagKey,
    TagValue,
  }));
  return { ...fields, TagResources: { TagResource } };
}

const codes = {
  ResourceId: ["NumberExceed.ResourceIds", 400],
  Tag: ["NumberExceed.Tags", 400],
  TagKey: ["NumberExceed.Tags", 400],
} as const;

/** Tags of ECS things. */
export const tags: AliyunActions = {
  "ecs:TagResources": write("RegionId! ResourceType! ResourceId[50]! Tag[20]{Key! Value}!", tagResources, { codes }),
  "ecs:UntagResources": write("RegionId! ResourceType! ResourceId[50]! TagKey[20] All:b", untagResources, { codes }),
  "ecs:ListTagResources": read(
    "RegionId! ResourceType! ResourceId[50] Tag[20]{Key! Value} NextToken",
    listTagResources,
    { codes },
  ),
};
