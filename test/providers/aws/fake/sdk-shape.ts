import type { RecordShape, Shape } from "../../../../providers/aws/fake/wire/shape.js";

/*
 * Reads the request shape of an action out of an SDK client, so that the fake's tables can be held against it. The
 * clients export their schemas: [kind, namespace, name, traits, members, types, required] for a structure, [kind,
 * namespace, name, traits, member] for a list.
 */

/** How the wire names parameters: EC2 in its own way, the others by the member's name; only forms name list members. */
export type Wire = "ec2" | "query" | "json";

/** The shape of an action's request as the SDK has it. */
export function sdkShape(client: object, action: string, wire: Wire): RecordShape {
  const operation: unknown = Reflect.get(client, `${action}$`);
  if (!Array.isArray(operation)) throw new Error(`The SDK knows no ${action}.`);
  const shape = shapeOf(operation[4], wire);
  if (shape.kind !== "record") throw new Error(`The request of ${action} is no structure.`);
  return shape;
}

function shapeOf(reference: unknown, wire: Wire): Shape {
  const schema: unknown = typeof reference === "function" ? reference() : reference;
  if (typeof schema === "number") return simple(schema);
  if (!Array.isArray(schema)) throw new Error("An unknown kind of schema.");
  if (schema[0] === 0) return shapeOf(schema[4], wire);
  if (schema[0] === 1) {
    const { inner, traits } = split(schema[4]);
    return { kind: "list", word: wire === "query" ? (trait(traits, "xmlName") ?? "") : "", item: shapeOf(inner, wire) };
  }
  if (schema[0] === 3) return structure(schema, wire);
  return { kind: "any" };
}

function simple(code: number): Shape {
  if (code >= 64 && code < 128) return { kind: "list", word: "", item: simple(code & 63) };
  if (code === 1) return { kind: "number" };
  return code === 2 ? { kind: "flag" } : { kind: "text" };
}

function structure(schema: readonly unknown[], wire: Wire): RecordShape {
  const [, , , , names, types, required = 0] = schema;
  const fields = new Map<string, { readonly shape: Shape; readonly required: boolean }>();
  if (Array.isArray(names) && Array.isArray(types)) {
    for (const [index, name] of names.entries()) {
      const { inner, traits } = split(types[index]);
      const shape = shapeOf(inner, wire);
      fields.set(wireName(String(name), traits, wire), { shape, required: index < Number(required) });
    }
  }
  return { kind: "record", fields };
}

/** A member is a schema, or a pair of schema and traits. */
function split(member: unknown): { readonly inner: unknown; readonly traits: unknown } {
  const isPair =
    Array.isArray(member) &&
    member.length === 2 &&
    !Array.isArray(member[1]) &&
    (typeof member[1] !== "function" || typeof member[0] === "function");
  return isPair ? { inner: member[0], traits: member[1] } : { inner: member, traits: 0 };
}

function trait(traits: unknown, name: string): string | undefined {
  const value: unknown = typeof traits === "object" && traits !== null ? Reflect.get(traits, name) : undefined;
  return typeof value === "string" ? value : undefined;
}

function wireName(name: string, traits: unknown, wire: Wire): string {
  if (wire === "json") return name;
  if (wire === "query") return trait(traits, "xmlName") ?? name;
  const chosen = trait(traits, "ec2QueryName") ?? trait(traits, "xmlName") ?? name;
  return chosen.charAt(0).toUpperCase() + chosen.slice(1);
}
