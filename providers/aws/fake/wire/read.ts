import type { JsonObject, JsonValue } from "../../../../src/common.js";

/** A text parameter; `undefined` when it was not sent. The shapes have been checked before. */
export function text(parameters: JsonObject, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === "string" ? value : undefined;
}

/** A text parameter that the table requires. */
export function need(parameters: JsonObject, name: string): string {
  return text(parameters, name) ?? "";
}

/** A list of texts; empty when it was not sent. */
export function texts(parameters: JsonObject, name: string): readonly string[] {
  const value = parameters[name];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** A number; `undefined` when it was not sent. */
export function number(parameters: JsonObject, name: string): number | undefined {
  const value = parameters[name];
  return typeof value === "number" ? value : undefined;
}

/** A boolean; `undefined` when it was not sent. */
export function flag(parameters: JsonObject, name: string): boolean | undefined {
  const value = parameters[name];
  return typeof value === "boolean" ? value : undefined;
}

/** A structure; empty when it was not sent. */
export function record(parameters: JsonObject, name: string): JsonObject {
  const value = parameters[name];
  return isObject(value) ? value : {};
}

/** A list of structures; empty when it was not sent. */
export function records(parameters: JsonObject, name: string): readonly JsonObject[] {
  const value = parameters[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Whether a value is a structure, neither list nor simple. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
