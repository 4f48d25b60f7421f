import type { JsonObject } from "../../../../src/common.js";
import { need, number, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import type { Tags } from "../records.js";
import { service } from "../service.js";
import type { TencentActions, TencentRequestContext, TencentState } from "../state.js";

const tag = service({ tooMany: "LimitExceeded.ResourceNumPerRequest" });
/** What tag keys and values are made of. */
const characters = /^[\p{L}\p{N} +\-=._:/@,;()[\]（）【】]+$/u;
/** Tags of the cloud's own services. */
const reserved = /^(qcs:|tencentcloud:|project$)/;

/** Tagging anything by its name in six segments. */
export const tagActions: TencentActions = {
  "tag:TagResources": tag.write("ResourceList[10]! Tags[10]{TagKey! TagValue! Category}!", (context) => {
    const sent = records(context.parameters, "Tags").map(
      (one) => [need(one, "TagKey"), need(one, "TagValue")] as const,
    );
    checkKeys(sent.map(([key]) => key));
    for (const [, value] of sent) checkValue(value);
    return each(context, (tags) => ({ ...tags, ...Object.fromEntries(sent) }));
  }),
  "tag:UnTagResources": tag.write("ResourceList[10]! TagKeys[10]!", (context) => {
    const keys = texts(context.parameters, "TagKeys");
    checkKeys(keys);
    return each(context, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))));
  }),
  "tag:ModifyResourceTags": tag.write(
    "Resource! ReplaceTags[10]{TagKey! TagValue! Category} DeleteTags[10]{TagKey!}",
    (context) => {
      const { state, parameters, effect } = context;
      const replaced = records(parameters, "ReplaceTags").map(
        (one) => [need(one, "TagKey"), need(one, "TagValue")] as const,
      );
      const deleted = records(parameters, "DeleteTags").map((one) => need(one, "TagKey"));
      if (replaced.length + deleted.length === 0)
        throw refusal("InvalidParameter.Tag", "The request names neither tags to set nor tags to delete.");
      if (replaced.some(([key]) => deleted.includes(key)))
        throw refusal("InvalidParameterValue.DeleteTagsParamError", "A tag cannot be set and deleted at once.");
      checkKeys([...replaced.map(([key]) => key), ...deleted]);
      for (const [, value] of replaced) checkValue(value);
      const found = taggedFor(state, need(parameters, "Resource"));
      if (!found) throw refusal("InvalidParameterValue.ResourceDescriptionError", "There is no such resource.");
      const kept = Object.entries(found.tags).filter(([key]) => !deleted.includes(key));
      effect(found.id);
      found.set({ ...Object.fromEntries(kept), ...Object.fromEntries(replaced) });
      return {};
    },
  ),
  "tag:DescribeResourceTagsByResourceIds": tag.read(
    "ServiceType! ResourcePrefix! ResourceIds[50]! ResourceRegion! Offset:n Limit:n Category=Custom|System|All",
    ({ state, parameters }) => {
      const ServiceType = need(parameters, "ServiceType");
      const offset = number(parameters, "Offset") ?? 0;
      const limit = number(parameters, "Limit") ?? 15;
      if (offset % limit !== 0) throw refusal("InvalidParameterValue", "`Offset` must be a multiple of `Limit`.");
      const all = texts(parameters, "ResourceIds").flatMap((ResourceId) =>
        Object.entries(tagged(state, ResourceId)[0]?.tags ?? {}).map(([TagKey, TagValue]) => ({
          TagKey,
          TagValue,
          ResourceId,
          ServiceType,
          Category: "Custom",
        })),
      );
      return { TotalCount: all.length, Offset: offset, Limit: limit, Tags: all.slice(offset, offset + limit) };
    },
  ),
  "tag:GetResources": tag.read(
    "ResourceList[10] TagFilters[6]{TagKey! TagValue[10]} PaginationToken MaxResults:n",
    getResources,
  ),
};

/** Something that carries tags. */
interface Tagged {
  readonly id: string;
  /** Service and prefix of its name in six segments. */
  readonly place: string;
  readonly tags: Tags;
  set(tags: Tags): void;
}

/** Everything that carries tags, by service and prefix. */
function shelves(state: TencentState): readonly ((id?: string) => readonly Tagged[])[] {
  const shelf =
    <Thing extends { readonly id: string; readonly tags: Tags }>(things: Map<string, Thing>, place: string) =>
    (id?: string): readonly Tagged[] => {
      const one = id === undefined ? undefined : things.get(id);
      const chosen = id === undefined ? [...things.values()] : one ? [one] : [];
      return chosen.map((thing) => ({
        id: thing.id,
        place,
        tags: thing.tags,
        set: (tags) => void things.set(thing.id, { ...thing, tags }),
      }));
    };
  return [
    shelf(state.instances, "cvm instance"),
    shelf(state.disks, "cbs volume"),
    shelf(state.snapshots, "cbs snapshot"),
    shelf(state.snapshotGroups, "cbs snapshotgroup"),
    shelf(state.images, "cvm image"),
    shelf(state.groups, "cvm sg"),
    shelf(state.addresses, "cvm eip"),
    shelf(state.interfaces, "vpc eni"),
  ];
}

