import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** The words of the `ProblemCode` union, read from its declaration. */
function problemCodes(): readonly string[] {
  const source = ts.createSourceFile("errors.ts", readFileSync("src/errors.ts", "utf8"), ts.ScriptTarget.ES2023);
  const union = source.statements.filter(ts.isTypeAliasDeclaration).find((each) => each.name.text === "ProblemCode");
  if (!union || !ts.isUnionTypeNode(union.type)) throw new Error("ProblemCode is no union any more.");
  return union.type.types.flatMap((each) =>
    ts.isLiteralTypeNode(each) && ts.isStringLiteral(each.literal) ? [each.literal.text] : [],
  );
}

describe("docs/errors.md", () => {
  const chapters = readFileSync("docs/errors.md", "utf8")
    .split(/^## /m)
    .slice(1)
    .map((text) => ({ code: text.split("\n", 1)[0] ?? "", text }));

  it("has a chapter for every problem code and for no other, in the order of the type", () => {
    expect(chapters.map((each) => each.code)).toEqual(problemCodes());
  });

  it.each(chapters)("says of $code when it happens and what to do", ({ text }) => {
    expect(text).toMatch(/^\*\*When:\*\* \S/m);
    expect(text).toMatch(/^\*\*Do:\*\* \S/m);
  });
});
