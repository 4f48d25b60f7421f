import type { JsonObject, JsonValue } from "../../../../src/common.js";
import { isObject } from "./read.js";

/**
 * Renders a plain object as XML elements. A list becomes `<name><item>…</item></name>`; a key that ends in `[]` repeats
 * the element itself (`{ DBInstances: { "DBInstance[]": […] } }`). `null` and `undefined` leave the element out.
 */
export function renderXml(value: JsonObject, itemName: string): string {
  return Object.entries(value)
    .map(([name, inner]) => element(name, inner, itemName))
    .join("");
}

function element(name: string, value: JsonValue | undefined, itemName: string): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) {
    return name.endsWith("[]")
      ? value.map((item) => element(name.slice(0, -2), item, itemName)).join("")
      : `<${name}>${value.map((item) => element(itemName, item, itemName)).join("")}</${name}>`;
  }
  if (!isObject(value)) return `<${name}>${escapeXml(String(value))}</${name}>`;
  const entries = Object.entries(value);
  // A wrapper whose only list was taken away goes with it.
  if (entries.length > 0 && entries.every(([key, inner]) => key.endsWith("[]") && inner === null)) return "";
  return `<${name}>${renderXml(value, itemName)}</${name}>`;
}

/** Text that may stand inside an element. */
export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;");
}
