import * as ecsModels from "@alicloud/ecs20140526";

/** A model class of the SDK: its names on the wire and its types. */
export interface Model {
  names(): Readonly<Record<string, string>>;
  types(): Readonly<Record<string, unknown>>;
}

const models: Readonly<Record<string, unknown>> = { ...ecsModels };

/** Whether a value is a model class. */
export function isModel(value: unknown): value is Model {
  return typeof value === "function" && "names" in value && "types" in value;
}

/** The model of that name. */
export function modelOf(name: string): Model {
  const model = models[name];
  if (!isModel(model)) throw new Error(`The SDK has no ${name}.`);
  return model;
}

/** Types of a model's fields by their names on the wire. */
export function wireTypes(model: Model): ReadonlyMap<string, unknown> {
  const types = model.types();
  return new Map(Object.entries(model.names()).map(([field, name]) => [name, types[field]]));
}
