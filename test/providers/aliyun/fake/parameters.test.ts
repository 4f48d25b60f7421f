import { describe, expect, it } from "vitest";
import { actions } from "../../../../providers/aliyun/fake/actions.js";
import type { RecordShape, Shape } from "../../../../providers/aliyun/fake/wire/parameters.js";
import { isModel, type Model, modelOf, wireTypes } from "./model.js";

/** Dotted names that a table takes and the model does not have. */
function strangers(shape: RecordShape, model: Model, path = ""): readonly string[] {
  const types = wireTypes(model);
  return [...shape.fields].flatMap(([name, { shape: inner }]) => {
    const type = types.get(name);
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
    expect(strangers(shape, modelOf(`${api.slice(4)}Request`))).toEqual([]);
  });
});
