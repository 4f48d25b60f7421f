import type { JsonObject, JsonValue } from "../../../../src/common.js";

/** A text parameter; `undefined` when it was not sent. The shapes have been checked before. */
export function text(input: JsonObject, name: string): string | undefined {
  const value = input[name];
  return typeof value === "string" ? value : undefined;
}

/** A text parameter that the table requires. */
export function need(input: JsonObject, name: string): string {
  return text(input, name) ?? "";
}

/** A list of texts, whichever way it was written; `undefined` when it was not sent. */
export function texts(input: JsonObject, name: string): readonly string[] | undefined {
  const value = input[name];
  return isList(value) ? value.filter((item): item is string => typeof item === "string") : undefined;
}

/** A number; `undefined` when it was not sent. */
export function number(input: JsonObject, name: string): number | undefined {
  const value = input[name];
  return typeof value === "number" ? value : undefined;
}

/** A boolean; `undefined` when it was not sent. */
export function flag(input: JsonObject, name: string): boolean | undefined {
  const value = input[name];
  return typeof value === "boolean" ? value : undefined;
}

/** A list of structures; `undefined` when it was not sent. */
export function records(input: JsonObject, name: string): readonly JsonObject[] | undefined {
  const value = input[name];
  return isList(value) ? value.filter(isObject) : undefined;
}

/** Whether a value is a list. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a value is a structure. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
