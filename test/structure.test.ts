import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const self = "test/structure.test.ts";
const maxLines = 400;
/** Development dependencies that the build puts into `dist`, so that users need not install them. */
const builtIn = ["valibot"];
/** What an SDK needs and does not declare: a peer although nothing of ours imports it. Huawei's core needs `uuid`. */
const undeclared = ["uuid"];

interface Import {
  readonly file: string;
  /** What it names: a path from the root for our own files, else the specifier. */
  readonly target: string;
  readonly typesOnly: boolean;
  readonly throughImportSdk: boolean;
}

function filesUnder(folder: string, endings: readonly string[]): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((file) => !file.includes("node_modules/"))
    .sort();
}

const code = [...filesUnder("src", [".ts"]), ...filesUnder("providers", [".ts"])];
const program = ts.createProgram(
  code.map((file) => join(root, file)),
  {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  },
);
const checker = program.getTypeChecker();

function sourceOf(file: string): ts.SourceFile {
  const source = program.getSourceFile(join(root, file));
  if (!source) throw new Error(`${file} is not in the program.`);
  return source;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function placeOf(node: ts.Node): string {
  const source = node.getSourceFile();
  const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  return `${relative(root, source.fileName)}:${line}`;
}

function importsOf(file: string): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typesOnly: boolean, throughImportSdk: boolean) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const name = specifier.text;
    const target = name.startsWith(".")
      ? relative(root, resolve(root, dirname(file), name))
          .split(sep)
          .join("/")
          .replace(/\.js$/, ".ts")
      : name;
    found.push({ file, target, typesOnly, throughImportSdk });
  };
  walk(sourceOf(file), (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false, false);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly, false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true, false);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, isLeftToImportSdk(node));
    }
  });
  return found;
}

/** Whether an import waits until `importSdk` wants it: inside its call, or as the `load` that it is given. */
function isLeftToImportSdk(node: ts.Node): boolean {
  for (let at = node.parent; at; at = at.parent) {
    if (ts.isCallExpression(at) && ts.isIdentifier(at.expression) && at.expression.text === "importSdk") return true;
    if (ts.isPropertyAssignment(at) && at.name.getText() === "load" && ts.isArrowFunction(at.initializer)) return true;
  }
  return false;
}

/** Whether a promise's failure is seen to: `.catch(…)`, or `.then(…)` with both. */
function isHandled(call: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(call.expression)) return false;
  const method = call.expression.name.text;
  return method === "catch" || (method === "then" && call.arguments.length === 2);
}

/** The part of the tree a file belongs to: `src`, `src/testing`, `providers/aws`, `providers/aws/fake`. */
function areaOf(file: string): string {
  return /^(providers\/[^/]+\/fake|providers\/[^/]+|src\/testing|[^/]+)/.exec(file)?.[0] ?? file;
}

/** Which areas an area may import. A fake knows nothing of its adapter, or it would agree with its mistakes. */
function mayImport(from: string): readonly string[] {
  if (from.endsWith("/fake")) return [from, "src", "src/testing"];
  return from === "src/testing" ? [from, "src"] : [from, "src"];
}

function packageOf(specifier: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

const imports = code.flatMap(importsOf);
const ours = imports.filter((each) => each.target.endsWith(".ts"));
const foreign = imports.filter((each) => !each.target.endsWith(".ts") && !each.target.startsWith("node:"));
const said = (found: readonly Import[]) => found.map((each) => `${each.file} imports ${each.target}`);

const manifest: {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

describe("imports", () => {
  it("point one way: from providers to src, never between clouds, never from a fake to its adapter", () => {
    const strays = ours.filter((each) => !mayImport(areaOf(each.file)).includes(areaOf(each.target)));
    expect(said(strays)).toEqual([]);
  });

  it("of the core's index stay within src, so that nobody pulls it in from inside", () => {
    expect(said(ours.filter((each) => each.target === "src/index.ts"))).toEqual([]);
  });

  it("of an SDK wait for importSdk, unless they are types alone", () => {
    const strays = foreign.filter((each) => manifest.peerDependencies[packageOf(each.target)] !== undefined);
    expect(said(strays.filter((each) => !each.typesOnly && !each.throughImportSdk))).toEqual([]);
  });

  it("name nothing but Node, our dependencies, our optional peers and what is built in", () => {
    const declared = [...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }), ...builtIn];
    expect(said(foreign.filter((each) => !declared.includes(packageOf(each.target))))).toEqual([]);
  });

  it("of p-retry are in src/retry.ts alone", () => {
    expect(said(foreign.filter((each) => each.target === "p-retry"))).toEqual(["src/retry.ts imports p-retry"]);
  });

  it("in examples are those a user would write", () => {
    const strays = filesUnder("examples", [".ts"]).flatMap((file) =>
      ts
        .preProcessFile(readFileSync(join(root, file), "utf8"))
        .importedFiles.map((each) => each.fileName)
        .filter((name) => name.includes("/src/") || name.includes("/providers/"))
        .map((name) => `${file} imports ${name}`),
    );
    expect(strays).toEqual([]);
  });
});

