import type { AwsRoute } from "../../../../providers/aws/fake/state.js";

/*
 * Holds an answer of the fake against the answer's shape in an SDK client. The SDK skips what it does not know, so that
 * a misspelt name would read as "nothing there".
 */

/** Names in an answer that the SDK would skip, with their paths. */
export function unknownNames(
  client: object,
  action: string,
  protocol: AwsRoute["protocol"],
  body: string,
): readonly string[] {
  const operation: unknown = Reflect.get(client, `${action}$`);
  if (!Array.isArray(operation)) throw new Error(`The SDK knows no ${action}.`);
  const output = resolve(operation[5]);
  if (protocol === "json" || protocol === "rest-json") return inJson(JSON.parse(body), output, "");
  const root = parseXml(body);
  const result = protocol === "query" ? root.children.find(({ name }) => name === `${action}Result`) : root;
  return (result?.children ?? [])
    .filter(({ name }) => name !== "requestId")
    .flatMap((child) => inStructure(child, output, protocol === "ec2" ? "item" : "member", ""));
}

function resolve(reference: unknown): readonly unknown[] {
  const schema: unknown = typeof reference === "function" ? reference() : reference;
  if (Array.isArray(schema)) return schema[0] === 0 ? resolve(schema[4]) : schema;
  return [schema];
}

interface Member {
  readonly target: readonly unknown[];
  readonly traits: unknown;
}

function split(member: unknown): Member {
  const isPair =
    Array.isArray(member) &&
    member.length === 2 &&
    !Array.isArray(member[1]) &&
    (typeof member[1] !== "function" || typeof member[0] === "function");
  return isPair ? { target: resolve(member[0]), traits: member[1] } : { target: resolve(member), traits: 0 };
}

function xmlName(traits: unknown): string | undefined {
  const value: unknown = typeof traits === "object" && traits !== null ? Reflect.get(traits, "xmlName") : undefined;
  return typeof value === "string" ? value : undefined;
}

function membersOf(schema: readonly unknown[], named: (name: string, traits: unknown) => string) {
  const [, , , , names, types] = schema;
  const members = new Map<string, Member>();
  if (!Array.isArray(names) || !Array.isArray(types)) return members;
  for (const [index, name] of names.entries()) {
    const member = split(types[index]);
    members.set(named(String(name), member.traits), member);
  }
  return members;
}

function isSimpleList(schema: readonly unknown[]): boolean {
  return typeof schema[0] === "number" && schema.length === 1 && schema[0] >= 64 && schema[0] < 128;
}

function inJson(value: unknown, schema: readonly unknown[], path: string): readonly string[] {
  if (schema.length === 1 || schema[0] === 2) return [];
  if (schema[0] === 1) {
    const { target } = split(schema[4]);
    return Array.isArray(value) ? value.flatMap((item) => inJson(item, target, `${path}[]`)) : [`${path} is no list`];
  }
  if (typeof value !== "object" || value === null) return [`${path} is no structure`];
  const members = membersOf(schema, (name) => name);
  return Object.entries(value).flatMap(([name, inner]) => {
    const member = members.get(name);
    return member ? inJson(inner, member.target, `${path}.${name}`) : [`${path}.${name}`];
  });
}

interface Element {
  readonly name: string;
  readonly children: Element[];
}

function inStructure(element: Element, schema: readonly unknown[], item: string, path: string): readonly string[] {
  const member = membersOf(schema, (name, traits) => xmlName(traits) ?? name).get(element.name);
  const here = `${path}.${element.name}`;
  return member ? inValue(element, member.target, item, here) : [here];
}

function inValue(element: Element, schema: readonly unknown[], item: string, path: string): readonly string[] {
  if (isSimpleList(schema))
    return element.children.filter(({ name }) => name !== item).map(({ name }) => `${path}.${name}`);
  if (schema.length === 1) return element.children.map(({ name }) => `${path}.${name}`);
  if (schema[0] === 1) {
    const { target, traits } = split(schema[4]);
    const wanted = xmlName(traits) ?? item;
    return element.children.flatMap((child) =>
      child.name === wanted ? inValue(child, target, item, `${path}[]`) : [`${path}.${child.name}`],
    );
  }
  return element.children.flatMap((child) => inStructure(child, schema, item, path));
}

/** Enough of XML for answers without attributes that matter. */
function parseXml(text: string): Element {
  const stack: Element[] = [{ name: "", children: [] }];
  for (const [, close, name = "", empty] of text.matchAll(/<(\/?)([A-Za-z][\w]*)[^>]*?(\/?)>/g)) {
    if (close) {
      stack.pop();
      continue;
    }
    const element = { name, children: [] };
    stack.at(-1)?.children.push(element);
    if (!empty) stack.push(element);
  }
  return stack[0]?.children[0] ?? { name: "", children: [] };
}