/** All that is tagged, or what has that id. */
function tagged(state: TencentState, id?: string): readonly Tagged[] {
  return shelves(state).flatMap((shelf) => shelf(id));
}

/** `qcs::cvm:ap-guangzhou:uin/100000000001:instance/ins-…`; the project and the account may be left out. */
function taggedFor(state: TencentState, resource: string): Tagged | undefined {
  const segments = resource.split(":");
  const [qcs, , serviceType = "", region = "", account = "", last = ""] = segments;
  if (segments.length !== 6 || qcs !== "qcs" || serviceType === "" || !last.includes("/"))
    throw refusal("InvalidParameterValue.ResourceDescriptionError", `\`${resource}\` has not six segments.`);
  const isOurs = account === "" || account === `uin/${state.accountId}`;
  const isHere = region === "" || region === state.region;
  const [found] = tagged(state, last.slice(last.indexOf("/") + 1));
  return isOurs && isHere ? found : undefined;
}

/** Each resource for itself: what failed is in the answer of a success. */
function each({ state, parameters, effect }: TencentRequestContext, next: (tags: Tags) => Tags): JsonObject {
  const FailedResources = texts(parameters, "ResourceList").flatMap((Resource) => {
    const found = taggedFor(state, Resource);
    if (!found) return [{ Resource, Code: "ResourceNotFound", Message: "The resource does not exist." }];
    const tags = next(found.tags);
    if (JSON.stringify(tags) !== JSON.stringify(found.tags)) effect(found.id);
    found.set(tags);
    return [];
  });
  return { FailedResources };
}

function checkKeys(keys: readonly string[]): void {
  for (const key of keys) {
    if (reserved.test(key)) throw refusal("InvalidParameter.ReservedTagKey", `The tag key \`${key}\` is reserved.`);
    if (key.length > 127) throw refusal("InvalidParameterValue.TagKeyLengthExceeded", "A tag key is too long.");
    if (!characters.test(key))
      throw refusal("InvalidParameterValue.TagKeyCharacterIllegal", `The tag key \`${key}\` is not allowed.`);
  }
  if (new Set(keys).size < keys.length) throw refusal("InvalidParameterValue.TagKeyDuplicate", "A tag key is doubled.");
}

function checkValue(value: string): void {
  if (value === "") throw refusal("InvalidParameterValue.TagValueEmpty", "A tag value must not be empty.");
  if (value.length > 255) throw refusal("InvalidParameterValue.TagValueLengthExceeded", "A tag value is too long.");
  if (!characters.test(value))
    throw refusal("InvalidParameterValue.TagValueCharacterIllegal", `The tag value \`${value}\` is not allowed.`);
}

function getResources({ state, parameters }: TencentRequestContext): JsonObject {
  const list = texts(parameters, "ResourceList");
  const filters = records(parameters, "TagFilters");
  const nameOf = ({ id, place }: Tagged) => {
    const [serviceType, prefix] = place.split(" ");
    return `qcs::${serviceType}:${state.region}:uin/${state.accountId}:${prefix}/${id}`;
  };
  const all =
    list.length > 0
      ? list.flatMap((Resource) => {
          const found = taggedFor(state, Resource);
          return found ? [{ Resource, tags: found.tags }] : [];
        })
      : tagged(state).map((one) => ({ Resource: nameOf(one), tags: one.tags }));
  const chosen = all.filter(
    ({ tags }) =>
      Object.keys(tags).length > 0 &&
      filters.every((filter) => {
        const value = tags[need(filter, "TagKey")];
        const wanted = texts(filter, "TagValue");
        return value !== undefined && (wanted.length === 0 || wanted.includes(value));
      }),
  );
  const token = text(parameters, "PaginationToken");
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start)) throw refusal("InvalidParameter.PaginationTokenInvalid", "The token is invalid.");
  const size = list.length > 0 ? chosen.length : (number(parameters, "MaxResults") ?? 50);
  if (size > 200 && list.length === 0) throw refusal("InvalidParameter", "`MaxResults` is at most 200.");
  const page = chosen.slice(start, start + size);
  return {
    PaginationToken: start + size < chosen.length ? String(start + size) : "",
    ResourceTagMappingList: page.map(({ Resource, tags }) => ({
      Resource,
      Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    })),
  };
}
