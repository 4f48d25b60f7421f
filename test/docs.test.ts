import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The TypeScript examples of a document, each as a module. A comment right before one, `<!-- given: code -->`, holds
 * what a reader knows by then and the example leaves out. One that begins with a path, `// providers/…`, lies there.
 */
function examplesOf(file: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, file), "utf8");
  const blocks = text.matchAll(/(?:^<!-- given:\s([\s\S]*?)-->\n+)?^```ts\n([\s\S]*?)^```$/gm);
  return new Map(
    [...blocks].map(([, given = "", code = ""], index) => {
      const place = /^\/\/ ((?:providers|src|test)\/\S+\.ts)$/m.exec(code)?.[1];
      return [place ?? `examples/${file.replaceAll("/", "-")}-${index + 1}.ts`, `${given}\n${code}\nexport {};\n`];
    }),
  );
}

/** What the compiler says of these modules, as if they lay in the repository and were written by a user. */
function complaintsAbout(modules: ReadonlyMap<string, string>): readonly string[] {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  const sources = new Map([...modules].map(([name, code]) => [join(root, name), code]));
  // Some lie in folders that do not exist.
  const folders = [...sources.keys()].map((path) => dirname(path));
  host.directoryExists = (folder) => folders.some((each) => each.startsWith(folder)) || ts.sys.directoryExists(folder);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((each) => {
      const line = source?.getLineAndCharacterOfPosition(each.start ?? 0).line ?? 0;
      const code = sources.get(file)?.split("\n")[line];
      return `${file.slice(root.length)}: ${ts.flattenDiagnosticMessageText(each.messageText, " ")} | ${code}`;
    });
  });
}

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

describe("the documents", () => {
  const documents = [
    "README.md",
    ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`),
  ].filter((file) => file.endsWith(".md") && existsSync(join(root, file)));

  it("hold examples that compile", () => {
    const examples = new Map(documents.flatMap((file) => [...examplesOf(file)]));
    expect(examples.size).toBeGreaterThan(0);
    expect(complaintsAbout(examples)).toEqual([]);
  });

  it("are checked by a compiler that does complain", () => {
    expect(complaintsAbout(new Map([["examples/wrong.ts", 'import { nothing } from "cloud-decom";\n']]))).toHaveLength(
      1,
    );
  });

  it("link to files that exist", () => {
    const broken = documents.flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map((match) => match[1] ?? "")
        .filter((target) => !existsSync(join(root, file, "..", target)))
        .map((target) => `${file}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
