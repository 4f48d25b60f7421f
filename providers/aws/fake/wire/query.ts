import type { JsonObject, JsonValue } from "../../../../src/common.js";
import type { RecordShape, Shape, ShapeErrors } from "./shape.js";

/** `Filter.1.Value.2=x` as a tree. */
interface Node {
  value?: string;
  readonly children: Map<string, Node>;
}

/**
 * Reads a form of dotted names into parameters of the given shape. EC2 writes lists as `Name.1`, the other query
 * services as `Name.member.1` or `Name.Word.1`.
 */
export function readQuery(form: URLSearchParams, shape: RecordShape, errors: ShapeErrors): JsonObject {
  const root: Node = { children: new Map() };
  for (const [name, value] of form) {
    if (name === "Action" || name === "Version") continue;
    const leaf = name.split(".").reduce<Node>((node, step) => {
      const next: Node = node.children.get(step) ?? { children: new Map() };
      node.children.set(step, next);
      return next;
    }, root);
    leaf.value = value;
  }
  return readRecord(root, shape, errors, "");
}

function readRecord(node: Node, shape: RecordShape, errors: ShapeErrors, path: string): JsonObject {
  const under = (name: string) => (path === "" ? name : `${path}.${name}`);
  const values: Record<string, JsonValue> = {};
  for (const [name, child] of node.children) {
    const field = shape.fields.get(name);
    if (!field) throw errors.unknown(under(name));
    values[name] = readValue(child, field.shape, errors, under(name));
  }
  for (const [name, { required }] of shape.fields) {
    if (required && values[name] === undefined) throw errors.missing(under(name));
  }
  return values;
}

function readValue(node: Node, shape: Shape, errors: ShapeErrors, path: string): JsonValue {
  if (shape.kind === "record") return readRecord(node, shape, errors, path);
  if (shape.kind === "list") return readList(node, shape.item, errors, path);
  const text = node.value;
  if (text === undefined || node.children.size > 0) throw errors.unknown(`${path}.${[...node.children.keys()][0]}`);
  if (shape.kind === "number") {
    if (!/^-?\d+(\.\d+)?$/.test(text)) throw errors.invalid(path, text);
    return Number(text);
  }
  if (shape.kind === "flag") {
    if (text !== "true" && text !== "false") throw errors.invalid(path, text);
    return text === "true";
  }
  return text;
}

function readList(node: Node, item: Shape, errors: ShapeErrors, path: string): JsonValue {
  // An empty list is sent as `Name=`.
  if (node.value === "" && node.children.size === 0) return [];
  const [word, wrapped] = [...node.children][0] ?? [];
  const members = word !== undefined && wrapped && !/^\d+$/.test(word) ? wrapped : node;
  return [...members.children]
    .map(([index, child]) => {
      if (!/^[1-9]\d*$/.test(index)) throw errors.unknown(`${path}.${index}`);
      return { index: Number(index), child };
    })
    .sort((one, other) => one.index - other.index)
    .map(({ index, child }) => readValue(child, item, errors, `${path}.${index}`));
}
