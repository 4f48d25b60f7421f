import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const tools = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));
const tarball = inject("tarball");
let folder: string;
let files: readonly string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cloud-decom-tarball-"));
  execFileSync("tar", ["-xzf", tarball, "-C", folder]);
  files = readdirSync(join(folder, "package"), { recursive: true, encoding: "utf8" });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package", () => {
  it.each([
    ["publint", ["run", "--strict"]],
    ["attw", ["--profile", "esm-only", "--no-color"]],
  ])("pleases %s", (tool, flags) => {
    const ran = spawnSync(join(tools, tool), [...flags, tarball], { encoding: "utf8" });
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  });

  it("holds what was built and the documents, nothing else", () => {
    const others = files.filter(
      (file) =>
        !/^(dist|docs|schemas|package\.json|README\.md|LICENSE|THIRD-PARTY-LICENSES\.md|CHANGELOG\.md)(\/|$)/.test(
          file,
        ) || /\.(test|map)\b/.test(file),
    );
    expect(others).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(["README.md", "LICENSE", "docs/errors.md", "dist/index.js", "schemas/plan.schema.json"]),
    );
  });

  it("names no SDK, mock server or test runner in its declarations", () => {
    const declarations = files.filter((file) => file.endsWith(".d.ts"));
    const named = declarations.flatMap((file) => {
      const text = readFileSync(join(folder, "package", file), "utf8");
      return [...text.matchAll(/(?:from|import\()\s*["']([^"'.][^"']*)["']/g)].map((match) => `${file}: ${match[1]}`);
    });
    expect(declarations.length).toBeGreaterThan(0);
    expect(named.filter((each) => !/: node:/.test(each))).toEqual([]);
  });
});
