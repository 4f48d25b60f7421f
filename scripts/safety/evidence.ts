import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { loadMutants } from "../../test/mutants/load.js";

/** Something that shows a rule: a test that carries its number, or a mutant that its tests kill. */
export interface Evidence {
  readonly kind: "test" | "mutant";
  /** Numbers of the rules it shows. */
  readonly rules: readonly string[];
  /** Its name without the numbers. */
  readonly sentence: string;
  readonly file: string;
}

/** All tests and mutants whose names begin with the number of a rule. */
export async function readEvidence(): Promise<readonly Evidence[]> {
  const tests = ["test", "src/testing/contract"].flatMap(filesUnder).flatMap(testsIn);
  const mutants = (await loadMutants()).flatMap(({ name, file }): readonly Evidence[] => {
    const { rules, rest } = numbersOf(name);
    return rules.length === 0 ? [] : [{ kind: "mutant", rules, sentence: rest, file }];
  });
  return [...tests, ...mutants];
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".mutants.ts"))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** Numbers that a name begins with, and what follows them. */
function numbersOf(name: string): { readonly rules: readonly string[]; readonly rest: string } {
  const [numbers = ""] = /^(?:S\d\d\s+)*/.exec(name) ?? [];
  return { rules: numbers.match(/S\d\d/g) ?? [], rest: name.slice(numbers.length) };
}

function testsIn(file: string): readonly Evidence[] {
  const text = readFileSync(file, "utf8");
  if (!/["'`]S\d\d /.test(text)) return [];
  const found: Evidence[] = [];
  const visit = (node: ts.Node, subject: string): void => {
    const call = ts.isCallExpression(node) ? registrationOf(node) : undefined;
    const evidence = call?.kind === "it" ? testOf(call.name, subject, file) : undefined;
    if (evidence) found.push(evidence);
    const inside = call?.kind === "describe" ? call.name : subject;
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true), "");
  return found;
}

/** A test named after a rule, or one inside of a block that is. */
function testOf(name: string, subject: string, file: string): Evidence | undefined {
  const own = numbersOf(name);
  const block = numbersOf(subject);
  const rules = own.rules.length > 0 ? own.rules : block.rules;
  if (rules.length === 0) return undefined;
  // `describe("S04 evidence")` with `it("S04 that grew old …")` reads as one sentence.
  const sentence = block.rules.length > 0 ? `${block.rest} ${own.rest}` : own.rest;
  return { kind: "test", rules, sentence, file };
}

/** `describe(name, …)` or `it(name, …)`, also as `it.each(table)(name, …)` and as a method of a suite. */
function registrationOf({
  expression,
  arguments: [first],
}: ts.CallExpression): { readonly kind: "describe" | "it"; readonly name: string } | undefined {
  const kind = /^(?:\w+\.)?(describe|it)\b/.exec(expression.getText())?.[1];
  const name = first && textOf(first);
  return (kind === "describe" || kind === "it") && name !== undefined ? { kind, name } : undefined;
}

/** A name as it is written, with an ellipsis for what is filled in when it runs. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text.replace(/%[sdj]|\$\w+/g, "…");
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}
