import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createFormatter, createParser, DEFAULT_CONFIG, SchemaGenerator } from "ts-json-schema-generator";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const published = [
  ["policy", "src/flow/policy.ts", "Policy"],
  ["guard-policy", "src/flow/policy.ts", "GuardPolicy"],
  ["plan", "src/flow/plan.ts", "Plan"],
  ["approval", "src/flow/approval.ts", "Approval"],
  ["receipt", "src/flow/receipt/receipt.ts", "Receipt"],
] as const;

/** The schemas of types as their declarations say them, so that the two cannot drift apart. */
function schemasOf(types: readonly string[]): readonly unknown[] {
  const files = [...new Set(published.map(([, path]) => `${root}${path}`))];
  const options = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  const program = ts.createProgram(files, { ...options, exactOptionalPropertyTypes: true });
  return types.map((type) => {
    const config = { ...DEFAULT_CONFIG, type, skipTypeCheck: true };
    const generator = new SchemaGenerator(program, createParser(program, config), createFormatter(config), config);
    return JSON.parse(JSON.stringify(generator.createSchema(type)));
  });
}

describe("the published JSON Schemas", () => {
  it("say what the types say (a change of the types needs UPDATE_SCHEMAS=1 once, then the formatter)", async () => {
    const schemas = schemasOf(published.map(([, , type]) => type));
    for (const [index, [name]] of published.entries()) {
      const file = `${root}schemas/${name}.schema.json`;
      if (process.env.UPDATE_SCHEMAS === "1") await writeFile(file, `${JSON.stringify(schemas[index], null, 2)}\n`);
      expect(JSON.parse(await readFile(file, "utf8")), name).toEqual(schemas[index]);
    }
  });
});
