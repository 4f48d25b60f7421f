import type { JsonObject, JsonValue } from "../../../../src/common.js";
import { isList, isObject } from "./read.js";

/** What one parameter may hold. */
export type Shape =
  | { readonly kind: "text" | "flag" }
  | { readonly kind: "number"; readonly least: number; readonly most: number }
  /** Lists in one text: a JSON array of texts, a JSON array of structures, words apart by commas. */
  | { readonly kind: "json" | "json-records" | "comma"; readonly most: number }
  | { readonly kind: "list"; readonly most: number; readonly item: Shape }
  | RecordShape;
interface Field {
  readonly shape: Shape;
  readonly required: boolean;
}
export interface RecordShape {
  readonly kind: "record";
  readonly fields: ReadonlyMap<string, Field>;
}

/** How a service words bad parameters. */
export interface ParameterErrors {
  unknown(path: string): Error;
  missing(path: string): Error;
  invalid(path: string): Error;
}

const unlimited = Number.POSITIVE_INFINITY;

/**
 * Reads a line of a parameter table: names as on the wire, apart by spaces. `:b` a boolean, `:n` a number, `:n1-65536`
 * one within limits; a list is `[100]` where it is written `Name.1`, `Name.2` (at most 100), `:j100` where it is a JSON
 * array in one text, `:r20` where that array holds structures, `:c100` where commas part it; `{…}` a structure; `!` at
 * the end: required.
 */
export function parseParameters(line: string): RecordShape {
  let at = 0;
  const accept = (pattern: RegExp): RegExpMatchArray | undefined => {
    const found = line.slice(at).match(pattern) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  };
  const count = (digits: string | undefined) => (digits === undefined || digits === "" ? unlimited : Number(digits));
  const shape = (): Shape => {
    const list = accept(/^\[(\d*)\]/);
    if (list) return { kind: "list", most: count(list[1]), item: shape() };
    if (accept(/^\{/)) return record(/^\}/);
    const text = accept(/^:([jrc])(\d+)/);
    if (text)
      return { kind: text[1] === "j" ? "json" : text[1] === "r" ? "json-records" : "comma", most: count(text[2]) };
    const range = accept(/^:n(?:(\d+)-(\d+))?/);
    if (range) return { kind: "number", least: range[1] ? Number(range[1]) : -unlimited, most: count(range[2]) };
    return { kind: accept(/^:b/) ? "flag" : "text" };
  };
  const record = (end: RegExp): RecordShape => {
    const fields = new Map<string, Field>();
    for (accept(/^\s+/); !end.test(line.slice(at)); accept(/^\s+/)) {
      const name = accept(/^\w+/)?.[0];
      if (name === undefined) throw new Error(`Bad parameter table at "${line.slice(at)}".`);
      fields.set(name, { shape: shape(), required: accept(/^!/) !== undefined });
    }
    accept(end);
    return { kind: "record", fields };
  };
  return record(/^$/);
}

/** The dotted names of a query as a tree: `Tag.1.Key=a` becomes `{ Tag: [{ Key: "a" }] }`. */
export function readTree(pairs: Iterable<readonly [string, string]>): JsonObject {
  interface Node {
    text?: string;
    readonly children: Map<string, Node>;
  }
  const root: Node = { children: new Map() };
  for (const [name, value] of pairs) {
    const leaf = name.split(".").reduce<Node>((node, step) => {
      const next = node.children.get(step) ?? { children: new Map() };
      node.children.set(step, next);
      return next;
    }, root);
    leaf.text = value;
  }
  const plain = ({ text, children }: Node): JsonValue => {
    if (children.size === 0) return text ?? "";
    const steps = [...children];
    if (!steps.every(([step]) => /^[1-9]\d*$/.test(step)))
      return Object.fromEntries(steps.map(([step, child]) => [step, plain(child)]));
    return steps.sort(([one], [other]) => Number(one) - Number(other)).map(([, child]) => plain(child));
  };
  return Object.fromEntries([...root.children].map(([name, child]) => [name, plain(child)]));
}

/** Checks what was sent against a table and turns texts into what they stand for. */
export function checkParameters(shape: RecordShape, sent: JsonObject, errors: ParameterErrors, path = ""): JsonObject {
  const under = (name: string) => (path === "" ? name : `${path}.${name}`);
  const input: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(sent)) {
    const field = shape.fields.get(name);
    if (!field) throw errors.unknown(under(name));
    // An empty value stands for none, except that a text may be empty on purpose (ProductType).
    if (value !== "" || field.shape.kind === "text") input[name] = checkValue(field.shape, value, errors, under(name));
  }
  for (const [name, { required }] of shape.fields) {
    if (required && (input[name] === undefined || input[name] === "")) throw errors.missing(under(name));
  }
  return input;
}

function checkValue(shape: Shape, value: JsonValue, errors: ParameterErrors, path: string): JsonValue {
  if (shape.kind === "record") {
    if (!isObject(value)) throw errors.invalid(path);
    return checkParameters(shape, value, errors, path);
  }
  if (shape.kind === "list") {
    if (!isList(value) || value.length > shape.most) throw errors.invalid(path);
    return value.map((item, index) => checkValue(shape.item, item, errors, `${path}.${index + 1}`));
  }
  if (typeof value !== "string") throw errors.invalid(path);
  switch (shape.kind) {
    case "text":
      return value;
    case "flag":
      if (!/^(true|false)$/i.test(value)) throw errors.invalid(path);
      return value.toLowerCase() === "true";
    case "number": {
      const number = Number(value);
      if (!/^-?\d+$/.test(value) || number < shape.least || number > shape.most) throw errors.invalid(path);
      return number;
    }
    default:
      return readListText(shape, value, errors, path);
  }
}

function readListText(
  { kind, most }: Extract<Shape, { readonly kind: "json" | "json-records" | "comma" }>,
  value: string,
  errors: ParameterErrors,
  path: string,
): JsonValue {
  const items = kind === "comma" ? value.split(",").map((word) => word.trim()) : jsonList(value);
  const fits = kind === "json-records" ? isObject : (item: JsonValue) => typeof item === "string" && item !== "";
  if (!items?.every(fits) || items.length > most) throw errors.invalid(path);
  return items;
}

function jsonList(value: string): readonly JsonValue[] | undefined {
  try {
    const items: JsonValue = JSON.parse(value);
    return isList(items) ? items : undefined;
  } catch {
    return undefined;
  }
}