describe("the manifest", () => {
  it("makes every peer optional, installs it for the tests, and asks for none that nobody imports", () => {
    const imported = new Set([...foreign.map((each) => packageOf(each.target)), ...undeclared]);
    for (const name of Object.keys(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[name], name).toEqual({ optional: true });
      expect(manifest.devDependencies, name).toHaveProperty([name]);
      expect(imported, name).toContain(name);
    }
  });

  it("has the version that plans and receipts name", () => {
    expect(readFileSync(join(root, "src/flow/version.ts"), "utf8")).toContain(`libraryVersion = "${manifest.version}"`);
  });

  it("exports every entry that has an index, with its types", () => {
    const entries = ["src", "src/testing", ...new Set(code.map(areaOf).filter((area) => area.startsWith("providers/")))]
      .filter((area) => code.includes(`${area}/index.ts`))
      .map((area) => area.replace(/^(src\/|providers\/)/, "./").replace(/^src$/, "."));
    expect(Object.keys(manifest.exports).sort()).toEqual([...entries, "./schemas/*.json", "./package.json"].sort());
  });

  it("ships the licence of whatever is built in", () => {
    const licences = readFileSync(join(root, "THIRD-PARTY-LICENSES.md"), "utf8");
    for (const name of builtIn) {
      expect(manifest.devDependencies, name).toHaveProperty([name]);
      expect(licences).toContain(readFileSync(join(root, "node_modules", name, "LICENSE.md"), "utf8").trim());
    }
  });

  it("locks the packages of every platform, without which npm ci refuses the lock elsewhere", () => {
    const lock: { readonly packages: Readonly<Record<string, { readonly optionalDependencies?: object }>> } =
      JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    const wanted = Object.values(lock.packages).flatMap((each) => Object.keys(each.optionalDependencies ?? {}));
    const locked = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, "")));
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });
});

describe("the code", () => {
  it(`has no file over ${maxLines} lines`, () => {
    const long = code.filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > maxLines);
    expect(long).toEqual([]);
  });

  it("has file names in kebab-case", () => {
    const names = code.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(file.slice(file.lastIndexOf("/") + 1)));
    expect(names).toEqual([]);
  });

  it("has no default export and prints nothing", () => {
    const strays: string[] = [];
    for (const file of code) {
      walk(sourceOf(file), (node) => {
        const isDefault = node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent);
        const prints =
          ts.isCallExpression(node) && /^(console|process\.std(out|err))\./.test(node.expression.getText());
        if (isDefault || prints) strays.push(`${placeOf(node)} ${node.getText()}`);
      });
    }
    expect(strays).toEqual([]);
  });

  it("lets no promise float", () => {
    const floating: string[] = [];
    for (const file of code) {
      walk(sourceOf(file), (node) => {
        if (!ts.isExpressionStatement(node) || !ts.isCallExpression(node.expression)) return;
        if (isHandled(node.expression)) return;
        const isPromise = checker.getTypeAtLocation(node.expression).getProperty("then") !== undefined;
        if (isPromise) floating.push(`${placeOf(node)} ${node.getText()}`);
      });
    }
    expect(floating).toEqual([]);
  });

  it("says of every export what it is", () => {
    const silent = code
      .filter((file) => file.endsWith("/index.ts"))
      .flatMap((file) => {
        const module = checker.getSymbolAtLocation(sourceOf(file));
        if (!module) return [];
        return checker
          .getExportsOfModule(module)
          .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
          .filter((symbol) => symbol.getDocumentationComment(checker).length === 0)
          .map((symbol) => `${file}: ${symbol.name}`);
      });
    expect(silent).toEqual([]);
  });

  it("keeps the core's index a list of exports and nothing else", () => {
    const others = sourceOf("src/index.ts").statements.filter((statement) => !ts.isExportDeclaration(statement));
    expect(others.map(placeOf)).toEqual([]);
  });
});

describe("the text", () => {
  const text = ["src", "providers", "test", "examples", "bench", "scripts", "docs"]
    .flatMap((folder) => filesUnder(folder, [".ts", ".mjs", ".md", ".json"]))
    .concat(readdirSync(root).filter((name) => /\.(md|ts|json)$/.test(name) && name !== "package-lock.json"))
    .filter((file) => file !== self);

  it.each([
    ["work that is put off", /\b(TODO|FIXME|XXX|HACK)\b|[Nn]ot implemented/],
    ["a way round the types", /\bas any\b(?! \w)|@ts-ignore|@ts-nocheck|\bas unknown as\b/],
    ["a path of somebody's machine", /(?<![\w.])\/(work|tmp|root|home|Users)\//],
  ])("holds nowhere %s", (_, pattern) => {
    const strays = text.flatMap((file) =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim().slice(0, 100)}`] : [])),
    );
    expect(strays).toEqual([]);
  });
});
