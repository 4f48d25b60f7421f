import type { JsonObject, JsonValue } from "../common.js";

/*
 * Reading parameters of a request that came as JSON: for fakes, whose tables have checked the shapes before.
 */

/** A text parameter; `undefined` when it was not sent or is empty. The shapes have been checked before. */
export function text(parameters: JsonObject, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A text parameter that the table requires. */
export function need(parameters: JsonObject, name: string): string {
  return text(parameters, name) ?? "";
}

/** A list of texts; empty when it was not sent. */
export function texts(parameters: JsonObject, name: string): readonly string[] {
  const value = parameters[name];
  return isList(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** A number; `undefined` when it was not sent. */
export function number(parameters: JsonObject, name: string): number | undefined {
  const value = parameters[name];
  return typeof value === "number" ? value : undefined;
}

/** A list of numbers; empty when it was not sent. */
export function numbers(parameters: JsonObject, name: string): readonly number[] {
  const value = parameters[name];
  return isList(value) ? value.filter((item): item is number => typeof item === "number") : [];
}

/** A truth value; `undefined` when it was not sent. */
export function flag(parameters: JsonObject, name: string): boolean | undefined {
  const value = parameters[name];
  return typeof value === "boolean" ? value : undefined;
}

/** A structure; empty when it was not sent. */
export function record(parameters: JsonObject, name: string): JsonObject {
  const value = parameters[name];
  return isRecord(value) ? value : {};
}

/** A list of structures; empty when it was not sent. */
export function records(parameters: JsonObject, name: string): readonly JsonObject[] {
  const value = parameters[name];
  return isList(value) ? value.filter(isRecord) : [];
}

/** Whether a JSON value is a structure. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a JSON value is a list. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** What stands at a path such as `Attachment.InstanceId`, through lists, as text; nothing where it is null or empty. */
export function valuesAt(value: JsonValue | undefined, path: string): readonly string[] {
  if (value === null || value === undefined) return [];
  if (isList(value)) return value.flatMap((item) => valuesAt(item, path));
  if (path === "") return isRecord(value) || value === "" ? [] : [String(value)];
  if (!isRecord(value)) return [];
  const [step = "", ...rest] = path.split(".");
  return valuesAt(value[step], rest.join("."));
}
