import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import ts from "typescript";
import type { Shape } from "../../../../providers/tencent/fake/wire/shape.js";

/*
 * Reads the models of the official SDK out of its declarations, so that what the fake takes and answers can be held
 * against them.
 */

const require = createRequire(import.meta.url);

/** The models of one service: what a request may hold and what an answer may hold. */
export interface Models {
  /** The shape of a request, as the fake's tables write it. Without parameters: undefined. */
  request(action: string): Shape | undefined;
  /** Paths in an answer that the model does not know. */
  unknownIn(action: string, answer: unknown): readonly string[];
}

/** Reads the models of a service in a version such as `2017-03-12`. */
export function modelsOf(service: string, version: string): Models {
  const folder = `tencentcloud-sdk-nodejs/tencentcloud/services/${service}/v${version.replaceAll("-", "")}`;
  const path = require.resolve(`${folder}/${service}_models.js`).replace(/\.js$/, ".d.ts");
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const interfaces = new Map<string, ts.InterfaceDeclaration>();
  source.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
  });
  return {
    request: (action) => {
      const found = interfaces.get(`${action}Request`);
      return found && shapeOf(found, interfaces);
    },
    unknownIn: (action, answer) => {
      const found = interfaces.get(`${action}Response`);
      return found ? strays(found, answer, interfaces, action) : [`${action}: no such response`];
    },
  };
}

type Interfaces = ReadonlyMap<string, ts.InterfaceDeclaration>;

function membersOf(node: ts.InterfaceDeclaration): readonly ts.PropertySignature[] {
  return node.members.filter(ts.isPropertySignature);
}

/** Element type of `Array<T>` or `T[]`. */
function elementOf(type: ts.TypeNode | undefined): ts.TypeNode | undefined {
  if (type && ts.isArrayTypeNode(type)) return type.elementType;
  if (type && ts.isTypeReferenceNode(type) && type.typeName.getText() === "Array") return type.typeArguments?.[0];
  return undefined;
}

function shapeOf(node: ts.InterfaceDeclaration, interfaces: Interfaces): Shape {
  const fields = membersOf(node).map(
    (member) =>
      [member.name.getText(), { shape: typeOf(member.type, interfaces), required: !member.questionToken }] as const,
  );
  return { kind: "record", fields: new Map(fields) };
}

/** `number | bigint` is a number on the wire. */
function single(type: ts.TypeNode | undefined): ts.TypeNode | undefined {
  return type && ts.isUnionTypeNode(type) ? type.types[0] : type;
}

function typeOf(declared: ts.TypeNode | undefined, interfaces: Interfaces): Shape {
  const type = single(declared);
  const element = elementOf(type);
  if (element) return { kind: "list", item: typeOf(element, interfaces) };
  if (type?.kind === ts.SyntaxKind.NumberKeyword) return { kind: "number" };
  if (type?.kind === ts.SyntaxKind.BooleanKeyword) return { kind: "flag" };
  const found = interfaces.get(type?.getText() ?? "");
  return found ? shapeOf(found, interfaces) : { kind: "text" };
}

function strays(
  node: ts.InterfaceDeclaration,
  value: unknown,
  interfaces: Interfaces,
  path: string,
): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const known = new Map(membersOf(node).map((member) => [member.name.getText(), member.type]));
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = `${path}.${name}`;
    if (!known.has(name)) return [here];
    return straysIn(known.get(name), inner, interfaces, here);
  });
}

function straysIn(
  declared: ts.TypeNode | undefined,
  value: unknown,
  interfaces: Interfaces,
  path: string,
): readonly string[] {
  if (value === null) return [];
  const type = single(declared);
  const element = elementOf(type);
  if (element) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item) => straysIn(element, item, interfaces, `${path}[]`));
  }
  const found = interfaces.get(type?.getText() ?? "");
  if (found) return strays(found, value, interfaces, path);
  const wanted = type?.getText() ?? "";
  return typeof value === wanted ? [] : [`${path} is a ${typeof value}, not a ${wanted}`];
}
