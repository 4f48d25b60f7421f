import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { type AliyunKind, idForms } from "./ids.js";
import type { Tags } from "./state.js";
import { flag, records, text, texts } from "./wire/read.js";

/** What a parameter keeps of a list. `undefined` where it was not sent. */
export type Filter<Row> = (input: JsonObject, name: string) => ((row: Row) => boolean) | undefined;

/** The rows that every sent parameter keeps. Parameters without an entry are the caller's business. */
export function matching<Row>(
  rows: Iterable<Row>,
  input: JsonObject,
  filters: Readonly<Record<string, Filter<Row>>>,
): readonly Row[] {
  const tests = Object.entries(filters).flatMap(([name, filter]) => filter(input, name) ?? []);
  return [...rows].filter((row) => tests.every((test) => test(row)));
}

/** Keeps rows whose value is the one that was sent. */
export function is<Row>(value: (row: Row) => string): Filter<Row> {
  return (input, name) => {
    const wanted = text(input, name);
    return wanted ? (row) => value(row) === wanted : undefined;
  };
}

/** As `is`, where letter case does not count. */
export function isWord<Row>(value: (row: Row) => string): Filter<Row> {
  return (input, name) => {
    const wanted = text(input, name)?.toLowerCase();
    return wanted ? (row) => value(row).toLowerCase() === wanted : undefined;
  };
}

/** As `is`, refusing values that there are not. */
export function isOneOf<Row>(
  values: readonly string[],
  code: string,
  status: number,
  value: (row: Row) => string | readonly string[],
): Filter<Row> {
  return (input, name) => {
    const wanted = text(input, name);
    if (!wanted || wanted.toLowerCase() === "all") return undefined;
    if (!values.includes(wanted)) throw refusal(code, `The specified ${name} is not found.`, status);
    return (row) => [value(row)].flat().includes(wanted);
  };
}

/** Keeps rows one of whose values is in the list that was sent. */
export function among<Row>(valuesOf: (row: Row) => string | readonly string[]): Filter<Row> {
  return (input, name) => {
    const wanted = texts(input, name);
    if (wanted === undefined || wanted.length === 0) return undefined;
    const set = new Set(wanted);
    return (row) => [valuesOf(row)].flat().some((value) => set.has(value));
  };
}

/** As `among` for ids, refusing words that cannot be one. */
export function amongIds<Row>(
  kind: AliyunKind,
  code: string,
  valuesOf: (row: Row) => string | readonly string[],
): Filter<Row> {
  const filter = among(valuesOf);
  return (input, name) => {
    for (const id of texts(input, name) ?? []) checkForm(kind, id, code);
    return filter(input, name);
  };
}

/** Keeps rows that are what was sent, true or false. */
export function isFlag<Row>(value: (row: Row) => boolean): Filter<Row> {
  return (input, name) => {
    const wanted = flag(input, name);
    return wanted === undefined ? undefined : (row) => value(row) === wanted;
  };
}

/** Keeps rows with all the tags that were sent; a key without a value stands for any. Exact, no wildcards. */
export function tagged<Row>(tagsOf: (row: Row) => Tags): Filter<Row> {
  return (input, name) => {
    const wanted = records(input, name);
    if (wanted === undefined || wanted.length === 0) return undefined;
    return (row) =>
      wanted.every((tag) => {
        const value = tagsOf(row)[text(tag, "Key") ?? ""];
        return value !== undefined && (text(tag, "Value") === undefined || text(tag, "Value") === value);
      });
  };
}

/** Refuses a word that cannot be an id of its kind. */
export function checkForm(kind: AliyunKind, id: string, code: string): void {
  if (!idForms[kind].pattern.test(id)) throw refusal(code, `The specified parameter "${id}" is not valid.`);
}

/** Tags as ECS and VPC lists write them: `Tags.Tag[].TagKey`. */
export function tagList(tags: Tags): JsonObject {
  return { Tag: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })) };
}

/** Tags as the other lists write them: `Tags.Tag[].Key`. */
export function plainTagList(tags: Tags): JsonObject {
  return { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

/** Tags that a request sends for something new. */
export function sentTags(input: JsonObject, name = "Tag"): Tags {
  const tags: Record<string, string> = {};
  for (const tag of records(input, name) ?? []) {
    const key = text(tag, "Key") ?? "";
    checkTag(key, text(tag, "Value") ?? "");
    if (tags[key] !== undefined) throw refusal("Duplicate.TagKey", "The Tag.N.Key contain duplicate key.");
    tags[key] = text(tag, "Value") ?? "";
  }
  return tags;
}

/** Refuses keys and values that a tag cannot have (TagResources: no `aliyun`, `acs:` or URLs in front; 128 letters). */
export function checkTag(key: string, value: string): void {
  if (key === "" || key.length > 128 || /^(aliyun|acs:)|https?:\/\//.test(key))
    throw refusal("InvalidTagKey.Malformed", "The specified Tag.n.Key is not valid.");
  if (value.length > 128 || /https?:\/\//.test(value))
    throw refusal("InvalidTagValue.Malformed", "The specified Tag.n.Value is not valid.");
}
