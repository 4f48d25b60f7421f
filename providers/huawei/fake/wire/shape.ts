import type { JsonObject, JsonValue } from "../../../../src/common.js";
import { isList, isRecord } from "../../../../src/testing/fake-json.js";
import { nearestNames } from "../../../../src/testing/fake-nearest.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";

/** What one parameter may hold. `any` takes everything, null included. */
export type Shape =
  | { readonly kind: "text"; readonly words?: readonly string[] }
  | { readonly kind: "number"; readonly least?: number; readonly most?: number }
  | { readonly kind: "flag" | "any" }
  | { readonly kind: "list"; readonly item: Shape; readonly most?: number }
  | RecordShape;
/** A structure of parameters. Without fields it may hold whatever keys its sender chose. */
export interface RecordShape {
  readonly kind: "record";
  readonly fields: ReadonlyMap<string, { readonly shape: Shape; readonly required: boolean }>;
  readonly open: boolean;
}

/**
 * Reads a line of a parameter table: names as on the wire, apart by spaces. `:n` a number, `:n1-100` one in that range,
 * `:b` a boolean, `:a` anything, `=A|B` one of these words, `[]` a list and `[100]` one of at most so many, `{…}` a
 * structure, `{*}` one with keys of the sender's choice, `!` required.
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
    if (accept(/^\{\*\}/)) return { kind: "record", fields: new Map(), open: true };
    if (accept(/^\{/)) return record(/^\}/);
    const number = accept(/^:n(\d+-\d+)?/);
    if (number !== undefined) return numberShape(number.slice(2));
    const type = accept(/^:[ab]/);
    if (type) return { kind: type === ":b" ? "flag" : "any" };
    const words = accept(/^=[\w:|]+/);
    return words === undefined ? { kind: "text" } : { kind: "text", words: words.slice(1).split("|") };
  };
  const record = (end: RegExp): RecordShape => {
    const fields = new Map<string, { readonly shape: Shape; readonly required: boolean }>();
    for (accept(/^ +/); !end.test(line.slice(at)); accept(/^ +/)) {
      const name = accept(/^[\w.-]+/);
      if (name === undefined) throw new Error(`Bad parameter table at "${line.slice(at)}".`);
      fields.set(name, { shape: shape(), required: accept(/^!/) !== undefined });
    }
    accept(end);
    return { kind: "record", fields, open: false };
  };
  return record(/^$/);
}

function numberShape(range: string): Shape {
  if (range === "") return { kind: "number" };
  const [least = 0, most = 0] = range.split("-").map(Number);
  return { kind: "number", least, most };
}

/**
 * Checks a JSON body against its table: nothing unknown, nothing missing, nothing of another type or out of range.
 * Nulls count as not sent. The cloud itself overlooks an unknown name in silence; the fake says so, since whoever sent
 * it meant something.
 */
export function checkBody(shape: RecordShape, sent: JsonObject, code: string): JsonObject {
  return checkRecord(shape, sent, code, "");
}

/** Checks a query, whose values are texts: one of them, or a list where the table has one. */
export function checkQuery(shape: RecordShape, query: URLSearchParams, code: string): JsonObject {
  const sent: Record<string, JsonValue> = {};
  for (const name of new Set(query.keys())) {
    const known = shape.fields.get(name)?.shape;
    const values = query.getAll(name);
    if (known?.kind === "list") sent[name] = values.map((value) => fromText(known.item, value));
    else if (values.length > 1) throw refusal(code, `The parameter ${name} was given ${values.length} times.`);
    else sent[name] = fromText(known, values[0] ?? "");
  }
  return checkRecord(shape, sent, code, "");
}

/** What a text of a query means: a number or a truth value where the table says so. */
function fromText(shape: Shape | undefined, value: string): JsonValue {
  if (shape?.kind === "number" && /^\d+$/.test(value)) return Number(value);
  if (shape?.kind === "flag" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  return value;
}

function checkRecord(shape: RecordShape, value: JsonObject, code: string, path: string): JsonObject {
  if (shape.open) return value;
  const under = (name: string) => (path === "" ? name : `${path}.${name}`);
  const names = [...shape.fields.keys()];
  for (const name of Object.keys(value)) {
    if (shape.fields.has(name)) continue;
    const nearest = nearestNames(name, names, 1).map((known) => ` Did you mean ${under(known)}?`);
    throw refusal(code, `The parameter ${under(name)} is unknown.${nearest.join("")}`);
  }
  for (const [name, { required }] of shape.fields) {
    const inner = value[name];
    const isThere = inner !== undefined && inner !== null && !(isList(inner) && inner.length === 0);
    if (required && !isThere) throw refusal(code, `The parameter ${under(name)} is missing.`);
  }
  const checked = Object.entries(value).flatMap(([name, inner]) => {
    const field = shape.fields.get(name);
    if (!field || (inner === null && field.shape.kind !== "any")) return [];
    return [[name, checkValue(field.shape, inner, code, under(name))] as const];
  });
  return Object.fromEntries(checked);
}

function checkValue(shape: Shape, value: JsonValue, code: string, path: string): JsonValue {
  const wrong = () => refusal(code, `The parameter ${path} has an invalid value.`);
  switch (shape.kind) {
    case "record":
      if (!isRecord(value)) throw wrong();
      return checkRecord(shape, value, code, path);
    case "list":
      if (!isList(value)) throw wrong();
      if (shape.most !== undefined && value.length > shape.most)
        throw refusal(code, `The parameter ${path} holds ${value.length} items; at most ${shape.most} are allowed.`);
      return value.map((inner, index) => checkValue(shape.item, inner, code, `${path}[${index}]`));
    case "text":
      if (typeof value !== "string" || (shape.words && !shape.words.includes(value))) throw wrong();
      return value;
    case "number":
      if (typeof value !== "number" || value < (shape.least ?? value) || value > (shape.most ?? value)) throw wrong();
      return value;
    case "flag":
      if (typeof value !== "boolean") throw wrong();
      return value;
    case "any":
      return value;
  }
}
