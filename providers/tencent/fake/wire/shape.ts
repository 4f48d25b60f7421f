import type { JsonObject, JsonValue } from "../../../../src/common.js";
import { isList, isRecord } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";

/** What one parameter may hold. */
export type Shape =
  | { readonly kind: "text"; readonly words?: readonly string[] }
  | { readonly kind: "number" | "flag" }
  | { readonly kind: "list"; readonly item: Shape; readonly most?: number }
  | RecordShape;
/** A structure of parameters. */
export interface RecordShape {
  readonly kind: "record";
  readonly fields: ReadonlyMap<string, { readonly shape: Shape; readonly required: boolean }>;
}
/** How a service words bad parameters. */
export interface ShapeCodes {
  /** More items in a list than a request may have. */
  readonly tooMany: string;
  /** A word that is none of those the parameter knows. */
  readonly value: string;
}

/**
 * Reads a line of a parameter table: names as on the wire, apart by spaces. `:n` a number, `:b` a boolean, `=A|B` one
 * of these words, `[]` a list and `[100]` one of at most so many, `{…}` a structure, `!` required.
 */
export function parseShape(line: string): RecordShape {
  let at = 0;
  const accept = (pattern: RegExp): string | undefined => {
    const found = line.slice(at).match(pattern)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const shape = (): Shape => {
    const list = accept(/^\[\d*\]/);
    if (list !== undefined) {
      const most = list.slice(1, -1);
      return { kind: "list", item: shape(), ...(most === "" ? {} : { most: Number(most) }) };
    }
    if (accept(/^\{/)) return record(/^\}/);
    const type = accept(/^:[nb]/);
    if (type) return { kind: type === ":n" ? "number" : "flag" };
    const words = accept(/^=[\w|]+/);
    return words === undefined ? { kind: "text" } : { kind: "text", words: words.slice(1).split("|") };
  };
  const record = (end: RegExp): RecordShape => {
    const fields = new Map<string, { readonly shape: Shape; readonly required: boolean }>();
    for (accept(/^ +/); !end.test(line.slice(at)); accept(/^ +/)) {
      const name = accept(/^\w+/);
      if (name === undefined) throw new Error(`Bad parameter table at "${line.slice(at)}".`);
      fields.set(name, { shape: shape(), required: accept(/^!/) !== undefined });
    }
    accept(end);
    return { kind: "record", fields };
  };
  return record(/^$/);
}

/**
 * Checks what was sent against a table: nothing unknown, nothing missing, nothing of another type ("Common error
 * codes" of every service: UnknownParameter, MissingParameter, InvalidParameter). Nulls count as not sent.
 */
export function checkShape(shape: RecordShape, sent: JsonObject, codes: ShapeCodes): JsonObject {
  return checkRecord(shape, sent, codes, "");
}

function checkRecord(shape: RecordShape, value: JsonObject, codes: ShapeCodes, path: string): JsonObject {
  const under = (name: string) => (path === "" ? name : `${path}.${name}`);
  const sent = Object.entries(value).filter(([, inner]) => inner !== null);
  for (const [name] of sent) {
    const known = [...shape.fields.keys()].find((field) => field.toLowerCase() === name.toLowerCase());
    if (!shape.fields.has(name))
      throw refusal(
        "UnknownParameter",
        `The parameter \`${under(name)}\` is not recognized.${known === undefined ? "" : ` Did you mean \`${known}\`?`}`,
      );
  }
  for (const [name, { required }] of shape.fields) {
    const inner = value[name];
    const isThere = inner !== undefined && inner !== null && !(isList(inner) && inner.length === 0);
    if (required && !isThere) throw refusal("MissingParameter", `The request is missing parameter \`${under(name)}\`.`);
  }
  const checked = sent.flatMap(([name, inner]) => {
    const field = shape.fields.get(name);
    return field ? [[name, checkValue(field.shape, inner, codes, under(name))] as const] : [];
  });
  return Object.fromEntries(checked);
}

function checkValue(shape: Shape, value: JsonValue, codes: ShapeCodes, path: string): JsonValue {
  switch (shape.kind) {
    case "record":
      if (!isRecord(value)) throw wrongType(path);
      return checkRecord(shape, value, codes, path);
    case "list":
      return checkList(shape, value, codes, path);
    case "text":
      if (typeof value !== "string") throw wrongType(path);
      if (shape.words && !shape.words.includes(value))
        throw refusal(codes.value, `The value of the parameter \`${path}\` is invalid: ${value}.`);
      return value;
    case "number":
      if (typeof value !== "number") throw wrongType(path);
      return value;
    case "flag":
      if (typeof value !== "boolean") throw wrongType(path);
      return value;
  }
}

function checkList(
  { item, most }: Extract<Shape, { readonly kind: "list" }>,
  value: JsonValue,
  codes: ShapeCodes,
  path: string,
): JsonValue {
  if (!isList(value)) throw wrongType(path);
  if (most !== undefined && value.length > most)
    throw refusal(codes.tooMany, `The parameter \`${path}\` holds ${value.length} items, at most ${most} are allowed.`);
  return value.map((inner, index) => checkValue(item, inner, codes, `${path}.${index}`));
}

/** As recorded for `{"InstanceIds":"hello"}`: the code `InvalidParameter` and nothing more to go by. */
function wrongType(path: string): Error {
  return refusal("InvalidParameter", `The value type of parameter \`${path}\` is incorrect.`);
}
