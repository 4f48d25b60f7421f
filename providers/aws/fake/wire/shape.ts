import type { JsonObject, JsonValue } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";

/** What one parameter may hold. */
export type Shape =
  | { readonly kind: "text" | "number" | "flag" | "any" }
  | { readonly kind: "list"; readonly item: Shape; readonly word: string }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Field> };
interface Field {
  readonly shape: Shape;
  readonly required: boolean;
}
export type RecordShape = Extract<Shape, { readonly kind: "record" }>;

/**
 * Reads a line of a parameter table: names as on the wire, apart by spaces. `:n` a number, `:b` a boolean, `:j` any
 * JSON, `[]` a list (`[Word]` where the wire names its members), `{…}` a structure, `!` required.
 */
export function parseShape(line: string): RecordShape {
  let at = 0;
  const accept = (pattern: RegExp): string | undefined => {
    const found = line.slice(at).match(pattern)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const shape = (): Shape => {
    const list = accept(/^\[[A-Za-z]*\]/);
    if (list !== undefined) return { kind: "list", word: list.slice(1, -1), item: shape() };
    if (accept(/^\{/)) return record(/^\}/);
    const type = accept(/^:[nbj]/);
    return { kind: type === ":n" ? "number" : type === ":b" ? "flag" : type === ":j" ? "any" : "text" };
  };
  const record = (end: RegExp): RecordShape => {
    const fields = new Map<string, Field>();
    for (accept(/^ +/); !end.test(line.slice(at)); accept(/^ +/)) {
      const name = accept(/^[A-Za-z0-9_.-]+/);
      if (name === undefined) throw new Error(`Bad parameter table at "${line.slice(at)}".`);
      fields.set(name, { shape: shape(), required: accept(/^!/) !== undefined });
    }
    accept(end);
    return { kind: "record", fields };
  };
  return record(/^$/);
}

/** How a family of services words bad parameters. */
export interface ShapeErrors {
  unknown(path: string): Error;
  missing(path: string): Error;
  invalid(path: string, value: string): Error;
}

/** EC2's own codes ("Error codes for the Amazon EC2 API": UnknownParameter, MissingParameter, InvalidParameterValue). */
export const ec2ShapeErrors: ShapeErrors = {
  unknown: (path) => refusal("UnknownParameter", `The parameter ${path} is not recognized`),
  missing: (path) => refusal("MissingParameter", `The request must contain the parameter ${path}`),
  invalid: (path, value) => refusal("InvalidParameterValue", `Value (${value}) for parameter ${path} is invalid.`),
};

/** The other services' code for all three. */
export function plainShapeErrors(code: string): ShapeErrors {
  return {
    unknown: (path) => refusal(code, `Unknown parameter: ${path}`),
    missing: (path) => refusal(code, `Value at '${path}' failed to satisfy constraint: Member must not be null`),
    invalid: (path, value) => refusal(code, `Value '${value}' at '${path}' failed to satisfy constraint`),
  };
}

/** Checks a JSON value against a shape: nothing unknown, nothing missing, nothing of another type. */
export function checkShape(shape: Shape, value: JsonValue, errors: ShapeErrors, path = ""): JsonValue {
  if (shape.kind === "any") return value;
  if (shape.kind === "record") return checkRecord(shape, value, errors, path);
  if (shape.kind === "list") {
    if (!isList(value)) throw errors.invalid(path, String(value));
    return value.map((item, index) => checkShape(shape.item, item, errors, `${path}.${index + 1}`));
  }
  const wanted = { text: "string", number: "number", flag: "boolean" }[shape.kind];
  if (typeof value !== wanted) throw errors.invalid(path, JSON.stringify(value));
  return value;
}

function checkRecord(shape: RecordShape, value: JsonValue, errors: ShapeErrors, path: string): JsonObject {
  if (typeof value !== "object" || value === null || isList(value)) throw errors.invalid(path, JSON.stringify(value));
  const under = (name: string) => (path === "" ? name : `${path}.${name}`);
  for (const [name, { required }] of shape.fields) {
    if (required && (value[name] === undefined || value[name] === null)) throw errors.missing(under(name));
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => {
        const field = shape.fields.get(name);
        if (!field) throw errors.unknown(under(name));
        return [name, checkShape(field.shape, inner, errors, under(name))];
      }),
  );
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
