import * as ecsModels from "@alicloud/ecs20140526";
import { describe, expect, it } from "vitest";
import { actions } from "../../../../providers/aliyun/fake/actions.js";
import type { RecordShape, Shape } from "../../../../providers/aliyun/fake/wire/parameters.js";

/** A model class of the SDK: its names on the wire and its types. */
interface Model {
  names(): Readonly<Record<string, string>>;
  types(): Readonly<Record<string, unknown>>;
}

const models: Readonly<Record<string, unknown>> = { ...ecsModels };

function isModel(value: unknown): value is Model {
  return typeof value === "function" && "names" in value && "types" in value;
}

/** Dotted names that a table takes and the model does not have. */
function strangers(shape: RecordShape, model: Model, path = ""): readonly string[] {
  const types = model.types();
  const byWireName = new Map(Object.entries(model.names()).map(([field, name]) => [name, types[field]]));
  return [...shape.fields].flatMap(([name, { shape: inner }]) => {
    const type = byWireName.get(name);
    return type === undefined ? [path + name] : strangersWithin(inner, type, `${path}${name}.`);
  });
}

function strangersWithin(shape: Shape, type: unknown, path: string): readonly string[] {
  if (shape.kind === "list") {
    const isList = typeof type === "object" && type !== null && "itemType" in type;
    return isList ? strangersWithin(shape.item, type.itemType, path) : [`${path} is no list`];
  }
  if (shape.kind === "record") return isModel(type) ? strangers(shape, type, path) : [`${path} is no structure`];
  const wanted = {
    number: "number",
    flag: "boolean",
    text: "string",
    json: "string",
    comma: "string",
    "json-records": "string",
  };
  // A page number is a text in one operation and a number in the next, and so is an account.
  const fits = type === wanted[shape.kind] || (shape.kind === "number" && type === "string");
  return fits || (shape.kind === "text" && type === "number") ? [] : [`${path} is ${type}`];
}

describe("the parameter tables", () => {
  const ecsActions = Object.entries(actions).filter(([api]) => api.startsWith("ecs:"));

  it.each(ecsActions)("%s take what the SDK's model has, as the SDK writes it", (api, { shape }) => {
    const model = models[`${api.slice(4)}Request`];
    if (!isModel(model)) throw new Error(`The SDK has no ${api}.`);
    expect(strangers(shape, model)).toEqual([]);
  });
});
