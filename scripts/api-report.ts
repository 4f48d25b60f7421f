/**
 * Writes the public types of every import path into one committed file, so that each change to them shows in review.
 * `npm run api` writes it, `npm run api -- --check` fails when the committed one differs. Reads what tsup built.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import ts from "typescript";

const reportFile = "etc/cloud-decom.api.md";
const printer = ts.createPrinter({ removeComments: true });

const manifest: { exports: Record<string, string | { types: string }> } = JSON.parse(
  readFileSync("package.json", "utf8"),
);
const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === "string" || !existsSync(target.types)
    ? []
    : [{ path: `cloud-decom${path.slice(1)}`, file: target.types }],
);
const program = ts.createProgram(
  entries.map((entry) => entry.file),
  { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, types: ["node"], noEmit: true, skipLibCheck: true },
);
const checker = program.getTypeChecker();

function unaliased(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Declarations of ours: those in `dist`, not the language's or Node's. */
function declarationsOf(symbol: ts.Symbol): readonly ts.Declaration[] {
  return (symbol.declarations ?? []).filter((each) => !/\/node_modules\//.test(each.getSourceFile().fileName));
}

function textOf(declaration: ts.Declaration): string {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()).replace(/^(export )?(declare )?/, "");
}

/** Top-level types and values that a declaration names. */
function namedBy(declaration: ts.Declaration): ReadonlySet<ts.Symbol> {
  const found = new Set<ts.Symbol>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      const target = symbol && unaliased(symbol);
      const isTopLevel = target && declarationsOf(target).some((each) => isStatement(each));
      if (isTopLevel) found.add(target);
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found;
}

function isStatement(declaration: ts.Declaration): boolean {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return ts.isSourceFile(node.parent);
}

const exportsOf = new Map(
  entries.map((entry) => {
    const source = program.getSourceFile(entry.file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${entry.file} exports nothing.`);
    return [
      entry,
      checker.getExportsOfModule(module).map((symbol) => ({ name: symbol.name, target: unaliased(symbol) })),
    ];
  }),
);
const shown = new Set<ts.Symbol>([...exportsOf.values()].flat().map((each) => each.target));

/** What the exports lead to and nobody exports: part of the interface all the same. */
function hiddenBehind(symbols: readonly ts.Symbol[]): readonly ts.Symbol[] {
  const hidden: ts.Symbol[] = [];
  for (const symbol of symbols) {
    for (const declaration of declarationsOf(symbol)) {
      for (const named of namedBy(declaration)) {
        if (shown.has(named)) continue;
        shown.add(named);
        hidden.push(named, ...hiddenBehind([named]));
      }
    }
  }
  return hidden;
}

function block(symbols: readonly { readonly name: string; readonly target: ts.Symbol }[]): string {
  const sorted = [...symbols].sort((one, other) => (one.name < other.name ? -1 : 1));
  const texts = sorted.map(({ name, target }) => {
    const renamed = name === target.name || declarationsOf(target).length === 0 ? "" : `// as ${name}\n`;
    return renamed + declarationsOf(target).map(textOf).join("\n");
  });
  return `\`\`\`ts\n${texts.join("\n\n")}\n\`\`\`\n`;
}

const sections = [...exportsOf].map(([entry, symbols]) => {
  const hidden = hiddenBehind(symbols.map((each) => each.target));
  const rest = hidden.map((target) => ({ name: target.name, target }));
  return `## ${entry.path}\n\n${block(symbols)}${rest.length === 0 ? "" : `\nReached from these, not exported:\n\n${block(rest)}`}`;
});
const report = `# Public types\n\nWritten by \`npm run api\`; not edited by hand.\n\n${sections.join("\n")}`;

if (!process.argv.includes("--check")) {
  mkdirSync(dirname(reportFile), { recursive: true });
  writeFileSync(reportFile, report);
} else if (!existsSync(reportFile) || readFileSync(reportFile, "utf8") !== report) {
  console.error(`The public types differ from ${reportFile}. Run npm run api, and commit it with the change.`);
  process.exitCode = 1;
}
