import { ownPrefix } from "../../src/own-tags.js";
import type { Wire } from "../../src/wire.js";

/**
 * Tags of a server: texts `key=value`, in old answers also `key.value` or a bare key. The sign that comes first parts
 * them, and a dot only where there is no `=`: values hold dots, and so do keys such as those of clusters. Where they come
 * as pairs, as other services send theirs, they are read as such.
 */
export function tagsOfServer(wire: Wire): Readonly<Record<string, string>> {
  const { tags } = wire.toJson();
  const isPairs = Array.isArray(tags) && tags.every((tag) => typeof tag === "object");
  return isPairs ? tagList(wire) : Object.fromEntries(wire.texts("tags").map(parted));
}

function parted(tag: string): readonly [key: string, value: string] {
  const at = tag.includes("=") ? tag.indexOf("=") : tag.indexOf(".");
  return at === -1 ? [tag, ""] : [tag.slice(0, at), tag.slice(at + 1)];
}

/**
 * Our own marks on a server. They stand in its metadata, since a claim fits into no tag: a tag of a server holds 36 and 43
 * characters of a narrow alphabet ("Adding Tags to an ECS in a Batch"), an entry of the metadata 255 each, colons included.
 */
export function ownMarks(metadata: Wire | undefined): Readonly<Record<string, string>> {
  const keys = metadata === undefined ? [] : Object.keys(metadata.toJson()).filter((key) => key.startsWith(ownPrefix));
  return Object.fromEntries(keys.map((key) => [key, metadata?.text(key) ?? ""]));
}

/** Tags that are a list of `{ key, value }`, as VPC, CBR and others send them. */
export function tagList(wire: Wire, field = "tags"): Readonly<Record<string, string>> {
  return Object.fromEntries(wire.list(field).map((tag) => [tag.need("key"), tag.text("value") ?? ""]));
}

/** Tags that are an object, as EVS sends them. */
export function tagObject(wire: Wire, field = "tags"): Readonly<Record<string, string>> {
  const tags = wire.object(field);
  if (!tags) return {};
  return Object.fromEntries(Object.keys(tags.toJson()).map((key) => [key, tags.text(key) ?? ""]));
}
